"""Two people who talk to each other while somebody else misbehaves, and must not notice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

from tests.server.socket_client import SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess


@asynccontextmanager
async def neighbours(world: World, server: ServerProcess) -> AsyncIterator[None]:
    """Two people who talk to each other meanwhile, and must not notice anything."""
    chat_id = world.spare_chat()
    async with world.socket(server, "ann") as ann, world.socket(server, "bob") as bob:
        for client in (ann, bob):
            await client.ask("subscribe", chatId=chat_id, tail=0)
        async with asyncio.TaskGroup() as group:
            talking = group.create_task(_talk(ann, bob, chat_id))
            yield
            # They still do.
            said = len(bob.events(chat_id))
            await bob.until(lambda: len(bob.events(chat_id)) > said)
            talking.cancel()


async def _talk(ann: SocketClient, bob: SocketClient, chat_id: str) -> None:
    heard = 0
    while True:
        async with asyncio.timeout(5):
            await ann.ask(
                "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content="Hi"
            )
        heard += 1
        await bob.until(lambda heard=heard: len(bob.events(chat_id)) == heard, within=5)
        await asyncio.sleep(0.02)  # neighbours, not a second flood
