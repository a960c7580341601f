"""Asking the API on the event loop, where a request can wait for what has not happened yet."""

from typing import Any

import httpx2
from django.contrib.auth.models import User

from chatrouting.asgi import application
from chatrouting.reading import read
from chatrouting.threads import threads
from messages.models import Chat
from tests.doors.sockets import Frame, token_of


class Poller:
    """One person at the API's doors."""

    def __init__(self, token: str, chat: Chat) -> None:
        self._client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(application),
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


async def poller(user: User, chat: Chat) -> Poller:
    return Poller(await read(token_of, user), chat)


async def hang_up() -> None:
    """Give back the database connections of the threads that requests ran on."""
    threads.close()
