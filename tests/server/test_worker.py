"""A Celery worker beside its broker: woken by it, alive without it, and only as it should be."""

import asyncio
import os

import pytest

from tests.server.asking import Talk, all_ended
from tests.server.scripted import ANSWER
from tests.server.world import World
from tests.shapes.worker import BeatProcess, WorkerProcess

pytestmark = [
    pytest.mark.server,
    pytest.mark.slow,
    pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="embedded has no workers"),
]
WOKEN = {"DJANGO_SETTINGS_MODULE": "tests.server.woken_settings"}
BOUND = 8.0  # a send waits at most for the counters' and the layer's time limits
POOL = "is started with -P threads"
ENGINE = "ENGINE is threads"


async def test_a_worker_outlives_its_broker_and_listens_again(world: World) -> None:
    world.may_log_exceptions = True  # Celery's, of a connection that is lost
    (server,) = world.start(**WOKEN)
    world.start_workers(**WOKEN)
    talk = Talk(world, server, world.spare_chat())
    await talk.ask("before")
    await talk.until(all_ended)
    world.valkey.kill()
    async with asyncio.timeout(BOUND):
        await talk.ask("meanwhile")
    await asyncio.to_thread(world.valkey.start)
    # The wake-up of the question in between is lost; the next one is for both.
    await talk.ask("after")
    answers = await talk.until(all_ended)
    assert [(a["status"], a["content"]) for a in answers] == [("completed", ANSWER)] * 3
    assert server.log().count("broker out of reach") <= 1


@pytest.mark.parametrize("how", ["dead", "frozen"])
async def test_a_worker_leaves_a_broker_that_is_gone(world: World, how: str) -> None:
    world.may_log_exceptions = True
    (worker,) = world.start_workers(**WOKEN)
    if how == "dead":
        world.valkey.kill()
    else:
        world.valkey.freeze()
    assert await asyncio.to_thread(worker.terminate) == 0


@pytest.mark.parametrize(
    "kind, options, values, sentence",
    [
        (WorkerProcess, ["-P", "solo"], {}, POOL),
        (WorkerProcess, [], {"ENGINE": "threads"}, ENGINE),
        (BeatProcess, [], {"REDIS_URL": ""}, ENGINE),
    ],
)
def test_what_would_not_work_does_not_start(
    kind: type[WorkerProcess | BeatProcess],
    options: list[str],
    values: dict[str, str],
    sentence: str,
    world: World,
) -> None:
    process = kind({**world.site.values, **values}, *options)
    world.running.callback(process.close)
    process.spawn()
    assert process.process.wait(60) == 1
    assert sentence in process.log().splitlines()[-1]
    assert "Traceback" not in process.log()
