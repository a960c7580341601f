"""Somebody who answers every question in the same words, slowly, in a server that tests start."""

import time
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from messages.processors.work import Done, Progress, Work

LEASE = 2.0
PAUSE = 0.1  # between two words: a busy machine is slow to kill somebody in the middle of an answer
WORDS = [f"word {number} é👋, " for number in range(30)]
ANSWER = "".join(WORDS)


class Scripted(AppConfig):
    """Leases are short, so that what a dead worker held is free again soon."""

    name = "tests.server"
    label = "scripted"

    def ready(self) -> None:
        from messages import jobs  # noqa: PLC0415
        from messages.models import MessageType  # noqa: PLC0415
        from messages.processors import PROCESSORS  # noqa: PLC0415

        jobs.LEASE_MS = round(LEASE * 1000)
        PROCESSORS[MessageType.AI] = answer


class Woken(Scripted):
    """Nor does any engine look by itself, so that nothing is done without a wake-up."""

    def ready(self) -> None:
        from messages import engine  # noqa: PLC0415

        super().ready()
        engine.SWEEP = 3600.0


def answer(work: "Work", progress: "Progress") -> "Done":
    from messages.processors.work import Done  # noqa: PLC0415

    for word in WORDS:
        progress.add(word)
        time.sleep(PAUSE)
    return Done(ANSWER, {"model": "script"})
