"""`make run AI=local`: the model's server begins and ends with ours."""

import importlib.util
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from local_ai.__main__ import PACKAGES
from tests.server.world import World
from tests.shapes.server import ServerProcess
from tests.upstream.answers import TEXT

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(os.environ["SHAPE"] == "scaled", reason="`make run` is the embedded shape"),
]

STAND_INS = Path(__file__).parent / "stand_ins"


class LocalAI(ServerProcess):
    """`python -m local_ai`, and who works for it."""

    @property
    def module(self) -> Sequence[str]:
        return ["local_ai"]

    def workers(self) -> list[psutil.Process]:
        """The keeper and the model's server."""
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.mark.parametrize("how", ["terminated", "killed"])
async def test_the_model_ends_with_the_server(world: World, how: str) -> None:
    (server,) = start(world, PYTHONPATH=str(STAND_INS))
    answer = await ask(world, server)
    assert (answer["content"], answer["metadata"]["model"]) == (TEXT, "gemma-3-270m")
    workers = server.workers()
    assert len(workers) == 2
    if how == "terminated":
        assert server.terminate() == 0
    else:
        psutil.Process(server.process.pid).kill()  # alone, as no test of ours is
    _, left = psutil.wait_procs(workers, timeout=20)
    assert left == []
    assert "has ended" not in server.log()


def test_a_model_that_dies_is_told_of(world: World) -> None:
    (server,) = start(world, PYTHONPATH=str(STAND_INS))
    _, model = server.workers()
    model.kill()
    server.process.wait_until(lambda: "local model's server has ended (-9)" in server.log())


@pytest.mark.slow
@pytest.mark.skipif(
    not all(importlib.util.find_spec(package) for package in PACKAGES),
    reason="the local model is not installed; `make run AI=local` does that",
)
async def test_the_real_model_answers(world: World) -> None:
    (server,) = start(world)
    answer = await ask(world, server)
    assert answer["status"] == "completed"
    assert re.search("[a-z]{3}", answer["content"])


def start(world: World, **values: str) -> list[Any]:
    return world.start(kind=LocalAI, **values)


async def ask(world: World, server: ServerProcess) -> dict[str, Any]:
    """The answer, once it has ended."""
    chat_id = world.spare_chat()
    async with world.socket(server, "ann") as ann:
        await ann.ask("subscribe", chatId=chat_id)
        question = {"type": "ai", "clientMessageId": "q", "content": "Which day follows Monday?"}
        await ann.ask("send", chatId=chat_id, **question)
        ended: list[dict[str, Any]] = []

        def has_ended() -> bool:
            ended[:] = [
                event["message"]
                for event in ann.events(chat_id)
                if event["message"]["type"] == "ai"
                and event["message"]["status"] in ("completed", "error")
            ]
            return bool(ended)

        await ann.until(has_ended, within=60)
    return ended[0]
