"""S3: many people connect at once, each with a session the server has never seen."""

import asyncio
import time
from dataclasses import dataclass

import orjson

from benchmarks.client import Refused, Socket
from benchmarks.cores import CpuShares, resident_kib
from benchmarks.people import seed
from benchmarks.servers import Server

PATH = "/ws/chat/"
AT_ONCE = 100
WARM_UP = 20  # people whose connections load what a first connection loads, and then leave
PATIENCE = 180.0
SETTLE = 1.0  # seconds between the last `hello` and the look at the memory


@dataclass(frozen=True)
class Result:
    """Connects per second until `hello`; KiB of server memory per idle connection."""

    connects: float
    kib_each: float
    server_cpu: float
    generator_cpu: float
    problems: list[str]


async def run(server: Server, count: int) -> Result:
    crowd = seed(server, WARM_UP + count, [])
    early = await _connect(server, crowd.headers[:WARM_UP])
    _leave(early)
    await asyncio.sleep(SETTLE)
    before, start, shares = resident_kib(server.pid), time.perf_counter(), CpuShares(server.pids)
    sockets = await _connect(server, crowd.headers[WARM_UP:])
    passed, cpu = time.perf_counter() - start, shares.read()
    await asyncio.sleep(SETTLE)
    grown = resident_kib(server.pid) - before
    problems = [f"closed {socket.closed}" for socket in sockets if socket.closed]
    _leave(sockets)
    return Result(count / passed, grown / count, *cpu, problems)


async def _connect(server: Server, people: list[dict[str, str]]) -> list[Socket]:
    waiting = iter(people)
    sockets: list[Socket] = []

    async def connector() -> None:
        for headers in waiting:
            sockets.append(await _greeted(server, headers))  # noqa: PERF401 (`waiting` is shared)

    async with asyncio.timeout(PATIENCE):
        await asyncio.gather(*(connector() for _ in range(AT_ONCE)))
    return sockets


async def _greeted(server: Server, headers: dict[str, str]) -> Socket:
    """A socket that has had its `hello`; raises Refused if its first frame is something else."""
    hello: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def first(payload: bytes) -> None:
        if not hello.done():
            hello.set_result(payload)

    socket = Socket(server.dialect.event, lambda events: None, first)
    headers = {**server.dialect.headers, **headers}
    await socket.open(server.host, server.port, PATH, headers)
    frame = orjson.loads(await hello)
    if frame.get("op") != "hello":
        raise Refused(str(frame))
    return socket


def _leave(sockets: list[Socket]) -> None:
    for socket in sockets:
        socket.abort()
