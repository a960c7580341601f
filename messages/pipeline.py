"""The later verbs of a message's life: each a change and its event in one transaction."""

from collections.abc import Callable
from typing import Any

import orjson
from django.db import transaction

from messages import access, bulk, log
from messages.access import Actor, Standing
from messages.clock import now_ms
from messages.drafts import require_content
from messages.errors import BadTransition, Conflict, Forbidden, NotFound
from messages.log import Head
from messages.models import EventType, Message, MessageType, RemovedBy
from messages.representation import WireMessage, find_messages

_EDITABLE = frozenset({MessageType.USER, MessageType.SYSTEM, MessageType.YOUTUBE})


@transaction.atomic
def edit(
    actor: Actor, message_id: str, *, rev: int, content: str, html: str, chat_id: str | None = None
) -> WireMessage:
    """Change the words of one's own message; `rev` is the version the editor saw.

    `html` is `render(content)`, made by the caller: not under a chat's lock, nor in the writer.

    Raises NotFound, Forbidden, ChatFrozen, Muted, BadTransition (removed), Conflict (old rev).
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
        raise Conflict(details={"rev": message["rev"]})
    if content == message["content"]:
        return message
    message |= {"content": content, "html": html, "editedAt": now_ms()}
    return _change(head, message, actor, _update_of(message), data={"change": "edit"})


@transaction.atomic
def remove(actor: Actor, message_id: str, *, chat_id: str | None = None) -> WireMessage:
    """Empty a message for everybody; doing it again answers as the first time did."""
    head, message, _, author_id = _lock(actor, message_id, chat_id)
    own = author_id == actor.id or _asked_by(message, actor)
    if not own and not actor.is_staff:
        raise Forbidden
    if message["removed"]:
        return message
    by = RemovedBy.AUTHOR if own else RemovedBy.STAFF
    message |= {"content": "", "html": "", "removed": by.value}
    return _change(head, message, actor, EventType.MESSAGE_REMOVED, data={"by": by.value})


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
    if standing is None and not actor.is_staff:
        raise NotFound
    found = find_messages("m.message_id = %s", [message_id])
    if not found:
        raise NotFound
    return head, found[0], standing, author_id


def _asked_by(message: WireMessage, actor: Actor) -> bool:
    """Whether an `ai` message answers this person."""
    return message["type"] == MessageType.AI and (
        Message.objects.filter(pk=message["replyTo"], author_id=actor.id).exists()
    )


def _update_of(message: WireMessage) -> EventType:
    return EventType(f"{message['type']}_message_update")


# Column and how its value comes from the wire form; the key first.
_CHANGEABLE: tuple[tuple[str, Callable[[WireMessage], Any]], ...] = (
    ("message_id", lambda message: message["messageId"]),
    ("content", lambda message: message["content"]),
    ("html", lambda message: message["html"]),
    ("status", lambda message: message["status"]),
    ("metadata", lambda message: orjson.dumps(message["metadata"]).decode()),
    ("rev", lambda message: message["rev"]),
    ("error", lambda message: message["error"] and orjson.dumps(message["error"]).decode()),
    ("edited_at", lambda message: message["editedAt"]),
    ("removed", lambda message: message["removed"]),
)


def _change(
    head: Head,
    message: WireMessage,
    actor: Actor | None,
    kind: EventType,
    *,
    data: dict[str, Any],
) -> WireMessage:
    """Write a locked message's next version and its event."""
    message["rev"] += 1
    columns = tuple(column for column, _ in _CHANGEABLE)
    bulk.update(Message, columns, [[value(message) for _, value in _CHANGEABLE]])
    author = None if actor is None else actor.as_author()
    event = log.next_event(head, kind, at=now_ms(), actor=author, message=message, data=data)
    log.append([event])
    return message
