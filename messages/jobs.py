"""The verbs of the work on a message: take, begin, save, complete, fail; each quotes its token.

Locks are taken in one order, the chat before the job, so taking and beginning are two steps: a
worker that dies in between leaves a lease that expires, as one that dies later does. `now` is
in milliseconds, as everywhere.
"""

import random
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import F, Q, QuerySet

from messages import journal, log, told
from messages.changes import change, measure, update_of
from messages.clock import now_ms
from messages.errors import NotFound
from messages.journal import Step
from messages.log import Head
from messages.models import Job, Message, MessageType, Status
from messages.processors.work import Done, Failure, FailureCode, Work
from messages.representation import WireMessage, find_messages

LEASE_MS = 15_000
MAX_ATTEMPTS = 3
BACKOFF_MS = (1_000, 5_000, 25_000)
MAX_RETRY_AFTER_MS = 60_000


@dataclass(frozen=True, slots=True)
class Claim:
    """A job in somebody's hands, until the lease ends."""

    message_id: str
    chat_id: str
    type: MessageType
    token: str
    attempt: int
    claimed_at: int  # for the first time, since which the work is measured


class Begun(NamedTuple):
    """What is to be done, and the version of the message that says it has begun."""

    work: Work
    rev: int


# --- the queue -----------------------------------------------------------------------------------


def is_any_due(kinds: Collection[MessageType], *, now: int) -> bool:
    """A look at the queue that locks nothing."""
    return _due(kinds, now).exists()


@transaction.atomic
def take(
    kinds: Collection[MessageType], *, limit: int, now: int, lease_ms: int = LEASE_MS
) -> list[Claim]:
    """Claim due jobs of these types: new ones, and those whose lease has expired."""
    rows = (
        _due(kinds, now)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("due_at")
        .values_list(*_CLAIMED)[:limit]
    )
    claims = []
    for message_id, chat_id, kind, before, attempt, claimed_at, due_at in list(rows):
        token, first = secrets.token_hex(16), claimed_at or now
        taken = Job.objects.filter(pk=message_id, token=before).update(
            token=token, attempt=F("attempt") + 1, claimed_at=first, lease_until=now + lease_ms
        )
        if taken == 1:
            claim = Claim(message_id, chat_id, MessageType(kind), token, attempt + 1, first)
            claims.append(claim)
            _note(Step.CLAIMED, claim, since=due_at, now=now)
    return claims


_CLAIMED = (
    *("message_id", "chat_id", "message__type", "token", "attempt", "claimed_at", "due_at"),
)


def _due(kinds: Collection[MessageType], now: int) -> QuerySet[Job]:
    free = Q(lease_until=None) | Q(lease_until__lte=now)
    return Job.objects.filter(free, due_at__lte=now, message__type__in=list(kinds))


def heartbeat(claims: Sequence[Claim], *, now: int, lease_ms: int = LEASE_MS) -> None:
    """Hold on to what is still one's own."""
    tokens = [claim.token for claim in claims]
    ids = [claim.message_id for claim in claims]
    Job.objects.filter(pk__in=ids, token__in=tokens).update(lease_until=now + lease_ms)


def lost(claims: Sequence[Claim]) -> set[str]:
    """The tokens that are no longer good: cancelled, removed, done, or taken by others."""
    ids = [claim.message_id for claim in claims]
    held = set(Job.objects.filter(pk__in=ids).values_list("token", flat=True))
    return {claim.token for claim in claims} - held


def release(claim: Claim) -> None:
    """Give a job back that was not failed at, for somebody else to take at once."""
    held = Job.objects.filter(pk=claim.message_id, token=claim.token)
    if held.update(token="", lease_until=None, attempt=claim.attempt - 1):
        _note(Step.GIVEN_BACK, claim, now=now_ms())


# --- one try -------------------------------------------------------------------------------------


@transaction.atomic
def begin(claim: Claim) -> Begun | None:
    """Say that the work has begun; None where the token is no longer good."""
    held = _lock(claim)
    if held is None:
        return None
    head, message = held
    if claim.attempt > MAX_ATTEMPTS:
        detail = f"This was begun {MAX_ATTEMPTS} times and never came to an end."
        failure = Failure(FailureCode.PROCESSING_FAILED, detail, retryable=True)
        told.add_to(message)
        _end_in_error(head, message, claim, failure, now_ms())
        return None
    message["status"] = Status.PROCESSING.value
    if claim.type is MessageType.AI:
        message |= {"content": "", "html": ""}
        told.forget(claim.message_id)
    _change(head, message, claim, {"change": "status"})
    work = Work(
        message_id=claim.message_id,
        chat_id=claim.chat_id,
        content=message["content"],
        metadata=message["metadata"],
        reply_to=message["replyTo"],
        attempt=claim.attempt,
        transcript_of=partial(_transcript_of, claim.chat_id),
    )
    return Begun(work, message["rev"])


