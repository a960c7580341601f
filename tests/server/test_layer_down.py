"""With the channel layer gone or frozen, everything still works from the log, only later."""

import asyncio
import os
from contextlib import AsyncExitStack

import pytest

from tests.server.cast import CHAT
from tests.server.recovery import assert_nothing_lost, caught_up, push_arrives
from tests.server.socket_client import SocketClient
from tests.server.tab import Tab
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="embedded has no layer to lose"),
]
# A send waits at most for the counters' and the layer's time limits.
BOUND = 8.0


@pytest.mark.parametrize("how", ["stopped", "frozen"])
async def test_without_the_layer_sends_requests_and_events_go_on(world: World, how: str) -> None:
    servers = world.start_fleet()
    world.may_log_exceptions = True
    async with AsyncExitStack() as stack:
        here, there = [
            await stack.enter_async_context(world.tab(server, name))
            for server, name in zip(servers, ["ann", "bob"], strict=True)
        ]
        _take_away(world, how)
        here.write(*(f"message {number}" for number in range(20)))
        await caught_up([here, there], 20, within=BOUND)
        await _requests_are_answered(world, servers[1])
        await _a_newcomer_hears(world, servers[1], here)
        await asyncio.to_thread(_bring_back, world, how)
        await push_arrives(here.socket, there.socket, CHAT, within=20)
        assert_nothing_lost(world, [here, there])
        assert (here.connects, there.connects) == (1, 1)


def _take_away(world: World, how: str) -> None:
    if how == "stopped":
        world.valkey.process.terminate()
    else:
        world.valkey.freeze()


def _bring_back(world: World, how: str) -> None:
    if how == "stopped":
        world.valkey.start()
    else:
        world.valkey.thaw()


async def _requests_are_answered(world: World, server: ServerProcess) -> None:
    async with world.http(server, "bob") as http, asyncio.timeout(BOUND):
        body = {"clientMessageId": "over-http", "type": "user", "content": "Anybody?"}
        sent = await http.post(f"chats/{CHAT}/messages/", json=body)
        assert sent.status_code == 201, sent.text
        read = await http.get(f"chats/{CHAT}/messages/")
        assert read.json()["messages"][-1] == sent.json()["message"]


async def _a_newcomer_hears(world: World, server: ServerProcess, ann: Tab) -> None:
    async with world.socket(server, "writer-1") as newcomer, asyncio.timeout(BOUND):
        await newcomer.ask("subscribe", chatId=CHAT, tail=0)
        ann.write("for the newcomer")
        await newcomer.until(lambda: "for the newcomer" in _contents(newcomer), within=BOUND)


def _contents(client: SocketClient) -> list[str]:
    return [event["message"]["content"] for event in client.events(CHAT)]
