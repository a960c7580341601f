"""Too much, too long or too slow at one socket: bounded memory, and nobody else notices."""

import asyncio
import os
import socket as sockets
from contextlib import ExitStack

import orjson
import pytest

from tests.server.frozen_reader import frozen_reader
from tests.server.neighbours import neighbours
from tests.server.socket_client import SocketClient
from tests.server.world import World
from tests.shapes.server import ServerProcess

pytestmark = pytest.mark.server

MIB = 1024 * 1024
MAX_FRAME = 65_536
# Where the server below refuses a message before the application sees it.
FAR_TOO_LARGE = 1 * MIB
HALF_A_HANDSHAKE = b"GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"


async def test_a_hundred_megabytes_of_frames_leave_memory_where_it_was(world: World) -> None:
    (server,) = world.start()
    async with neighbours(world, server), world.socket(server, "ann") as ann:
        await _flood(ann, 20 * MIB)
        before = server.memory()
        await _flood(ann, 100 * MIB)
        assert server.memory() - before < 8 * MIB


async def test_a_flood_by_somebody_who_reads_no_replies_is_held_back(world: World) -> None:
    (server,) = world.start()
    async with (
        neighbours(world, server),
        frozen_reader(server, world.person("ann").token, world.spare_chat()) as flooder,
    ):
        before = server.memory()
        flooding = asyncio.create_task(_ping_for_ever(flooder.connection.send))
        # It is held back once the server reads no more, and stays so.
        async with world.socket(server, "bob") as bob:
            for _ in range(200):
                await bob.ask("ping")
        assert not flooding.done()
        flooding.cancel()
        assert server.memory() - before < 8 * MIB


@pytest.mark.parametrize(
    "message",
    [b'{"action": "ping", "id": "\xc3("}', [b'{"action": "ping", "id": ', b'"\xff"}']],
    ids=["whole", "in parts"],
)
async def test_a_text_that_is_no_utf8_is_answered_like_any_other_malformed_frame(
    shared_world: World, fleet: list[ServerProcess], message: bytes | list[bytes]
) -> None:
    before = len(fleet[0].log())
    async with shared_world.socket(fleet[0], "ann") as ann:
        await ann.connection.send(message, text=True)
        assert "now" in await ann.ask("ping")
        hello, refusal = ann.heard
        assert (refusal["id"], refusal["error"]["code"]) == (None, "badRequest")
        # A character may be cut in two by the parts it is sent in.
        parts = [b'{"action": "ping", "id": "\xc3', b'\xa9"}']
        await ann.connection.send(parts, text=True)
        await ann.until(lambda: len(ann.heard) == 3)
        assert (hello["op"], ann.heard[2]["id"], ann.heard[2]["ok"]) == ("hello", "é", True)
    assert "Traceback" not in fleet[0].log()[before:]


@pytest.mark.parametrize(
    "too_much, codes",
    [(MAX_FRAME + 1, {4504}), (FAR_TOO_LARGE, {4504, 1009})],
    ids=["a byte too long", "far too long"],
)
async def test_a_frame_that_is_too_long_ends_its_own_connection_alone(
    shared_world: World, fleet: list[ServerProcess], too_much: int, codes: set[int]
) -> None:
    async with (
        neighbours(shared_world, fleet[0]),
        shared_world.socket(fleet[0], "ann") as ann,
    ):
        await ann.connection.send(_ping(MAX_FRAME))
        await ann.until(lambda: any(f["op"] == "reply" and f["ok"] for f in ann.heard))
        await ann.connection.send(_ping(too_much))
        assert await ann.closed() in codes
        assert ann.errors() in (["tooLarge"], [])


async def test_binary_rubbish_is_answered_twenty_times_and_then_ended(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    async with (
        neighbours(shared_world, fleet[0]),
        shared_world.socket(fleet[0], "ann") as ann,
    ):
        for _ in range(40):
            await ann.connection.send(os.urandom(1000))
        assert await ann.closed() == 4500
        refused = [f for f in ann.heard if f["op"] == "reply"]
        assert [(f["id"], f["error"]["code"]) for f in refused] == [(None, "badRequest")] * 20


async def test_handshakes_that_never_end_keep_nobody_out(
    shared_world: World, fleet: list[ServerProcess]
) -> None:
    with ExitStack() as stack:
        for _ in range(200):
            stalled = sockets.create_connection(("127.0.0.1", fleet[0].port))
            stack.enter_context(stalled)
            stalled.sendall(HALF_A_HANDSHAKE)
        async with shared_world.socket(fleet[0], "ann", open_timeout=5) as ann:
            assert "now" in await ann.ask("ping")
        async with shared_world.http(fleet[0], "ann") as http:
            assert (await http.get("chats/")).status_code == 200


def _ping(size: int) -> str:
    """A valid action of exactly so many bytes; its id is not one that a client asks with."""
    frame = {"action": "ping", "id": "padded", "padding": ""}
    missing = size - len(orjson.dumps(frame))
    return orjson.dumps(frame | {"padding": "x" * missing}).decode()


async def _flood(client: SocketClient, total: int) -> None:
    frame = _ping(MAX_FRAME)
    frames = total // MAX_FRAME
    client.heard.clear()
    for _ in range(frames):
        await client.connection.send(frame)
    await client.until(lambda: sum(f["op"] == "reply" for f in client.heard) == frames, within=60)
    client.heard.clear()


async def _ping_for_ever(send: object) -> None:
    frame = orjson.dumps({"action": "ping", "id": "padded"}).decode()
    while True:
        await send(frame)  # type: ignore[operator]
