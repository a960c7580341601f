"""A stream of server-sent events over a real connection."""

import asyncio
import socket as sockets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import orjson

from tests.server.socket_client import PATIENCE, Frame
from tests.server.world import World
from tests.shapes.server import ServerProcess


class StreamClient:
    """`heard` has every frame in the order it came; `last_id` is what a browser would send."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.heard: list[Frame] = []
        self.last_id = ""
        self._news = asyncio.Event()
        self.reading = asyncio.create_task(self._read())

    async def until(self, holds: Callable[[], bool], *, within: float = PATIENCE) -> None:
        """Wait until a frame has made it true; the end of the stream counts as one."""
        async with asyncio.timeout(within):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def ended(self, *, within: float = PATIENCE) -> list[Frame]:
        """What was heard, once the server has ended it in good order."""
        async with asyncio.timeout(within):
            await asyncio.shield(self.reading)
        return self.heard

    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.heard if frame["op"] == "event"]

    async def _read(self) -> None:
        try:
            async for line in self.answer.aiter_lines():
                if line.startswith("id: "):
                    self.last_id = line[4:]
                elif line.startswith("data: "):
                    self.heard.append(orjson.loads(line[6:]))
                    self._news.set()
        finally:
            self._news.set()


@asynccontextmanager
async def event_stream(
    world: World, server: ServerProcess, name: str, chats: str, *, last_id: str = ""
) -> AsyncIterator[StreamClient]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with (
        world.http(server, name) as http,
        http.stream("GET", f"stream/?chats={chats}", headers=headers, timeout=60) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        client = StreamClient(answer)
        try:
            await client.until(lambda: client.heard != [])
            yield client
        finally:
            client.reading.cancel()
            with suppress(asyncio.CancelledError, httpx.HTTPError):
                await client.reading


def frozen_stream(world: World, server: ServerProcess, name: str, chat_id: str) -> sockets.socket:
    """Asked for, and never read; little of it has room in the kernel."""
    connection = sockets.socket()
    connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 16_384)
    connection.connect(("127.0.0.1", server.port))
    token = world.person(name).token
    asked = f"GET /api/v1/stream/?chats={chat_id} HTTP/1.1\r\nHost: localhost\r\n"
    connection.sendall(f"{asked}Authorization: Bearer {token}\r\n\r\n".encode())
    return connection
