"""Twenty people write in one chat at once; whoever reads sees 1 to n, in order, once."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from tests.server.cast import CHAT, WRITERS
from tests.server.recovery import assert_nothing_lost, caught_up, push_arrives
from tests.server.socket_client import Frame
from tests.server.tab import Tab
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server

EACH = 20
OVER_HTTP, OVER_SOCKETS = WRITERS[:10], WRITERS[10:]
READERS = ["ann", "bob"]


async def test_twenty_writers_are_read_in_order(world: World) -> None:
    await _everybody_writes(world, world.start_fleet())


@pytest.mark.skipif("os.environ['SHAPE'] == 'embedded'", reason="one process has no layer to lose")
async def test_twenty_writers_are_read_in_order_over_a_layer_that_loses_and_reorders(
    world: World,
) -> None:
    servers = world.start_fleet(DJANGO_SETTINGS_MODULE="tests.server.faulty_settings")
    await _everybody_writes(world, servers)
    async with world.socket(servers[0], "ann") as ann, world.socket(servers[1], "bob") as bob:
        for client in (ann, bob):
            await client.ask("subscribe", chatId=CHAT, tail=0)
        await push_arrives(ann, bob, CHAT, within=10)


async def _everybody_writes(world: World, servers: Sequence[ServerProcess]) -> None:
    """Half of them over HTTP; all who have a socket read, at every server."""
    async with AsyncExitStack() as stack:
        tabs = [
            await stack.enter_async_context(world.tab(servers[place % len(servers)], name))
            for place, name in enumerate([*READERS, *READERS, *OVER_SOCKETS])
        ]
        clients = [
            await stack.enter_async_context(world.http(servers[place % len(servers)], name))
            for place, name in enumerate(OVER_HTTP)
        ]
        for tab in tabs[-len(OVER_SOCKETS) :]:
            tab.write(*(f"message {number}" for number in range(EACH)))
        posted = await asyncio.gather(*(_post(client) for client in clients))
        await caught_up(tabs, len(OVER_SOCKETS) * EACH)
        await _heard(tabs, len(WRITERS) * EACH)
    stored = assert_nothing_lost(world, tabs)
    assert len(stored) == len(WRITERS) * EACH
    assert all(tab.log == tabs[0].log and tab.log[0][0] == 1 for tab in tabs)
    _assert_stored(posted, tabs[0])


async def _post(client: httpx.AsyncClient) -> list[Frame]:
    messages = []
    for number in range(EACH):
        body = {"clientMessageId": uuid4().hex, "type": "user", "content": f"message {number}"}
        answer = await client.post(f"chats/{CHAT}/messages/", json=body)
        assert answer.status_code == 201, answer.text
        messages.append(answer.json()["message"])
    return messages


async def _heard(tabs: Sequence[Tab], messages: int) -> None:
    async with asyncio.timeout(30):
        while min(tab.seq for tab in tabs) < messages:
            await asyncio.sleep(0.02)


def _assert_stored(posted: list[list[Frame]], tab: Tab) -> None:
    for messages in posted:
        places = [(message["seq"], message["messageId"]) for message in messages]
        assert set(places) <= set(tab.log)
        assert places == sorted(places)
