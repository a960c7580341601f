"""What the server's log tells of the work on messages: a line for each step, and no word of them.

Plain messages have no work, and no line.
"""

from enum import StrEnum
from functools import partial

import structlog
from django.db import transaction

logger = structlog.get_logger("messages.work")


class Step(StrEnum):
    RECEIVED = "received"
    CLAIMED = "claimed"
    WAITING = "waiting"  # to be tried again
    COMPLETED = "completed"
    ERROR = "error"
    CANCELLED = "cancelled"
    REMOVED = "removed"
    RETRIED = "retried"  # because somebody asked for it
    GIVEN_BACK = "givenBack"


def note(
    step: Step,
    message_id: str,
    chat_id: str,
    kind: str,
    *,
    attempt: int = 0,
    took: int | None = None,
    **more: str | int,
) -> None:
    """Write the line once the transaction commits, and never where it does not.

    `took` is in milliseconds: since the first claim; of a claim, since the work was due.
    """
    line = {
        "state": step.value,
        "messageId": message_id,
        "chatId": chat_id,
        "type": kind,
        "attempt": attempt,
        **({} if took is None else {"durationMs": max(0, took)}),
        **more,
    }
    transaction.on_commit(partial(logger.info, "work", **line))
