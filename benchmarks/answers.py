"""A hundred answers that stream at once: the memory they take, and what plain messages wait."""

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import orjson
import uvloop

from benchmarks import servers
from benchmarks.client import Socket
from benchmarks.cores import CpuShares, resident_kib
from benchmarks.dialects import CHATROUTING
from benchmarks.people import Seat, seats
from benchmarks.servers import Server

ANSWERS = 100
WORDS, PAUSE = 400, 0.05  # twenty a second, for twenty seconds
ALONE, BESIDE = 5.0, 10.0  # seconds measured
PING_INTERVAL = 20.0
EVERY = 0.05  # between two plain messages
PATIENCE = 120.0
ENDS = ("completed", "error")
SHAPES: dict[str, Callable[..., AbstractContextManager[Server]]] = {
    "sqlite": partial(servers.embedded, ENGINE="threads"),
    "postgresql": partial(servers.scaled, ENGINE="threads"),
    "postgresql, Celery": servers.with_worker,
}


@dataclass(frozen=True)
class Result:
    """Milliseconds from sending to hearing, alone and beside the answers; resident KiB of who
    works, which is the server or a worker, before the answers and at most."""

    alone: list[float]
    beside: list[float]
    idle_kib: int
    peak_kib: int
    server_cpu: float
    problems: list[str]


def main(names: list[str]) -> int:
    results = {name: _measure(name) for name in SHAPES if name.partition(",")[0] in names}
    for name, result in results.items():
        print(line(name, result))
        for problem in result.problems[:10]:
            print(f"! {problem[:200]}")
    return 1 if any(result.problems for result in results.values()) else 0


def line(name: str, result: Result) -> str:
    alone, beside = median(result.alone), median(result.beside)
    slowest = quantiles(result.beside, n=20)[-1]
    return (
        f"{name}: {ANSWERS} answers at once; a plain message {alone:.1f} ms alone,"
        f" {beside:.1f} ms beside them ({beside - alone:+.1f}; 95th percentile {slowest:.1f});"
        f" {result.idle_kib / 1024:.0f} MiB before, {result.peak_kib / 1024:.0f} MiB at most;"
        f" {result.server_cpu:.2f} of a core"
    )


def _measure(name: str) -> Result:
    with (
        tempfile.TemporaryDirectory(prefix="chatrouting-") as folder,
        servers.upstream(Path(folder), WORDS, PAUSE) as address,
        SHAPES[name](Path(folder), AI_BASE_URL=address, AI_MODEL="scripted") as server,
    ):
        return uvloop.run(_run(server))


async def _run(server: Server) -> Result:
    """Plain messages alone, then beside the answers, which all begin before and end after."""
    places = seats(server, chats=ANSWERS + 1, members=2)
    plain = Plain(places[0].chat)
    asked = [Asked(chat) for chat in dict.fromkeys(seat.chat for seat in places[2:])]
    for one in (plain, *asked):
        for seat in (seat for seat in places if seat.chat == one.chat):
            await one.join(server, seat)
    alive = asyncio.create_task(_keep_alive([plain, *asked]))
    try:
        alone = await plain.talk(ALONE)
        idle = resident_kib(server.worker or server.pid)
        for one in asked:
            one.ask()
        await _until(lambda: all(one.grows or one.status for one in asked))
        shares = CpuShares(server.pids)
        beside, peak = await _watched(server, plain.talk(BESIDE))
        cpu, _ = shares.read()
        problems = [f"{one.chat}: ended before it was all measured" for one in asked if one.status]
        await _until(lambda: all(one.status for one in asked))
        problems += [f"{one.chat}: {one.status}" for one in asked if one.status != "completed"]
    finally:
        alive.cancel()
        for one in (plain, *asked):
            one.leave()
    return Result(alone, beside, idle, peak, cpu, problems)


async def _watched(
    server: Server, talk: Coroutine[Any, Any, list[float]]
) -> tuple[list[float], int]:
    """What comes of it, and the most memory taken meanwhile."""
    talking, peak = asyncio.create_task(talk), 0
    while not talking.done():
        peak = max(peak, resident_kib(server.worker or server.pid))
        await asyncio.sleep(0.1)
    return talking.result(), peak


async def _keep_alive(chats: "list[Chat]") -> None:
    while True:
        await asyncio.sleep(PING_INTERVAL)
        for one in chats:
            one.ping()


async def _until(is_so: Callable[[], bool]) -> None:
    """Or not, which is then seen."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                await asyncio.sleep(0.02)


class Chat:
    """A chat of two, on a socket each."""

    def __init__(self, chat: str) -> None:
        self.chat = chat
        self.sockets: list[Socket] = []

    async def join(self, server: Server, seat: Seat) -> None:
        is_second = bool(self.sockets)
        socket = Socket(
            CHATROUTING.event, lambda _: self.heard(is_second=is_second), self.hear_other
        )
        socket.keep = True
        headers = {**CHATROUTING.headers, **seat.headers}
        await socket.open(server.host, server.port, CHATROUTING.path(self.chat), headers)
        self.sockets.append(socket)

    def ping(self) -> None:
        for socket in self.sockets:
            socket.send(b'{"action":"ping","id":"ping"}')

    def leave(self) -> None:
        for socket in self.sockets:
            socket.abort()

    def heard(self, *, is_second: bool) -> None:
        """Events, which are in `kept` of the socket."""

    def hear_other(self, payload: bytes) -> None:
        """Any other frame."""


class Asked(Chat):
    """One asks, both hear the answer."""

    grows = False
    status = ""  # that it has ended with

    def ask(self) -> None:
        frame = {"action": "send", "id": 1, "chatId": self.chat, "clientMessageId": "q"}
        self.sockets[0].send(orjson.dumps(frame | {"type": "ai", "content": "Why?"}))

    def heard(self, *, is_second: bool) -> None:
        if is_second:
            for event in self.sockets[1].kept:
                status = orjson.loads(event)["message"]["status"]
                is_answer = b'"type":"ai_message_update"' in event
                self.status = status if is_answer and status in ENDS else ""
            self.sockets[1].kept.clear()
        self.sockets[0].kept.clear()

    def hear_other(self, payload: bytes) -> None:
        self.grows = self.grows or b'"aiDelta"' in payload


class Plain(Chat):
    """One says something and waits until the other has heard it."""

    def __init__(self, chat: str) -> None:
        super().__init__(chat)
        self._heard = asyncio.Event()
        self._number = 0

    async def talk(self, seconds: float) -> list[float]:
        """Milliseconds of each message."""
        times = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self._number += 1
            self._heard.clear()
            start = time.perf_counter()
            self.sockets[0].send_frames(CHATROUTING.publish(self.chat, self._number))
            async with asyncio.timeout(PATIENCE):
                await self._heard.wait()
            times.append((time.perf_counter() - start) * 1000)
            await asyncio.sleep(EVERY)
        return times

    def heard(self, *, is_second: bool) -> None:
        for socket in self.sockets:
            socket.kept.clear()
        if is_second:
            self._heard.set()
