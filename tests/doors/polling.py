"""Asking the API on the event loop, where a request can wait for what has not happened yet."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
from django.contrib.auth.models import User

from chatrouting.asgi import application
from chatrouting.long_poll import Waiter
from chatrouting.process import process
from chatrouting.reading import read
from chatrouting.threads import threads
from messages.models import Chat
from tests.doors.sockets import Frame, token_of


class Poller:
    """One person at the API's doors."""

    def __init__(self, token: str, chat: Chat) -> None:
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(_served),
            base_url=f"http://localhost/api/v1/chats/{chat.pk}/",
            headers={"authorization": f"Bearer {token}"},
            timeout=None,  # the server has one
        )

    async def get(self, path: str, **query: Any) -> tuple[int, Frame]:
        answer = await self._client.get(path, params=query)
        body: Frame = answer.json()
        return answer.status_code, body

    async def events(self, **query: Any) -> Frame:
        status, body = await self.get("events/", **query)
        assert status == 200, body
        return body

    async def error(self, **query: Any) -> tuple[int, str]:
        status, body = await self.get("events/", **query)
        return status, body["error"]["code"]


async def _served(scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
    """As a server does it: that a client has gone is told the application, which ends by itself."""
    gone = asyncio.Event()

    async def hear() -> Any:
        asked, left = asyncio.ensure_future(receive()), asyncio.ensure_future(gone.wait())
        try:
            await asyncio.wait({asked, left}, return_when=asyncio.FIRST_COMPLETED)
            return {"type": "http.disconnect"} if left.done() else asked.result()
        finally:
            asked.cancel()
            left.cancel()

    serving = asyncio.ensure_future(application(scope, hear, send))
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:
        gone.set()
        await serving
        raise


async def poller(user: User, chat: Chat) -> Poller:
    return Poller(await read(token_of, user), chat)


def waiters() -> int:
    """How many requests wait by now."""
    return sum(isinstance(connection, Waiter) for connection in process.connections)


async def hang_up() -> None:
    """Give back the database connections of the threads that requests ran on."""
    threads.close()
