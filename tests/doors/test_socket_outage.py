"""While the database is away: said so, worth another try, and over when it is back."""

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from pytest_django import Settings

from chatrouting.process import process
from chatrouting.reading import read
from messages.message_id_generator import new_message_id
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect
from tests.doors.fake_log import until
from tests.doors.sockets import Frame, Socket, commit, script

pytestmark = pytest.mark.django_db(transaction=True)


class Outage:
    """The database goes away and comes back, for every thread."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def begin(self) -> None:
        def fail(*_: object, **__: object) -> None:
            raise OperationalError("the database is away")

        for name in ("execute", "executemany"):
            self._monkeypatch.setattr(CursorWrapper, name, fail)

    def end(self) -> None:
        self._monkeypatch.undo()


@pytest.fixture
def outage() -> Outage:
    return Outage(pytest.MonkeyPatch())


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def assert_worth_another_try(error: Frame) -> None:
    assert error["code"] == "unavailable"
    assert error["retryable"] is True
    assert "away" not in str(error)


async def test_actions_are_unavailable_and_the_connection_lives_on(
    connect: Connect, ann: User, chat: Chat, outage: Outage
) -> None:
    anns = await connect(ann)
    send = {"chatId": chat.pk, "type": "user", "content": "Hi", "clientMessageId": "1"}
    ids = [new_message_id()]
    outage.begin()
    try:
        for error in (
            await anns.refused("subscribe", chatId=chat.pk),
            await anns.refused("send", **send),
            await anns.refused("fetch", chatId=chat.pk, messageIds=ids),
            await anns.refused("read", chatId=chat.pk, seq=1),
            await anns.refused("remove", messageId=ids[0]),
        ):
            assert_worth_another_try(error)
        await anns.do("ping")
    finally:
        outage.end()
    await anns.do("subscribe", chatId=chat.pk)
    assert (await anns.do("send", **send))["duplicate"] is False


@pytest.mark.parametrize("path", ["/ws/chat/", "/ws/chat/{}/"])
async def test_whoever_comes_is_asked_to_come_back(
    path: str, sockets: list[Socket], ann: User, chat: Chat, outage: Outage
) -> None:
    socket, again = await script(ann, path.format(chat.pk)), await script(ann)
    sockets += [socket, again]
    outage.begin()
    try:
        await socket.open()
        assert socket.is_accepted
        assert await socket.closed() == 4000
    finally:
        outage.end()
    (frame,) = socket.heard
    assert frame["op"] == "error"
    assert_worth_another_try(frame["error"])
    await again.open()
    await again.next("hello")


async def test_a_path_that_cannot_be_entered_is_tried_again_later(
    connect: Connect, ann: User, chat: Chat, outage: Outage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed in just before the database went away."""
    looks_up = process.identity_of

    async def look_up_and_lose_it(credential: object) -> object:
        identity = await looks_up(credential)  # type: ignore[arg-type]
        outage.begin()
        return identity

    monkeypatch.setattr(process, "identity_of", look_up_and_lose_it)
    try:
        anns = await connect(ann, f"/ws/chat/{chat.pk}/")
        assert await anns.closed() == 4000
    finally:
        outage.end()
    assert_worth_another_try(anns.heard[-1]["error"])


async def test_an_outage_ends_no_connection_and_what_was_said_is_heard_after_it(
    connect: Connect, ann: User, bob: User, chat: Chat, outage: Outage
) -> None:
    bobs = await connect(bob)
    await bobs.do("subscribe", chatId=chat.pk)
    process.loop, loop = None, process.loop  # nobody announces
    await commit(say, ann, chat, "unheard")
    process.loop = loop
    outage.begin()
    try:
        for part in (process.registry, process.connections):
            with pytest.raises(Exception, match=r"."):
                await part.tick()
    finally:
        outage.end()
    await process.connections.tick()
    await process.registry.tick()
    assert (await bobs.next("event"))["message"]["content"] == "unheard"
    await until(lambda: process.registry.rooms[chat.pk].audience.live)
    assert await read(lambda: True)
