"""A chat that two people fill at a given pace, while one of them listens."""

import asyncio
from contextlib import AsyncExitStack
from typing import Self
from uuid import uuid4

from tests.server.socket_client import Frame, SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess

BEAT = 0.02
MOST_UNDER_WAY = 100


class Flood:
    """Use as `async with`. `seq` is how far it has been heard, `left` who left at which number."""

    def __init__(
        self, world: World, fleet: list[ServerProcess], chat_id: str, *, per_second: int
    ) -> None:
        self.seq = 0
        self.left: dict[int, int] = {}
        self._world, self._fleet, self._chat_id = world, fleet, chat_id
        self._in_a_beat = int(per_second * BEAT / 2)
        self._stack = AsyncExitStack()
        self._tasks: list[asyncio.Task[None]] = []
        self._heard = asyncio.Event()

    async def __aenter__(self) -> Self:
        for name, server in (("ann", self._fleet[0]), ("bob", self._fleet[-1])):
            client = await self._stack.enter_async_context(self._world.socket(server, name))
            if name == "ann":
                client.on_frame = self._hear
                await client.ask("subscribe", chatId=self._chat_id, tail=0)
            self._tasks.append(asyncio.create_task(self._fill(client)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome
        await self._stack.aclose()

    async def goes_on(self, events: int) -> None:
        """Wait until that many more have been heard."""
        target = self.seq + events
        async with asyncio.timeout(60):
            while self.seq < target:
                self._heard.clear()
                await self._heard.wait()

    async def _fill(self, client: SocketClient) -> None:
        async with asyncio.TaskGroup() as under_way:
            room = asyncio.Semaphore(MOST_UNDER_WAY)
            while True:
                await asyncio.sleep(BEAT)
                for _ in range(self._in_a_beat):
                    await room.acquire()
                    task = under_way.create_task(self._say(client))
                    task.add_done_callback(lambda _: room.release())

    async def _say(self, client: SocketClient) -> None:
        key = uuid4().hex
        fields = {"chatId": self._chat_id, "clientMessageId": key, "type": "user", "content": key}
        await client.ask("send", **fields)

    def _hear(self, frame: Frame) -> None:
        if frame["op"] != "event":
            return
        self.seq = frame["seq"]
        if frame["type"] == "member_left":
            self.left[frame["data"]["user"]["id"]] = frame["seq"]
        self._heard.set()
