"""The later verbs of a message's life: each a change and its event in one transaction."""

from django.db import transaction

from messages import access, filters, journal, log, ratelimit, told
from messages.access import Actor, Standing
from messages.changes import change, stop, update_of
from messages.clock import now_ms
from messages.drafts import require_content
from messages.errors import BadTransition, Conflict, Forbidden, NotFound
from messages.journal import Step
from messages.log import Head
from messages.models import EventType, Feedback, Job, Message, MessageType, RemovedBy, Status
from messages.representation import WireMessage, find_messages, is_open

_EDITABLE = frozenset({MessageType.USER, MessageType.SYSTEM, MessageType.YOUTUBE})


@transaction.atomic
def edit(
    actor: Actor, message_id: str, *, rev: int, content: str, html: str, chat_id: str | None = None
) -> WireMessage:
    """Change the words of one's own message; `rev` is the version the editor saw.

    `html` is `render(content)`, made by the caller: not under a chat's lock, nor in the writer.

    Raises NotFound, Forbidden, ChatFrozen, Muted, BadTransition (removed), Conflict (old rev),
    RateLimited.
    """
    head, message, standing, author_id = _lock(actor, message_id, chat_id)
    if author_id != actor.id or message["type"] not in _EDITABLE:
        raise Forbidden
    refusal = access.refusal_to_write(actor, standing, frozen=head.frozen)
    if refusal is not None:
        raise refusal
    if message["removed"]:
        raise BadTransition
    require_content(content, may_be_empty=message["type"] == MessageType.YOUTUBE)
    if message["rev"] != rev:
        details = {"rev": message["rev"]}
        raise Conflict(details=details)
    if content == message["content"]:
        return message
    _require_unheld(head, actor, standing, content, html)
    ratelimit.changes.take(actor.id)
    message |= {"content": content, "html": html, "editedAt": now_ms()}
    return change(head, message, actor, update_of(message), data={"change": "edit"})


@transaction.atomic
def remove(actor: Actor, message_id: str, *, chat_id: str | None = None) -> WireMessage:
    """Empty a message for everybody; doing it again answers as the first time did."""
    head, message, _, author_id = _lock(actor, message_id, chat_id)
    own = author_id == actor.id or access.is_asker(actor, message_id)
    if not own and not actor.is_moderator:
        raise Forbidden
    if message["removed"]:
        return message
    if message["type"] == MessageType.YOUTUBE:
        Message.objects.filter(pk=message_id).update(transcript="")
    if is_open(message):
        _stop(Step.REMOVED, message, actor)
    by = RemovedBy.AUTHOR if own else RemovedBy.STAFF
    message |= {"content": "", "html": "", "removed": by.value}
    return change(head, message, actor, EventType.MESSAGE_REMOVED, data={"by": by.value})


@transaction.atomic
def retry(actor: Actor, message_id: str, *, chat_id: str | None = None) -> WireMessage:
    """Have failed work done again from the beginning, for who asked and staff.

    It is refused to whoever may not send: a new answer is as good as a new message. Raises
    NotFound, Forbidden, ChatFrozen, Muted, BadTransition (not in error, or removed), RateLimited.
    """
    head, message, standing = _lock_asked(actor, message_id, chat_id)
    refusal = access.refusal_to_write(actor, standing, frozen=head.frozen)
    if refusal is not None and standing is not None:  # moderators need not be in
        raise refusal
    if message["status"] != Status.ERROR or message["removed"]:
        raise BadTransition
    ratelimit.changes.take(actor.id)
    metadata = {name: of for name, of in message["metadata"].items() if name != "processingTime"}
    message |= {"status": Status.PENDING.value, "error": None, "metadata": metadata}
    if message["type"] == MessageType.AI:
        message |= {"content": "", "html": ""}
    Job.objects.create(message_id=message_id, chat_id=message["chatId"], due_at=now_ms())
    journal.note(Step.RETRIED, message_id, message["chatId"], message["type"], user=actor.id)
    return change(head, message, actor, update_of(message), data={"change": "retry"})


@transaction.atomic
def cancel(actor: Actor, message_id: str, *, chat_id: str | None = None) -> WireMessage:
    """Stop open work and keep what it has told, for who asked and staff.

    Raises NotFound, Forbidden, BadTransition (no longer open).
    """
    head, message, _ = _lock_asked(actor, message_id, chat_id)
    if not is_open(message):
        raise BadTransition
    told.add_to(message)
    _stop(Step.CANCELLED, message, actor)
    return change(head, message, actor, update_of(message), data={"change": "cancel"})


@transaction.atomic
def rate(actor: Actor, message_id: str, verdict: str | None, *, chat_id: str | None = None) -> None:
    """Say that a finished answer was good (`up`) or bad (`down`), or take it back (None).

    Raises NotFound, BadTransition (no finished answer).
    """
    _, message, _, _ = _lock(actor, message_id, chat_id)
    is_answer = message["type"] == MessageType.AI and message["status"] == Status.COMPLETED
    if not is_answer or message["removed"]:
        raise BadTransition
    Feedback.objects.filter(message_id=message_id, user_id=actor.id).delete()
    if verdict is not None:
        Feedback.objects.create(message_id=message_id, user_id=actor.id, verdict=verdict)


def _stop(step: Step, message: WireMessage, actor: Actor) -> None:
    """Somebody ends open work; its job is still there."""
    message_id = message["messageId"]
    job = Job.objects.filter(pk=message_id).values_list("attempt", "claimed_at").first()
    attempt, claimed_at = job or (0, None)
    took = None if claimed_at is None else now_ms() - claimed_at
    ids = message_id, message["chatId"], message["type"]
    journal.note(step, *ids, attempt=attempt, took=took, user=actor.id)
    stop(message, claimed_at, retryable=step is Step.CANCELLED)


def _require_unheld(
    head: Head, actor: Actor, standing: Standing | None, content: str, html: str
) -> None:
    """What would wait for a moderator as a message does not come in by an edit."""
    if head.holds and not access.manages(actor, standing):
        why = filters.why_held(head, content, html)
        if why is not None:
            raise filters.HeldForReview(why, held=False)


def _lock_asked(
    actor: Actor, message_id: str, chat_id: str | None
) -> tuple[Head, WireMessage, Standing | None]:
    """The same as `_lock`, for who asked and staff; raises Forbidden for others."""
    head, message, standing, _ = _lock(actor, message_id, chat_id)
    if not actor.is_moderator and not access.is_asker(actor, message_id):
        raise Forbidden
    return head, message, standing


def _lock(
    actor: Actor, message_id: str, chat_id: str | None
) -> tuple[Head, WireMessage, Standing | None, int | None]:
    """A message under its chat's lock, and who wrote it; NotFound for who may not read it."""
    row = Message.objects.filter(pk=message_id).values_list("chat_id", "author_id").first()
    if row is None or chat_id not in (None, row[0]):
        raise NotFound
    chat_id, author_id = row
    head = log.lock_one(chat_id)
    standing = access.standings_of([(chat_id, actor.id)]).get((chat_id, actor.id))
    if standing is None and not actor.is_moderator:
        raise NotFound
    found = find_messages("m.message_id = %s", [message_id])
    if not found or not access.reach_of(actor, chat_id, standing).has(found[0]):
        raise NotFound
    return head, found[0], standing, author_id
