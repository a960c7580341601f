"""Which systems meet in which scenario, and with how much load."""

import gc
import tempfile
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from benchmarks import connects, servers, switching, traffic
from benchmarks.servers import Server
from benchmarks.traffic import Shape, Span

FULL, QUICK = Span(warm_up=1.5, seconds=5), Span(warm_up=0.5, seconds=1.5)
CONNECTIONS, FEW_CONNECTIONS = 2_000, 400

SYSTEMS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "raw": servers.raw,
    "naive": servers.naive,
    "naive, storing": partial(servers.naive, stores=True),
    "sqlite": servers.embedded,
    "postgresql": servers.scaled,
}


@dataclass(frozen=True)
class Scenario:
    """`figure` is the value compared, against the system named in `against`."""

    name: str
    title: str
    systems: tuple[str, ...]
    figure: str
    against: str | None
    play: Callable[[Server, bool], Coroutine[Any, Any, Any]]


def _traffic(shape: Shape) -> Callable[[Server, bool], Coroutine[Any, Any, Any]]:
    return lambda server, quick: traffic.run(server, shape, QUICK if quick else FULL)


SCENARIOS = (
    Scenario(
        "S1",
        "one chat, 500 members, one publisher, 8 in flight: deliveries/s",
        ("raw", "naive", "sqlite", "postgresql"),
        "deliveries",
        "raw",
        _traffic(Shape(chats=1, members=500, in_flight=8)),
    ),
    Scenario(
        "S2",
        "200 chats × 5 members, 2 in flight in each: messages/s",
        ("raw", "naive", "sqlite", "postgresql"),
        "messages",
        "raw",
        _traffic(Shape(chats=200, members=5, in_flight=2)),
    ),
    Scenario(
        "S3",
        "2,000 people connect, 100 at a time, to hello: connects/s",
        ("sqlite",),
        "connects",
        None,
        lambda server, quick: connects.run(server, FEW_CONNECTIONS if quick else CONNECTIONS),
    ),
    Scenario(
        "S4",
        "50 chats × 2, 4 in flight in each, every message stored: stored/s",
        ("naive, storing", "sqlite", "postgresql"),
        "messages",
        "naive, storing",
        _traffic(Shape(chats=50, members=2, in_flight=4)),
    ),
    Scenario(
        "S5",
        "20 people switch chats all the time, 4 switches under way each: switches/s",
        ("sqlite",),
        "switches",
        None,
        lambda server, quick: switching.run(server, QUICK if quick else FULL),
    ),
)


@dataclass(frozen=True)
class Run:
    """One scenario on one freshly started system."""

    scenario: str
    system: str
    round: int
    values: dict[str, float]
    problems: list[str]


def play(
    scenarios: tuple[Scenario, ...], systems: set[str], *, rounds: int, quick: bool
) -> Iterator[Run]:
    """Round after round of every scenario on every system, so that all meet the same weather."""
    for number in range(1, rounds + 1):
        for scenario in scenarios:
            for system in scenario.systems:
                if system in systems:
                    values = _once(scenario, system, quick=quick)
                    problems = values.pop("problems")
                    yield Run(scenario.name, system, number, values, problems)


def _once(scenario: Scenario, system: str, *, quick: bool) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(prefix="chatrouting-") as folder,
        SYSTEMS[system](Path(folder)) as server,
    ):
        # The collector would stop the generator, not the server, in the middle of a run.
        gc.collect()
        gc.disable()
        try:
            return asdict(uvloop.run(scenario.play(server, quick)))
        finally:
            gc.enable()
