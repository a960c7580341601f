"""A server that is told to leave says goodbye to everybody and loses nobody's message."""

import asyncio
import signal
import time
from contextlib import AsyncExitStack
from uuid import uuid4

import httpx
import pytest

from tests.server.cast import CHAT, WRITERS
from tests.server.frozen_reader import frozen_reader
from tests.server.long_messages import FRAME, MIB, say_long
from tests.server.socket_client import Refused, SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server

SOCKETS = 200
WITHIN = 10.0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)
async def test_leaving_says_goodbye_answers_what_is_under_way_and_ends_in_time(
    world: World, number: signal.Signals
) -> None:
    (server,) = world.start()
    async with AsyncExitStack() as stack:
        clients = await _connect(stack, world, server)
        sends = [asyncio.create_task(_send(client)) for client in clients]
        await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)
        began = time.monotonic()
        code = asyncio.create_task(asyncio.to_thread(server.process.terminate, number))
        closes = await asyncio.gather(*(client.closed() for client in clients))
        assert await code == 0
        assert time.monotonic() - began < WITHIN
        assert set(closes) == {4001}
        assert all(("goingAway", None) in client.notices() for client in clients)
        _assert_answered_as_stored(world, await asyncio.gather(*sends))


async def test_a_newcomer_is_sent_elsewhere_while_the_server_leaves(world: World) -> None:
    (server,) = world.start()
    async with (
        world.socket(server, "ann") as ann,
        frozen_reader(server, world.person("bob").token, CHAT),
    ):
        await ann.ask("subscribe", chatId=CHAT, tail=0)
        # Bob has much to read yet and does not, which the server waits for a moment for.
        await say_long(ann, CHAT, 8 * MIB // FRAME)
        began = time.monotonic()
        code = asyncio.create_task(asyncio.to_thread(server.terminate))
        await ann.until(lambda: ("goingAway", None) in ann.notices())
        async with world.socket(server, "writer-1", open_timeout=5) as newcomer:
            assert await newcomer.closed() == 4001
            assert newcomer.errors() == ["unavailable"]
        assert await ann.closed() == 4001
        assert await code == 0
        assert time.monotonic() - began < WITHIN


async def test_a_request_under_way_is_answered_before_the_server_ends(world: World) -> None:
    (server,) = world.start()
    async with world.http(server, "ann") as http, world.socket(server, "bob") as bob:
        head = (await http.get(f"chats/{CHAT}/")).json()["head"]
        waiting = asyncio.create_task(
            http.get(f"chats/{CHAT}/events/", params={"after": head, "wait": 25})
        )
        await bob.ask("ping")
        began = time.monotonic()
        assert await asyncio.to_thread(server.terminate) == 0
        assert time.monotonic() - began < WITHIN
        try:
            assert (await waiting).status_code in (200, 503)
        except httpx.TransportError:
            pytest.fail("the long poll was cut")


async def _connect(
    stack: AsyncExitStack, world: World, server: ServerProcess
) -> list[SocketClient]:
    """Half of the sockets listen."""
    clients = [
        await stack.enter_async_context(world.socket(server, WRITERS[place % len(WRITERS)]))
        for place in range(SOCKETS)
    ]
    for client in clients[::2]:
        await client.ask("subscribe", chatId=CHAT, tail=0)
    return clients


async def _send(client: SocketClient) -> str | None:
    """The messageId, or None where the send was refused for now."""
    try:
        data = await client.ask(
            "send", chatId=CHAT, clientMessageId=uuid4().hex, type="user", content="Bye"
        )
    except Refused as refused:
        if refused.code == "unavailable" and refused.error["retryable"]:
            return None
        raise
    return str(data["message"]["messageId"])


def _assert_answered_as_stored(world: World, answers: list[str | None]) -> None:
    """Every send had its reply, and what is stored is exactly what was acknowledged."""
    acknowledged = [answer for answer in answers if answer is not None]
    assert len(acknowledged) > 0
    assert sorted(acknowledged) == sorted(str(row.message_id) for row in world.stored())
