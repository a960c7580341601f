"""S5: people who switch chats all the time, while a little is being said."""

import asyncio
import time
from dataclasses import dataclass

from benchmarks.client import Socket
from benchmarks.cores import CpuShares
from benchmarks.people import Crowd, seed
from benchmarks.servers import Server
from benchmarks.tabs import NOTHING, Client
from benchmarks.traffic import Span

PEOPLE, CHATS, MEMBERS, TABS = 20, 40, 5, 4
MESSAGES_A_SECOND = 10
PATIENCE = 180.0  # seconds for everybody's first visit to each of their chats, which has no cursor


@dataclass(frozen=True)
class Result:
    """Switches per second, each an unsubscribe and a subscribe from a cursor, both answered."""

    switches: float
    server_cpu: float
    generator_cpu: float
    problems: list[str]


async def run(server: Server, span: Span) -> Result:
    """Everybody is in a quarter of the chats; one more person is in all of them and writes."""
    groups = [[(chat * MEMBERS + n) % PEOPLE for n in range(MEMBERS)] for chat in range(CHATS)]
    crowd = seed(server, PEOPLE + 1, [[PEOPLE, *group] for group in groups])
    clients = [
        Client([crowd.chats[n] for n, group in enumerate(groups) if person in group], TABS)
        for person in range(PEOPLE)
    ]
    for client, headers in zip(clients, crowd.headers, strict=False):
        await client.open(server, headers)
    writer = asyncio.create_task(_write(server, crowd))
    try:
        switches, passed, cpu = await _measure(server, clients, span)
    finally:
        writer.cancel()
        for client in clients:
            client.leave()
    problems = [line for client in clients for line in client.problems]
    return Result(switches / passed, *cpu, problems)


async def _measure(
    server: Server, clients: list[Client], span: Span
) -> tuple[int, float, tuple[float, float]]:
    for client in clients:
        client.walk()
    async with asyncio.timeout(PATIENCE):
        while not all(client.knows_all for client in clients):
            await asyncio.sleep(0.05)
    await asyncio.sleep(span.warm_up)
    before, start, shares = _switches(clients), time.perf_counter(), CpuShares(server.pids)
    await asyncio.sleep(span.seconds)
    switches, passed, cpu = _switches(clients) - before, time.perf_counter() - start, shares.read()
    for client in clients:
        client.stop()
        if client.closed:
            client.problems.append(f"closed {client.closed}")
    await asyncio.sleep(0.2)  # answers under way
    return switches, passed, cpu


async def _write(server: Server, crowd: Crowd) -> None:
    socket = Socket(NOTHING, lambda events: None, lambda payload: None)
    headers = {**server.dialect.headers, **crowd.headers[PEOPLE]}
    await socket.open(server.host, server.port, "/ws/chat/", headers)
    number = 0
    while True:
        number += 1
        chat = crowd.chats[number % len(crowd.chats)]
        socket.send_frames(server.dialect.publish(chat, number))
        await asyncio.sleep(1 / MESSAGES_A_SECOND)


def _switches(clients: list[Client]) -> int:
    return sum(client.switches for client in clients)
