"""Clients that mean harm to a real server: it keeps its memory, and its neighbours their talk."""

import asyncio
import resource
import socket as sockets
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.server.neighbours import neighbours
from tests.server.world import World

pytestmark = pytest.mark.server

MIB = 1024 * 1024
CROWD = 5_000
BEGINNING = b"GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"


def _open(stack: ExitStack, port: int, *, source: str = "127.0.0.1") -> sockets.socket:
    opened = sockets.create_connection(("127.0.0.1", port), source_address=(source, 0))
    stack.enter_context(opened)
    opened.settimeout(30)
    return opened


def _is_closed(opened: sockets.socket) -> bool:
    """Waits for the end."""
    try:
        while opened.recv(65_536):
            pass
    except ConnectionError:
        pass
    return True


async def test_a_request_that_does_not_end_is_ended(world: World) -> None:
    (server,) = world.start(REQUEST_SECONDS="0.5")
    with ExitStack() as stack:
        async with neighbours(world, server):
            silent = _open(stack, server.port)
            slow = _open(stack, server.port)
            slow.sendall(BEGINNING)
            body = _open(stack, server.port)
            body.sendall(
                b"POST /api/v1/auth/token/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Length: 1000\r\n\r\n{"
            )
            polite = _open(stack, server.port)
            polite.sendall(b"GET /nowhere/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert polite.recv(12) == b"HTTP/1.1 404"
            polite.sendall(b"GET / HT")
            for opened in (silent, slow, body, polite):
                assert await asyncio.to_thread(_is_closed, opened)


async def test_a_wait_that_was_asked_for_is_no_slow_request(world: World) -> None:
    (server,) = world.start(REQUEST_SECONDS="0.2")
    async with world.http(server, "ann") as http:
        chat_id = world.spare_chat()
        head = (await http.get(f"chats/{chat_id}/")).json()["head"]
        answer = await http.get(f"chats/{chat_id}/events/", params={"after": head, "wait": 1})
        assert answer.json() == {"events": [], "head": head, "more": False}


_UPGRADE = (
    "Host: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
_HANDSHAKES = [
    (101, "GET /ws/chat/ HTTP/1.1\r\n", _UPGRADE, ""),
    (101, "GET /ws/chat/ HTTP/1.1\r\n", _UPGRADE + "Cookie: a=\xff\r\n", ""),
    (101, "GET /ws/chat/ HTTP/1.1\r\n", _UPGRADE + "Content-Length: 5\r\n", "hello"),
    (101, "GET /ws/chat/ HTTP/1.1\r\n", _UPGRADE + "Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    (405, "POST /ws/chat/ HTTP/1.1\r\n", _UPGRADE, ""),
    (505, "GET /ws/chat/ HTTP/1.0\r\n", _UPGRADE, ""),
    (400, "GET /ws/chat/\xff HTTP/1.1\r\n", _UPGRADE, ""),
    (400, "GET /ws/chat/ HTTP/1.1\r\n", _UPGRADE.replace("==", ""), ""),
    (400, "GET /ws/chat/ HTTP/1.1\r\n", _UPGRADE.replace("13", "12"), ""),
    (403, "GET /nowhere/ HTTP/1.1\r\n", _UPGRADE, ""),
]


async def test_odd_handshakes_are_answered(world: World) -> None:
    (server,) = world.start()
    with ExitStack() as stack:
        async with neighbours(world, server):
            for status, request, headers, body in _HANDSHAKES:
                opened = _open(stack, server.port)
                opened.sendall(f"{request}{headers}\r\n{body}".encode("latin-1"))
                answer = await asyncio.to_thread(opened.recv, 12)
                assert answer == b"HTTP/1.1 %d" % status, (request, headers)


async def test_a_head_without_end_is_not_kept(world: World) -> None:
    (server,) = world.start()
    async with neighbours(world, server):
        before = server.memory()
        with ExitStack() as stack:
            opened = _open(stack, server.port)

            def pour() -> int:
                sent = opened.send(BEGINNING + b"X-Endless: ")
                try:
                    while sent < 100 * MIB:
                        sent += opened.send(b"x" * 65_536)
                except ConnectionError:
                    pass
                return sent

            assert await asyncio.to_thread(pour) < 20 * MIB
        assert server.memory() - before < 8 * MIB


async def test_a_crowd_from_one_address_keeps_nobody_else_out(world: World) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * CROWD)), hard))
    (server,) = world.start(MAX_CONNECTIONS_ADDRESS="40")
    async with neighbours(world, server):
        before = server.memory()
        with ExitStack() as stack:
            await asyncio.to_thread(
                lambda: [_open(stack, server.port, source="127.0.0.3") for _ in range(CROWD)]
            )
            with pytest.raises((InvalidHandshake, OSError)):
                async with world.socket(server, "ann", local_addr=("127.0.0.3", 0)):
                    pass
            async with world.socket(server, "bob", local_addr=("127.0.0.4", 0)) as bob:
                assert "now" in await bob.ask("ping")
            assert server.memory() - before < 8 * MIB
        async with asyncio.timeout(30):
            while True:  # they are gone, as the server finds out in its own time
                try:
                    async with world.socket(server, "ann", local_addr=("127.0.0.3", 0)) as ann:
                        assert "now" in await ann.ask("ping")
                        break
                except (InvalidHandshake, OSError):
                    await asyncio.sleep(0.1)


async def test_a_flood_is_cut_off_and_not_kept(world: World) -> None:
    (server,) = world.start(RATE_LIMIT_FRAMES="200/10s")
    async with neighbours(world, server), world.socket(server, "ann") as ann:
        before = server.memory()
        frame = '{"action": "ping", "id": "x", "padding": "' + "x" * 60_000 + '"}'
        with suppress(ConnectionClosed):
            for _ in range(100 * MIB // len(frame)):
                await ann.connection.send(frame)
        assert await ann.closed() == 4008
        assert server.memory() - before < 8 * MIB
