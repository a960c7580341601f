"""A hundred answers that stream at once through one process: little memory, and all of them end."""

import asyncio
import time
from uuid import uuid4

import pytest

from tests.server.cast import SPARE
from tests.server.socket_client import Frame, SocketClient
from tests.server.world import World
from tests.upstream.answers import choice, end, event, start
from tests.upstream.server import Asked, Upstream, Wire

pytestmark = [pytest.mark.server, pytest.mark.slow]

MIB = 1024 * 1024
ANSWERS = 100
GO_ON = 100  # words after the last answer has begun
PATIENCE = 120.0


async def test_a_hundred_answers_at_once_fit_in_memory_and_are_completed(world: World) -> None:
    with Upstream(together) as upstream:
        ai = {"AI_BASE_URL": f"{upstream.url}/v1", "AI_MODEL": "scripted"}
        (server,) = world.start(**ai)
        (worker,) = world.start_workers(**ai) if world.is_scaled else [server]
        async with world.socket(server, "ann", max_queue=None) as ann:
            answers = Answers(ann)
            await ask(ann)
            await ann.until(lambda: len(answers.growing) == ANSWERS, within=PATIENCE)
            at_once = ANSWERS - len(answers.ended)
            memory = worker.memory()
            await ann.until(lambda: len(answers.ended) == ANSWERS, within=PATIENCE)
    assert at_once == ANSWERS
    assert memory < 250 * MIB, memory // MIB
    assert set(answers.ended.values()) == {"completed"}


def together(wire: Wire, _: Asked) -> None:
    """A word after the other; none ends before the last has begun."""
    start(wire)
    left, until = GO_ON, time.monotonic() + 2 * PATIENCE
    while left and time.monotonic() < until:
        wire.chunk(event(choice({"content": "word "})))
        time.sleep(0.05)
        left -= len(wire.server.asked) >= ANSWERS
    end(wire)


class Answers:
    """What one connection hears of answers, of which it keeps nothing else."""

    def __init__(self, client: SocketClient) -> None:
        self.growing: set[str] = set()
        self.ended: dict[str, str] = {}  # and how
        self._client = client
        client.on_frame = self._hear

    def _hear(self, frame: Frame) -> None:
        self._client.heard.clear()
        if frame.get("type") == "aiDelta":
            self.growing.add(frame["messageId"])
        elif frame.get("type") == "ai_message_update":
            message = frame["message"]
            if message["status"] not in ("pending", "processing"):
                self.ended[message["messageId"]] = message["status"]


async def ask(client: SocketClient) -> None:
    for chat_id in SPARE:
        await client.ask("subscribe", chatId=chat_id, tail=0)
    question = {"type": "ai", "content": "Why?"}
    await asyncio.gather(
        *(
            client.ask(
                "send",
                chatId=SPARE[number % len(SPARE)],
                clientMessageId=uuid4().hex,
                **question,
            )
            for number in range(ANSWERS)
        )
    )
