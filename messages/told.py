"""What people were told of an answer and its stored text still lacks: kept before it is told.

An answer is stored once a second and told much more often, so the difference lies beside its job.
Whoever ends the message, from whichever door, adds it: words that somebody has read stay.
"""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import transaction

from messages import bulk
from messages.models import Job
from messages.rendering import render
from messages.representation import WireMessage


class Telling(NamedTuple):
    """All of an answer from `start` (in code points, not beyond what is stored) to its newest word,
    by the holder of `token`."""

    message_id: str
    token: str
    start: int
    text: str


@transaction.atomic
def keep(tellings: Sequence[Telling]) -> set[str]:
    """The tokens whose words may be told now.

    Missing are those that are no longer good, and jobs that somebody else has locked, to end them
    perhaps: an engine that looks after a hundred answers waits for none.
    """
    tokens = {telling.message_id: telling.token for telling in tellings}
    held = set(
        Job.objects.select_for_update(skip_locked=True)
        .filter(pk__in=tokens, token__in=tokens.values())
        .values_list("pk", "token")
    )
    kept = [telling for telling in tellings if (telling.message_id, telling.token) in held]
    rows = [(telling.message_id, telling.start, telling.text) for telling in kept]
    bulk.update(Job, ("message_id", "told_from", "told"), rows)
    return {telling.token for telling in kept}


def add_to(message: WireMessage) -> None:
    """Complete a locked message's text, in the transaction that ends it.

    It is rendered here, under the lock: nobody else knows the whole text, and it grows until then.
    """
    job = Job.objects.select_for_update().filter(pk=message["messageId"])
    start, told = job.values_list("told_from", "told").first() or (0, "")
    content = whole(message["content"], start, told)
    if len(content) > len(message["content"]):
        message |= {"content": content, "html": render(content)}


def whole(content: str, start: int, told: str) -> str:
    """What is stored with what was told, of which either may be behind."""
    return max(content, content[:start] + told, key=len)


def forget(message_id: str) -> None:
    """A new try begins, with nothing told."""
    Job.objects.filter(pk=message_id).update(told_from=0, told="")
