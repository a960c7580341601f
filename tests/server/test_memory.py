"""A process that has served for long is as large as one that has for a while."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from tests.server.cast import SPARE, VISITED
from tests.server.socket_client import Frame, SocketClient
from tests.server.world import World

pytestmark = [pytest.mark.server, pytest.mark.slow]

MIB = 1024 * 1024
MESSAGES = 32_000
IN_FLIGHT = 100


async def test_many_thousand_messages_and_two_thousand_chats_leave_memory_flat(
    world: World,
) -> None:
    (server,) = world.start(LOG_LEVEL="WARNING")
    async with (
        world.socket(server, "ann", max_queue=None) as ann,
        world.socket(server, "bob", max_queue=None) as bob,
        world.socket(server, "ann") as visitor,
    ):
        listener = _Counter(bob)
        for chat_id in SPARE:
            await bob.ask("subscribe", chatId=chat_id, tail=0)
        sizes = []
        for quarter in range(4):
            await _say(ann, MESSAGES // 4)
            await listener.reached((quarter + 1) * (MESSAGES // 4))
            await _visit(visitor, VISITED[quarter::4])
            sizes.append(server.memory())
        # Caches still fill a little; one kept frame for each message would be 13 MiB.
        assert sizes[-1] - sizes[1] < 8 * MIB, [size // 1024 for size in sizes]


class _Counter:
    """Counts one connection's events, and keeps none."""

    def __init__(self, client: SocketClient) -> None:
        self._client = client
        self.count = 0
        client.on_frame = self._hear

    async def reached(self, count: int) -> None:
        await self._client.until(lambda: self.count == count, within=60)

    def _hear(self, frame: Frame) -> None:
        self.count += frame["op"] == "event"
        self._client.heard.clear()


async def _say(client: SocketClient, messages: int) -> None:
    numbers = iter(range(messages))

    async def go_on() -> None:
        for number in numbers:
            await client.ask(
                "send",
                chatId=SPARE[number % len(SPARE)],
                clientMessageId=uuid4().hex,
                type="user",
                content=f"message {number}",
            )

    await asyncio.gather(*(go_on() for _ in range(IN_FLIGHT)))


async def _visit(client: SocketClient, chat_ids: Sequence[str]) -> None:
    for chat_id in chat_ids:
        await client.ask("subscribe", chatId=chat_id)
        await client.ask("unsubscribe", chatId=chat_id)
