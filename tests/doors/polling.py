"""Asking the API on the event loop, where a request can wait for what has not happened yet."""

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.models import User
from django.db import connection
from django.test import AsyncClient

from chatrouting.reading import read
from messages.models import Chat
from tests.doors.sockets import Frame, token_of


class Poller:
    """One person at the API's doors."""

    def __init__(self, token: str, chat: Chat) -> None:
        self._client = AsyncClient()
        self._headers = {"authorization": f"Bearer {token}"}
        self._base = f"/api/v1/chats/{chat.pk}/"

    async def get(self, path: str, **query: Any) -> tuple[int, Frame]:
        answer = await self._client.get(self._base + path, query, headers=self._headers)
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
    """Give back the database connection of the thread that all such requests share."""
    await sync_to_async(lambda: connection.close())()  # noqa: PLW0108  # that thread's own
