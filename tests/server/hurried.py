"""Somebody who answers quickly, with leases that are soon over: for many kills in a short time."""

import time
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from messages.processors.work import Done, Progress, Work

LEASE = 0.6
WORDS = [f"word {number} é👋, " for number in range(12)]
ANSWER = "".join(WORDS)


class Hurried(AppConfig):
    name = "tests.server"
    label = "hurried"

    def ready(self) -> None:
        from messages import engine, jobs  # noqa: PLC0415
        from messages.models import MessageType  # noqa: PLC0415
        from messages.processors import PROCESSORS  # noqa: PLC0415

        jobs.LEASE_MS = round(LEASE * 1000)
        engine.SWEEP = engine.SAVE = 0.1
        PROCESSORS[MessageType.AI] = answer


def answer(work: "Work", progress: "Progress") -> "Done":
    from messages.processors.work import Done  # noqa: PLC0415

    for word in WORDS:
        progress.add(word)
        time.sleep(0.02)
    return Done(ANSWER, {"model": "script"})
