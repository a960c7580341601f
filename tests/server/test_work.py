"""Whoever works is killed, frozen, sent away, woken twice: each answer ends once, and whole."""

import asyncio
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from chatrouting.wakeups import LOOK, make_app
from tests.server.asking import Messages, Talk, all_begun, all_ended, some_words
from tests.server.scripted import ANSWER, LEASE
from tests.server.world import World, new_world
from tests.shapes.application import ApplicationProcess
from tests.shapes.pytest_plugin import POSTGRESQL
from tests.shapes.server import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.slow]

QUESTIONS = 6
# PostgreSQL ends the transaction that somebody was frozen in after this long, in seconds, which
# is less than a real lease.
IDLE = 4.0
HOW = ["killed", "frozen", "terminated"]
HOW += ["woken"] if os.environ["SHAPE"] == "scaled" else []  # embedded, nobody wakes anybody
SCRIPTED = {"DJANGO_SETTINGS_MODULE": "tests.server.scripted_settings"}
WOKEN = {"DJANGO_SETTINGS_MODULE": "tests.server.woken_settings"}


@dataclass
class Place:
    """A server, and who works for it: itself, or two workers with room for half.

    Those look when they are woken and not else, by the server or by one of two beats.
    """

    world: World
    server: ServerProcess
    engines: list[ApplicationProcess]

    @property
    def is_alone(self) -> bool:
        return self.engines[0] is self.server


@pytest.fixture(scope="module")
def shared_place() -> Iterator[Place]:
    with new_world(os.environ.get(POSTGRESQL)) as world:
        engines: list[ApplicationProcess]
        engines = [server] = world.start(**SCRIPTED)
        if world.is_scaled:
            engines = [*world.start_workers(2, "-c", str(QUESTIONS // 2), beats=2, **WOKEN)]
        yield Place(world, server, engines)


@pytest.fixture
def place(shared_place: Place) -> Iterator[Place]:
    """With everybody at work."""
    for engine in shared_place.engines:
        if not engine.process.is_running:
            engine.start()
    return shared_place


@pytest.mark.parametrize("how", HOW)
async def test_work_whose_worker_is_gone_ends_once_and_whole(place: Place, how: str) -> None:
    talk = Talk(place.world, place.server, place.world.spare_chat())
    await asyncio.gather(*(talk.ask(f"q-{number}") for number in range(QUESTIONS)))
    await talk.until(lambda answers: _is_shared_out(place, answers))
    lost_at = time.time()
    await asyncio.to_thread(_lose, place, how)
    answers = await talk.until(all_ended)
    assert [answer["content"] for answer in answers] == [ANSWER] * QUESTIONS
    assert {answer["status"] for answer in answers} == {"completed"}
    if how == "frozen" and not place.is_alone:
        # PostgreSQL may have ended the transaction it was frozen in, and the writer logs that.
        place.world.may_log_exceptions = True
        await asyncio.to_thread(place.engines[0].thaw)
    # Also after whoever was frozen has had the time to say what it had to say.
    await asyncio.sleep(LEASE)
    ends = await talk.ends()
    assert len(ends) == len(set(ends)) == QUESTIONS
    await _taken_up_in_time(talk, place, how, lost_at)


def _is_shared_out(place: Place, answers: Messages) -> bool:
    """Of two workers with room for half, each has its half."""
    return some_words(answers) and (place.is_alone or all_begun(answers))


def _lose(place: Place, how: str) -> None:
    lost = place.engines[0]
    match how:
        case "killed":
            lost.kill()
            if place.is_alone:
                lost.start()
        case "terminated":
            assert lost.terminate() == 0
            if place.is_alone:
                lost.start()
        case "frozen":
            lost.freeze()
            if place.is_alone:  # nobody else is there to go on
                time.sleep(LEASE + 0.5)
                lost.thaw()
        case "woken":
            with make_app(place.world.valkey.url) as broker:
                for _ in range(50):
                    broker.send_task(LOOK)


async def _taken_up_in_time(talk: Talk, place: Place, how: str, lost_at: float) -> None:
    """By the other worker: once the lease is over, or before that where it was given back."""
    if place.is_alone:
        return
    again = [
        step
        for step in await talk.steps()
        if step["data"]["status"] == "processing" and step["at"] / 1000 > lost_at
    ]
    assert (again == []) == (how == "woken")
    held = max(LEASE, IDLE) if how == "frozen" else LEASE
    assert max((step["at"] / 1000 - lost_at for step in again), default=0) < held + 2.0
    # What is given back was not failed at.
    assert {step["data"]["attempt"] for step in again} <= {1 if how == "terminated" else 2}
