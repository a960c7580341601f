"""S1, S2 and S4: chats with members and a bounded number of messages in flight in each."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.chat_load import ChatLoad
from benchmarks.cores import CpuShares
from benchmarks.people import Seat, seats
from benchmarks.servers import Server

CONNECTING = 50  # handshakes at a time
CONNECT_PATIENCE, DRAIN_PATIENCE = 180.0, 30.0  # seconds


@dataclass(frozen=True)
class Shape:
    chats: int
    members: int
    in_flight: int


@dataclass(frozen=True)
class Span:
    """How long a run lasts; it ends at whichever bound it meets first."""

    warm_up: float
    seconds: float
    messages: int = 400_000


@dataclass(frozen=True)
class Result:
    """Rates per second; shares of one core from 0 to 1; what was lost, doubled or refused."""

    messages: float
    deliveries: float
    server_cpu: float
    generator_cpu: float
    problems: list[str]


async def run(server: Server, shape: Shape, span: Span) -> Result:
    """Connect everybody, warm up, measure, drain, check the counts, leave."""
    places = seats(server, chats=shape.chats, members=shape.members)
    loads = loads_for(server, places, shape)
    try:
        await connect(server, places, loads)
        delivered, passed, cpu = await _measure(server, list(loads.values()), span)
        await drain(list(loads.values()))
        problems = [line for load in loads.values() for line in load.problems()]
    finally:
        leave(loads)
    rate = delivered / passed
    return Result(rate / shape.members, rate, *cpu, problems)


def loads_for(server: Server, places: list[Seat], shape: Shape) -> dict[str, ChatLoad]:
    return {
        chat: ChatLoad(chat, server.dialect, members=shape.members, in_flight=shape.in_flight)
        for chat in {seat.chat: None for seat in places}
    }


async def connect(server: Server, places: list[Seat], loads: dict[str, ChatLoad]) -> None:
    waiting = iter(places)

    async def connector() -> None:
        for seat in waiting:
            await loads[seat.chat].join(server, seat.headers)

    async with asyncio.timeout(CONNECT_PATIENCE):
        await asyncio.gather(*(connector() for _ in range(CONNECTING)))
        await _until(lambda: all(load.ready for load in loads.values()))


def leave(loads: dict[str, ChatLoad]) -> None:
    for load in loads.values():
        for socket in load.sockets:
            socket.abort()


async def _measure(
    server: Server, loads: list[ChatLoad], span: Span
) -> tuple[int, float, tuple[float, float]]:
    """Deliveries, seconds and the shares of the two cores between warm-up and the end."""
    for load in loads:
        load.start()
    await asyncio.sleep(span.warm_up)
    before, start, shares = _delivered(loads), time.perf_counter(), CpuShares(server.pids)
    end = start + span.seconds
    while time.perf_counter() < end and sum(load.published for load in loads) < span.messages:
        await asyncio.sleep(0.05)
    delivered, passed, cpu = _delivered(loads) - before, time.perf_counter() - start, shares.read()
    for load in loads:
        load.stop()
    return delivered, passed, cpu


async def drain(loads: list[ChatLoad]) -> None:
    """Let everything arrive, then one last message per chat, which is looked at closely."""
    try:
        async with asyncio.timeout(DRAIN_PATIENCE):
            await _until(lambda: all(load.settled for load in loads))
            for load in loads:
                load.publish_last()
            await _until(lambda: all(load.settled for load in loads))
            await asyncio.sleep(0.2)  # time for a frame too many to show itself
    except TimeoutError:
        return  # the counts say what is missing


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.02)


def _delivered(loads: list[ChatLoad]) -> int:
    return sum(load.delivered for load in loads)
