"""Valkey or PostgreSQL killed under traffic: nothing acknowledged is lost, no socket stays deaf."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from tests.server.cast import CHAT
from tests.server.recovery import assert_nothing_lost, caught_up, push_arrives
from tests.server.tab import Tab
from tests.server.world import World, new_world
from tests.shapes.server import ServerProcess
from tests.shapes.services import PostgreSQL

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="embedded has no services"),
]
SENDS = 30  # of each tab, before, during and after
NAMES = ["ann", "bob", "writer-1", "writer-2"]


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """A server of this test's own, since it is going to be killed."""
    with PostgreSQL(fast=True) as server:
        yield server


async def test_a_killed_valkey_costs_no_message(world: World) -> None:
    world.may_log_exceptions = True
    async with AsyncExitStack() as stack:
        tabs = await _open_tabs(stack, world, world.start_fleet())
        _write(tabs)
        await _under_way(tabs)
        world.valkey.kill()
        _write(tabs)
        # The log alone carries everything to everybody while the layer is away.
        await caught_up(tabs, 2 * SENDS * len(tabs))
        await asyncio.to_thread(world.valkey.start)
        _write(tabs)
        await caught_up(tabs, 3 * SENDS * len(tabs))
        await push_arrives(tabs[0].socket, tabs[1].socket, CHAT, within=20)
        assert_nothing_lost(world, tabs)
        assert [tab.connects for tab in tabs] == [1, 1, 1, 1]


async def test_a_killed_postgresql_costs_no_acknowledged_message(postgresql: PostgreSQL) -> None:
    with new_world(postgresql.url) as world:
        world.may_log_exceptions = True
        servers = world.start_fleet()
        async with AsyncExitStack() as stack:
            tabs = await _open_tabs(stack, world, servers)
            _write(tabs)
            await _under_way(tabs)
            postgresql.kill()
            _write(tabs)
            await _http_says_unavailable(world, servers[0])
            await asyncio.to_thread(postgresql.start)
            await caught_up(tabs, 2 * SENDS * len(tabs))
            assert_nothing_lost(world, tabs)


async def _open_tabs(
    stack: AsyncExitStack, world: World, servers: list[ServerProcess]
) -> list[Tab]:
    return [
        await stack.enter_async_context(world.tab(servers[place % 2], name))
        for place, name in enumerate(NAMES)
    ]


def _write(tabs: list[Tab]) -> None:
    for tab in tabs:
        tab.write(*(f"message {number}" for number in range(SENDS)))


async def _under_way(tabs: list[Tab]) -> None:
    """In the middle: some are acknowledged, others not."""
    async with asyncio.timeout(20):
        while sum(len(tab.acknowledged) for tab in tabs) < SENDS:
            await asyncio.sleep(0)


async def _http_says_unavailable(world: World, server: ServerProcess) -> None:
    async with world.http(server, "ann") as http:
        body = {"clientMessageId": uuid4().hex, "type": "user", "content": "Is anybody there?"}
        read, sent = await asyncio.gather(
            http.get(f"chats/{CHAT}/messages/"), http.post(f"chats/{CHAT}/messages/", json=body)
        )
    assert [_refusal(read), _refusal(sent)] == [(503, "unavailable", True)] * 2


def _refusal(answer: httpx.Response) -> tuple[int, str, bool]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["retryable"]
