"""Frames written past ASGI: those of one turn together, in order, and none after the end."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from chatrouting.transport import MAX_TOGETHER, DirectTransport


class Server:
    """As much of uvicorn's connection as is written to."""

    def __init__(self) -> None:
        self.calls: list[list[bytes]] = []
        self.closing = False
        self.close_sent = False
        self.writable = asyncio.Event()
        self.writable.set()
        self.loop = asyncio.get_running_loop()
        self.transport: Any = SimpleNamespace(
            is_closing=lambda: self.closing, writelines=self.calls.append
        )


@pytest.fixture
async def server() -> Server:
    return Server()


async def test_frames_of_one_turn_go_out_together(server: Server) -> None:
    direct = DirectTransport(server)
    for frame in (b"1", b"2", b"3"):
        direct.write(frame)
    assert server.calls == []
    await asyncio.sleep(0)
    assert server.calls == [[b"1", b"2", b"3"]]


async def test_a_later_turn_is_a_later_call(server: Server) -> None:
    direct = DirectTransport(server)
    direct.write(b"1")
    await asyncio.sleep(0)
    direct.write(b"2")
    await asyncio.sleep(0)
    assert server.calls == [[b"1"], [b"2"]]


async def test_much_is_not_held_back_so_that_the_client_can_push_back(server: Server) -> None:
    direct = DirectTransport(server)
    direct.write(b"x" * (MAX_TOGETHER + 1))
    assert len(server.calls) == 1
    await asyncio.sleep(0)
    assert len(server.calls) == 1


async def test_what_was_taken_is_sent_though_the_client_pushes_back_now(server: Server) -> None:
    direct = DirectTransport(server)
    direct.write(b"1")
    server.writable.clear()
    await asyncio.sleep(0)
    assert server.calls == [[b"1"]]


@pytest.mark.parametrize("end", ["closing", "close_sent"])
async def test_nothing_follows_the_end(server: Server, end: str) -> None:
    direct = DirectTransport(server)
    direct.write(b"1")
    setattr(server, end, True)
    await asyncio.sleep(0)
    assert server.calls == []
    assert not direct.is_ready
