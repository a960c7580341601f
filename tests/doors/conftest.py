"""Sockets for tests, and the certainty that a test leaves none behind."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

import pytest
from channels.layers import channel_layers
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting.process import process
from messages.models import Chat
from tests.doors.event_streams import EventStream, stream_path, with_token
from tests.doors.sockets import Socket, page


class Connect(Protocol):
    async def __call__(
        self,
        user: User,
        path: str = "/ws/chat/",
        *,
        how: Callable[..., Awaitable[Socket]] = page,
    ) -> Socket:
        """An open, greeted socket of somebody."""


@pytest.fixture
async def sockets(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[list[Socket]]:
    """The sockets of a test; all are closed after it, and the server has to let go of them.

    The clock does not tick by itself: a test that means it to calls `tick()`.
    """
    monkeypatch.setattr("chatrouting.process.TICK", 3600.0)
    opened: list[Socket] = []
    process.start()
    yield opened
    for socket in opened:
        if not socket.has_left:
            await socket.leave()
    try:
        assert len(process.connections) == 0
        assert all(room.audience.is_empty for room in process.registry.rooms.values())
    finally:
        await process.stop()


@pytest.fixture
def shared_layer(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were several processes: on Redis, or on an in-memory layer of the test's own."""
    if not settings.REDIS_URL:
        settings.REDIS_URL = "redis://in-memory"
        monkeypatch.setattr(channel_layers, "backends", {})


@pytest.fixture
def connect(sockets: list[Socket]) -> Connect:
    async def connect(
        user: User, path: str = "/ws/chat/", *, how: Callable[..., Awaitable[Socket]] = page
    ) -> Socket:
        socket = await how(user, path)
        sockets.append(socket)
        await socket.open()
        assert (await socket.until(lambda _: True))["op"] == "hello"
        return socket

    return connect


class Listen(Protocol):
    async def __call__(
        self, user: User, *chats: Chat, headers: dict[str, str] | None = None, **query: str
    ) -> EventStream:
        """An open, greeted stream of somebody's chats."""


@pytest.fixture
async def listen(sockets: list[Socket]) -> AsyncIterator[Listen]:
    """The streams of a test; all are left after it, and `sockets` sees that they are let go of."""
    opened: list[EventStream] = []

    async def listen(
        user: User, *chats: Chat, headers: dict[str, str] | None = None, **query: str
    ) -> EventStream:
        stream = EventStream(stream_path(*chats, **query), await with_token(user) | (headers or {}))
        opened.append(stream)
        await stream.open()
        assert stream.status == 200
        await stream.next("hello")
        return stream

    yield listen
    for stream in opened:
        if not stream.has_left:
            await stream.leave()


@pytest.fixture
async def anns(connect: Connect, ann: User, chat: Chat) -> Socket:
    """Ann's, listening to the chat; a file whose tests begin elsewhere has its own."""
    return await listening(connect, ann, chat)


@pytest.fixture
async def bobs(connect: Connect, bob: User, chat: Chat) -> Socket:
    return await listening(connect, bob, chat)


async def listening(connect: Connect, user: User, chat: Chat) -> Socket:
    socket = await connect(user)
    await socket.do("subscribe", chatId=chat.pk)
    return socket
