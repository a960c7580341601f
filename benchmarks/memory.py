"""The long run: many messages and many chats visited in one process, and what memory does."""

import asyncio
import tempfile
import time
from pathlib import Path

import uvloop

from benchmarks import servers, traffic
from benchmarks.chat_load import ChatLoad
from benchmarks.cores import resident_kib
from benchmarks.people import seats, seed
from benchmarks.servers import Server
from benchmarks.tabs import Client
from benchmarks.traffic import Shape

SHAPE = Shape(chats=200, members=2, in_flight=2)
MESSAGES_A_VISIT = 100  # so that a million messages go with 10,000 chats visited
TABS = 10
SAMPLES = 20
PING_INTERVAL = 20.0
SETTLED = 4  # samples until everything that is loaded once has been loaded


def main(messages: int) -> int:
    with (
        tempfile.TemporaryDirectory(prefix="chatrouting-") as folder,
        servers.embedded(Path(folder)) as server,
    ):
        samples, problems = uvloop.run(_run(server, messages))
    settled = samples[SETTLED - 1 :]
    growth = (settled[-1] - settled[0]) / 1024
    print(f"grown by {growth:+.1f} MiB between sample {SETTLED} and the last")
    for problem in problems[:10]:
        print(f"! {problem[:200]}")
    return 1 if problems else 0


async def _run(server: Server, messages: int) -> tuple[list[int], list[str]]:
    """Resident KiB after each twentieth of the way; visits keep pace with the messages."""
    places = seats(server, chats=SHAPE.chats, members=SHAPE.members)
    visits = messages // MESSAGES_A_VISIT
    crowd = seed(server, 1, [[0]] * visits)
    visitor = Client(crowd.chats, tabs=TABS)
    loads = traffic.loads_for(server, places, SHAPE)
    samples: list[int] = []
    await traffic.connect(server, places, loads)
    await visitor.open(server, crowd.headers[0])
    alive = asyncio.create_task(_keep_alive(loads, visitor))
    try:
        start = time.perf_counter()
        for load in loads.values():
            load.start()
        for number in range(1, SAMPLES + 1):
            await _reach(messages * number // SAMPLES, loads)
            await _visit(visitor, visits * number // SAMPLES)
            samples.append(resident_kib(server.pid))
            _print_sample(samples, _published(loads), visitor, start)
        for load in loads.values():
            load.stop()
        await traffic.drain(list(loads.values()))
        problems = [line for load in loads.values() for line in load.problems()]
    finally:
        alive.cancel()
        traffic.leave(loads)
        visitor.leave()
    return samples, problems + visitor.problems


async def _reach(messages: int, loads: dict[str, ChatLoad]) -> None:
    while _published(loads) < messages:
        await asyncio.sleep(0.05)


def _published(loads: dict[str, ChatLoad]) -> int:
    return sum(load.published for load in loads.values())


async def _visit(visitor: Client, chats: int) -> None:
    visitor.walk(chats)
    while visitor.visits < chats:
        await asyncio.sleep(0.05)


async def _keep_alive(loads: dict[str, ChatLoad], visitor: Client) -> None:
    while True:
        await asyncio.sleep(PING_INTERVAL)
        visitor.ping()
        for load in loads.values():
            load.ping()


def _print_sample(samples: list[int], messages: int, visitor: Client, start: float) -> None:
    passed = time.perf_counter() - start
    print(
        f"{passed:7.0f} s  {messages:>9,} messages  {visitor.visits:>6,} chats visited"
        f"  {samples[-1] / 1024:8.1f} MiB",
        flush=True,
    )
