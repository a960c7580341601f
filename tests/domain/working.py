"""Words for tests of the work on messages, with the time in the test's hands."""

from typing import Any

from django.contrib.auth.models import User

from messages import history, jobs, pipeline
from messages.access import Reach, actor_of
from messages.jobs import Claim
from messages.models import Chat, Job, MessageType
from messages.processors.work import Done, Failure, FailureCode
from messages.representation import WireMessage
from tests.domain.talk import accept, log_of

KINDS = (MessageType.AI, MessageType.YOUTUBE)
LEASE = jobs.LEASE_MS
DOWN = Failure(FailureCode.UPSTREAM_UNAVAILABLE, "Nobody answers.", retryable=True)
PRIVATE = Failure(FailureCode.UNSUPPORTED_VIDEO, "The video is private.", retryable=False)


def ask(user: User, chat: Chat, words: str = "Why?") -> WireMessage:
    """The placeholder of a question."""
    placeholder = accept(user, chat, words, type="ai").placeholder
    assert placeholder is not None
    return placeholder


def due(message: WireMessage) -> int:
    """When its job may be claimed."""
    return Job.objects.get(pk=message["messageId"]).due_at


def take(message: WireMessage, *, now: int | None = None) -> Claim:
    """The job of this message, which has to be the only one that is due."""
    (claim,) = jobs.take(KINDS, limit=10, now=due(message) if now is None else now)
    assert claim.message_id == message["messageId"]
    return claim


def begin(message: WireMessage, *, now: int | None = None) -> Claim:
    claim = take(message, now=now)
    assert jobs.begin(claim) is not None
    return claim


def complete(claim: Claim, content: str | None = "Because.", **metadata: Any) -> bool:
    done = Done(content, metadata)
    return jobs.complete(claim, done, html=f"<p>{content}</p>", now=claim.claimed_at + 1_840)


def fail(claim: Claim, failure: Failure = DOWN, *, now: int | None = None) -> bool:
    return jobs.fail(claim, failure, now=claim.claimed_at if now is None else now)


def failed(user: User, chat: Chat) -> WireMessage:
    """An answer that has ended in an error."""
    message = ask(user, chat)
    assert fail(begin(message), PRIVATE)
    return now_is(message)


def now_is(message: WireMessage) -> WireMessage:
    return history.one(Reach(message["chatId"]), message["messageId"])


def retry(user: User, message: WireMessage) -> WireMessage:
    return pipeline.retry(actor_of(user), message["messageId"])


def cancel(user: User, message: WireMessage) -> WireMessage:
    return pipeline.cancel(actor_of(user), message["messageId"])


def steps(chat: Chat, message: WireMessage) -> list[tuple[str, str]]:
    """The life of a message: what changed, and its state then where the log says it."""
    return [
        ((event.data or {}).get("change", "born"), (event.data or {}).get("status", ""))
        for event in log_of(chat)
        if event.message is not None and event.message["messageId"] == message["messageId"]
    ]
