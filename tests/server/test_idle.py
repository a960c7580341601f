"""A socket on which nothing happens for a while is still there."""

import asyncio
from uuid import uuid4

import pytest

from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server
# Longer than any time limit of the layer's client, which must not mistake silence for a fault.
SILENCE = 12


@pytest.mark.slow
async def test_a_socket_silent_for_twelve_seconds_still_hears(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    chat_id = shared_world.spare_chat()
    async with (
        shared_world.socket(fleet[0], "ann") as ann,
        shared_world.socket(fleet[-1], "bob") as bob,
    ):
        for client in (ann, bob):
            await client.ask("subscribe", chatId=chat_id, tail=0)
        await asyncio.sleep(SILENCE)
        await ann.ask(
            "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content="Still here?"
        )
        await bob.until(lambda: bob.events(chat_id) != [], within=1)
        assert ann.close_code is None
        assert bob.close_code is None
