"""Who does not read costs the server next to nothing, and its neighbours nothing."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from tests.server.frozen_reader import connections, connections_are, frozen_reader
from tests.server.long_messages import FRAME, MIB, say_long
from tests.server.socket_client import Frame, SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server

# Enough of them to tell their cost from that of a thread's first work, which is no reader's.
FROZEN = 8


@pytest.mark.slow
async def test_frozen_readers_cost_under_four_mib_each_and_their_neighbour_nothing(
    world: World,
) -> None:
    (server,) = world.start()
    chat_id, elsewhere = world.spare_chat(), world.spare_chat()
    async with (
        world.socket(server, "ann") as ann,
        world.socket(server, "bob") as bob,
        _latencies(bob, elsewhere) as latencies,
    ):
        await ann.ask("subscribe", chatId=chat_id, tail=0)
        # What the first one costs once and for all (code, caches) is no cost of the second.
        async with frozen_reader(server, world.person("bob").token, chat_id):
            await say_long(ann, chat_id, 50 * MIB // FRAME)
        latencies.clear()
        await say_long(ann, chat_id, 50 * MIB // FRAME)
        usual, before = statistics.median(latencies), server.memory()
        latencies.clear()
        async with AsyncExitStack() as stack:
            for _ in range(FROZEN):
                bobs = frozen_reader(server, world.person("bob").token, chat_id)
                await stack.enter_async_context(bobs)
            await say_long(ann, chat_id, 100 * MIB // FRAME)
            grown = server.memory() - before
        assert grown < FROZEN * 4 * MIB, grown / MIB
        assert statistics.median(latencies) < 3 * usual + 0.02


@pytest.mark.parametrize(
    "question",
    [{"action": "fetch"}, {"action": "subscribe", "tail": 200}],
    ids=["fetch", "snapshot"],
)
async def test_who_asks_for_megabytes_a_hundred_times_and_reads_none_gets_few_made(
    world: World, question: Frame
) -> None:
    (server,) = world.start()
    chat_id = world.spare_chat()
    async with (
        world.socket(server, "ann") as ann,
        frozen_reader(server, world.person("bob").token, world.spare_chat()) as bob,
    ):
        await say_long(ann, chat_id, 200)
        messages = (await ann.ask("subscribe", chatId=chat_id, tail=100))["messages"]
        ids = {"messageIds": [message["messageId"] for message in messages]}
        before = server.memory()
        for _ in range(100):
            await bob.ask(**question, **ids, chatId=chat_id)
        await _is_idle(server)
        assert server.memory() - before < 100 * MIB
        async with asyncio.timeout(1):
            assert "now" in await ann.ask("ping")


async def test_a_reader_that_wakes_up_gets_everything_in_order(world: World) -> None:
    (server,) = world.start()
    chat_id = world.spare_chat()
    messages = 20 * MIB // FRAME
    async with (
        world.socket(server, "ann") as ann,
        frozen_reader(server, world.person("bob").token, chat_id) as bob,
    ):
        await say_long(ann, chat_id, messages)
        writing = asyncio.create_task(say_long(ann, chat_id, messages // 4))
        everything = messages + messages // 4
        assert await bob.read_events_until(everything) == list(range(1, everything + 1))
        await writing
        # And it is live again, for what comes now.
        await say_long(ann, chat_id, 1)
        assert (await bob.read())["seq"] == everything + 1


async def test_a_reader_that_never_wakes_up_is_cut(world: World) -> None:
    (server,) = world.start(DJANGO_SETTINGS_MODULE="tests.server.hasty_settings")
    chat_id = world.spare_chat()
    async with (
        world.socket(server, "ann") as ann,
        frozen_reader(server, world.person("bob").token, chat_id) as bob,
    ):
        assert connections(server) == 2
        await say_long(ann, chat_id, 8 * MIB // FRAME)
        await connections_are(server, 1, ann)
        with pytest.raises(ConnectionClosed):
            await bob.read_events_until(8 * MIB // FRAME)
        assert bob.connection.close_code in (4002, 1006)


async def test_who_vanishes_in_the_middle_of_a_frame_is_forgotten(world: World) -> None:
    (server,) = world.start()
    chat_id = world.spare_chat()
    async with world.socket(server, "ann") as ann, AsyncExitStack() as stack:
        for _ in range(50):
            bob = frozen_reader(server, world.person("bob").token, chat_id)
            await stack.enter_async_context(bob)
        assert connections(server) == 51
        saying = asyncio.create_task(say_long(ann, chat_id, 200))
        await ann.ask("ping")
        await stack.aclose()
        await saying
        await connections_are(server, 1, ann)


@asynccontextmanager
async def _latencies(client: SocketClient, chat_id: str) -> AsyncIterator[list[float]]:
    """Seconds from saying something to hearing it, one after the other, as long as it lasts."""
    latencies: list[float] = []

    async def talk() -> None:
        await client.ask("subscribe", chatId=chat_id, tail=0)
        while True:
            began = time.monotonic()
            await client.ask(
                "send", chatId=chat_id, clientMessageId=uuid4().hex, type="user", content="Hi"
            )
            await client.until(lambda: client.events(chat_id) != [])
            latencies.append(time.monotonic() - began)
            client.heard.clear()

    talking = asyncio.create_task(talk())
    try:
        yield latencies
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)


async def _is_idle(server: ServerProcess) -> None:
    """Wait until the server is idle: it has used no processor time between two looks."""
    process = psutil.Process(server.process.pid)
    async with asyncio.timeout(60):
        used = -1.0
        while process.cpu_times().user - used > 0.02:
            used = process.cpu_times().user
            await asyncio.sleep(0.3)