def _transcript_of(chat_id: str, message_id: str) -> str | None:
    """What is said in the video of a message of this chat, as far as it is known."""
    found = Message.objects.filter(pk=message_id, chat_id=chat_id, removed=None)
    return found.values_list("transcript", flat=True).first() or None


@transaction.atomic
def save(claim: Claim, content: str, html: str) -> bool:
    """Keep the text so far, which is no event; whether the token was still good."""
    if _lock(claim) is None:
        return False
    Message.objects.filter(pk=claim.message_id).update(content=content, html=html)
    return True


@transaction.atomic
def complete(claim: Claim, done: Done, *, html: str, now: int) -> bool:
    """The end of the work, all in one; whether the token was still good.

    `html` is `render(done.content)`, made by the caller: not under a chat's lock.
    """
    held = _lock(claim)
    if held is None:
        return False
    head, message = held
    message |= {
        "status": Status.COMPLETED.value,
        "metadata": message["metadata"] | dict(done.metadata),
    }
    measure(message, claim.claimed_at, now)
    if done.content is not None:
        message |= {"content": done.content, "html": html}
    if done.transcript is not None:
        Message.objects.filter(pk=claim.message_id).update(transcript=done.transcript)
    _change(head, message, claim, {"change": "status"})
    _note(Step.COMPLETED, claim, now=now)
    return True


@transaction.atomic
def fail(
    claim: Claim, failure: Failure, *, now: int, partial: tuple[str, str] | None = None
) -> bool:
    """Try again later, or end in `error`; whether the token was still good.

    `partial` is the text so far with its html, and kept.
    """
    held = _lock(claim)
    if held is None:
        return False
    head, message = held
    if partial is not None:
        message["content"], message["html"] = partial
    if failure.retryable and claim.attempt < MAX_ATTEMPTS:
        _try_again(head, message, claim, failure, now)
    else:
        _end_in_error(head, message, claim, failure, now)
    return True


def _try_again(head: Head, message: WireMessage, claim: Claim, failure: Failure, now: int) -> None:
    """The message stays `processing`: the one that waits for it sees what is waited for."""
    pause = round(BACKOFF_MS[claim.attempt - 1] * random.uniform(0.75, 1.25))  # noqa: S311
    pause = max(pause, min(failure.retry_after_ms or 0, MAX_RETRY_AFTER_MS))
    error = {"code": failure.code.value, "detail": failure.detail}
    Job.objects.filter(pk=claim.message_id).update(
        token="", lease_until=None, due_at=now + pause, last_error=error
    )
    following = {"attempt": claim.attempt + 1, "of": MAX_ATTEMPTS, "dueAt": now + pause}
    data = {"change": "retry", "error": error} | following
    change(head, message, None, update_of(message), data=data)
    _note(Step.WAITING, claim, now=now, error=failure.code.value, dueInMs=pause)


def _end_in_error(
    head: Head, message: WireMessage, claim: Claim, failure: Failure, now: int
) -> None:
    message |= {"status": Status.ERROR.value, "error": failure.as_dict()}
    measure(message, claim.claimed_at, now)
    _change(head, message, claim, {"change": "status"})
    _note(Step.ERROR, claim, now=now, error=failure.code.value)


def _change(head: Head, message: WireMessage, claim: Claim, data: dict[str, Any]) -> None:
    # A claim beyond the last try does no more than say that it was the last.
    attempt = min(claim.attempt, MAX_ATTEMPTS)
    data |= {"attempt": attempt, "of": MAX_ATTEMPTS, "status": message["status"]}
    change(head, message, None, update_of(message), data=data)


def _lock(claim: Claim) -> tuple[Head, WireMessage] | None:
    """The message under its chat's lock, while the token is good."""
    try:
        head = log.lock_one(claim.chat_id)
    except NotFound:
        return None
    if not Job.objects.filter(pk=claim.message_id, token=claim.token).exists():
        return None
    found = find_messages("m.message_id = %s", [claim.message_id])
    return (head, found[0]) if found else None


def _note(
    step: Step,
    claim: Claim,
    *,
    now: int,
    since: int | None = None,
    **more: str | int,
) -> None:
    took = now - (claim.claimed_at if since is None else since)
    attempt = claim.attempt
    journal.note(
        step, claim.message_id, claim.chat_id, claim.type, attempt=attempt, took=took, **more
    )
