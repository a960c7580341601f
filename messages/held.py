"""What waits for a moderator: to be released into the log as its author's, or rejected."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from messages import log
from messages.acceptance import accept_all
from messages.access import Actor, actor_of
from messages.drafts import Draft
from messages.effects import About
from messages.errors import BadRequest, ChatError, NotFound
from messages.filters import require_words
from messages.membership import lock_to_manage, require_budget
from messages.models import Chat, Held, MessageType, Verb
from messages.moderation import record, require_moderator
from messages.rendering import render
from messages.reports import require_reason
from messages.representation import WireMessage, author

MAX_HELD = 100


@transaction.atomic
def release(actor: Actor, held_id: int, *, reason: object = None) -> WireMessage:
    """Let it be sent: accepted now, as its author's, under the key they had given it.

    Raises NotFound, and whatever refuses the author now: muted since, or no longer a member.
    """
    require_moderator(actor)
    reason = require_reason(reason, may_be_empty=True)
    held = _lock(held_id)
    draft = Draft(
        chat_id=held.chat_id,
        actor=actor_of(get_user_model().objects.get(pk=held.author_id)),
        client_message_id=held.client_message_id,
        type=MessageType(held.type),
        content=held.content,
        html=render(held.content),
        url=held.url,
        reply_to=held.reply_to,
        is_released=True,
    )
    (outcome,) = accept_all([draft])
    if isinstance(outcome, ChatError):
        raise outcome
    held.delete()
    message_id = outcome.message["messageId"]
    about = About(held.chat_id, held.author_id, message_id, reason=reason)
    record(actor, Verb.RELEASE, about)
    return outcome.message


@transaction.atomic
def reject(actor: Actor, held_id: int, *, reason: object = None) -> None:
    """Forget it; its author is told so, with the reason."""
    require_moderator(actor)
    reason = require_reason(reason, may_be_empty=True)
    held = _lock(held_id)
    held.delete()
    record(actor, Verb.REJECT, About(held.chat_id, held.author_id, reason=reason))


@transaction.atomic
def set_filter(actor: Actor, chat_id: str, *, words: object, links: bool) -> None:
    """What waits from now on; for owners and moderators, whose own messages never do."""
    text = require_words(words)
    lock_to_manage(actor, chat_id)
    require_budget(actor)
    Chat.objects.filter(pk=chat_id).update(held_words=text, hold_links=links)


def filter_of(chat_id: str) -> dict[str, Any]:
    row = Chat.objects.filter(pk=chat_id).values_list("held_words", "hold_links").first()
    if row is None:
        raise NotFound
    return {"words": row[0].splitlines(), "links": row[1]}


def waiting(**where: Any) -> list[dict[str, Any]]:
    """What waits, the longest first."""
    person = [f"author__{name}" for name in ("id", "username", "first_name", "last_name")]
    columns = ("pk", "chat_id", "chat__title", "type", "content", "url", "why", "at", *person)
    rows = Held.objects.filter(**where).order_by("pk").values_list(*columns)[:MAX_HELD]
    names = ("id", "chatId", "chatTitle", "type", "content", "url", "why", "at")
    return [dict(zip(names, row[:8], strict=True)) | {"author": author(*row[8:])} for row in rows]


def require_verb(value: object) -> Verb:
    if value in (Verb.RELEASE, Verb.REJECT):
        return Verb(str(value))
    raise BadRequest("verb is release or reject.", field="verb")


def _lock(held_id: int) -> Held:
    chat_id = Held.objects.filter(pk=held_id).values_list("chat_id", flat=True).first()
    if chat_id is not None:
        log.lock_one(chat_id)
        held = Held.objects.filter(pk=held_id).first()
        if held is not None:
            return held
    raise NotFound
