"""A change to a message: its next version and the event that says so, in one transaction."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from messages import bulk, log
from messages.access import Actor
from messages.clock import now_ms
from messages.log import Head
from messages.models import EventType, Job, Message, MessageType, RemovedBy, Status
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


def stop(message: WireMessage, claimed_at: int | None, *, retryable: bool = False) -> None:
    """A locked message's work is over, since somebody wants it no more."""
    error = {"code": "cancelled", "detail": "This was stopped.", "retryable": retryable}
    message |= {"status": Status.ERROR.value, "error": error}
    measure(message, claimed_at, now_ms())


def measure(message: WireMessage, claimed_at: int | None, now: int) -> None:
    """What its work took, from its first claim to its end, where there was one."""
    if claimed_at is not None:
        took = max(0, now - claimed_at)
        message["metadata"] = message["metadata"] | {"processingTime": took}


def empty(head: Head, found: Sequence[WireMessage], by: RemovedBy) -> None:
    """Make tombstones of many locked messages of one chat; nobody is named as having done it.

    Erasure takes away as well whose they were, under which key, and what else they told.
    """
    columns = [*_CHANGEABLE, *(_FORGOTTEN if by is RemovedBy.ERASURE else ())]
    ids = [message["messageId"] for message in found]
    claimed = _claims([message for message in found if is_open(message)])
    at, events = now_ms(), []
    for message in found:
        if is_open(message):
            stop(message, claimed.get(message["messageId"]))
        message |= {"content": "", "html": "", "removed": by.value, "rev": message["rev"] + 1}
        if by is RemovedBy.ERASURE:
            message |= {"author": None, "clientMessageId": None, "metadata": {}}
        event = log.next_event(
            head,
            EventType.MESSAGE_REMOVED,
            at=at,
            actor=None,
            message=message,
            data={"by": by.value},
        )
        events.append(event)
    Message.objects.filter(pk__in=ids).update(transcript="")
    rows = [[value(message) for _, value in columns] for message in found]
    bulk.update(Message, tuple(column for column, _ in columns), rows)
    Job.objects.filter(pk__in=ids).delete()
    log.append(events)


def _claims(under_way: Sequence[WireMessage]) -> dict[str, int | None]:
    """When work on each began; most that is emptied was done long ago."""
    if not under_way:
        return {}
    jobs = Job.objects.filter(pk__in=[message["messageId"] for message in under_way])
    return dict(jobs.values_list("pk", "claimed_at"))


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
_FORGOTTEN: tuple[tuple[str, Callable[[WireMessage], Any]], ...] = (
    ("author_id", lambda _: None),
    ("client_message_id", lambda _: None),
    ("body_digest", lambda _: ""),
)
