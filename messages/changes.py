"""A change to one message: its next version and the event that says so, in one transaction."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from messages import bulk, log
from messages.access import Actor
from messages.clock import now_ms
from messages.log import Head
from messages.models import EventType, Job, Message, MessageType
from messages.representation import WireMessage, is_open

_WORKED_ON = frozenset({MessageType.YOUTUBE.value, MessageType.AI.value})


def change(
    head: Head,
    message: WireMessage,
    actor: Actor | None,
    kind: EventType,
    *,
    data: Mapping[str, Any],
) -> WireMessage:
    """Write a locked message's next version and its event; a job goes with its work."""
    message["rev"] += 1
    columns = tuple(column for column, _ in _CHANGEABLE)
    bulk.update(Message, columns, [[value(message) for _, value in _CHANGEABLE]])
    if message["type"] in _WORKED_ON and not is_open(message):
        Job.objects.filter(pk=message["messageId"]).delete()
    author = None if actor is None else actor.as_author()
    at = now_ms()
    event = log.next_event(head, kind, at=at, actor=author, message=message, data=dict(data))
    log.append([event])
    return message


def update_of(message: WireMessage) -> EventType:
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
