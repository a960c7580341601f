"""Workers killed at random points: every answer ends once, and none is doubled or mixed."""

import asyncio
import os
import random
from collections.abc import Iterator

import pytest

from tests.server.asking import Messages, Talk, all_ended
from tests.server.hurried import ANSWER
from tests.server.nursery import Nursery
from tests.server.world import LIMIT, World
from tests.shapes.process import LOG_TAIL
from tests.shapes.server import ServerProcess

pytestmark = [pytest.mark.server, pytest.mark.slow]

KILLS = 50
LONGEST = 0.5  # seconds from a start to the next kill, at most
OPEN = 5  # questions at a time
SEED = int(os.environ.get("REAPING_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
SETTINGS = {"DJANGO_SETTINGS_MODULE": "tests.server.hurried_settings"}


@pytest.fixture
def nursery(world: World) -> Iterator[Nursery]:
    """Of three workers; embedded of the server itself, which then serves and works."""
    if world.is_scaled:
        (server,) = world.start(**SETTINGS)
        alone = ["--without-gossip", "--without-mingle"]
        kind = ["worker", "--quiet", "worker", "-P", "threads", *alone]
    else:
        server = ServerProcess({**world.site.values, **LIMIT, **SETTINGS})
        world.servers.append(server)
        world.running.callback(server.close)
        kind = ["server"]
    log = server.process.log_path.with_name("nursery.log")
    with Nursery(kind, server.values, log, alive=3 if world.is_scaled else 1) as one:
        yield one


async def test_work_outlives_workers_killed_at_random(world: World, nursery: Nursery) -> None:
    print(f"REAPING_SEED={SEED}")  # noqa: T201
    talk = Talk(world, world.servers[0], world.spare_chat())
    dice = random.Random(SEED)
    asking = asyncio.create_task(_keep_asking(talk))
    for _ in range(KILLS):
        await talk.answers()  # Whoever serves is there.
        await asyncio.sleep(dice.uniform(0, LONGEST))
        await asyncio.to_thread(nursery.reap)
    asking.cancel()
    answers = await talk.until(all_ended, within=60)
    _assert_whole(answers)
    ends = await talk.ends()
    assert sorted(ends) == sorted(answer["messageId"] for answer in answers)
    tries = [step["data"]["attempt"] for step in await talk.steps()]
    assert max(tries) > 1, "no kill met any work"
    seqs = [row.seq for row in world.stored(talk.chat_id)]
    assert seqs == list(range(1, len(seqs) + 1))
    assert "Traceback" not in nursery.log(), nursery.log()[-LOG_TAIL:]


async def _keep_asking(talk: Talk) -> None:
    for number in range(100):
        await talk.ask(f"q-{number}")
        await talk.until(_has_room, within=60)


def _has_room(answers: Messages) -> bool:
    return sum(not all_ended([answer]) for answer in answers) < OPEN


def _assert_whole(answers: Messages) -> None:
    """Whole, or given up after three kills with what there was of it."""
    completed = [answer for answer in answers if answer["status"] == "completed"]
    assert {answer["content"] for answer in completed} == {ANSWER}
    for answer in answers:
        if answer not in completed:
            assert answer["error"]["code"] == "processingFailed"
            assert ANSWER.startswith(answer["content"])
