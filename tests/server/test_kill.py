"""`kill -9` in the middle of traffic: nothing acknowledged is lost, nothing is there twice."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.server.recovery import assert_nothing_lost, caught_up
from tests.server.tab import Tab
from tests.server.world import World

pytestmark = pytest.mark.server

SENDS = 100  # of each of four; all together within what one replay may carry


async def test_killed_servers_lose_nothing_acknowledged(world: World) -> None:
    servers = world.start_fleet()
    names = ["ann", "bob", "writer-1", "writer-2"]
    async with AsyncExitStack() as stack:
        tabs = [
            await stack.enter_async_context(world.tab(servers[number % len(servers)], name))
            for number, name in enumerate(names)
        ]
        for tab in tabs:
            tab.write(*(f"message {number}" for number in range(SENDS)))
        for round_, server in enumerate([*servers, *servers][:2], start=1):
            await _acknowledged(tabs, SENDS * round_)
            server.kill()
            await asyncio.to_thread(server.start)
        await caught_up(tabs, len(tabs) * SENDS)
        assert_nothing_lost(world, tabs)
        assert all(tab.connects > 1 for tab in tabs)


async def _acknowledged(tabs: list[Tab], messages: int) -> None:
    async with asyncio.timeout(30):
        while sum(len(tab.acknowledged) for tab in tabs) < messages:
            await asyncio.sleep(0)
