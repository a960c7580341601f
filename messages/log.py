"""The log of each chat: take numbers, write events, announce them on commit, read them again."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import Error, connection, transaction
from django.dispatch import Signal

from messages import bulk, endings
from messages.errors import NotFound, StaleCursor
from messages.identity import Cursor
from messages.models import Chat, Event, EventType
from messages.representation import (
    MESSAGE_COLUMNS,
    MESSAGES,
    PEOPLE,
    PERSON_COLUMNS,
    Author,
    WireMessage,
    author,
    message_from_row,
)

# Sent after a commit, with `events: list[LoggedEvent]`, one transaction's worth, and `ending: int`,
# the last ending of a sign-in that may have come before it; None where nobody could look.
committed = Signal()

EVENT_PAGE = 500


@dataclass(slots=True)
class Head:
    """A chat's row, locked by the transaction that means to write to its log."""

    chat_id: str
    epoch: str
    last_seq: int
    title: str
    frozen: bool
    held_words: str
    hold_links: bool
    slow_mode_seconds: int

    @property
    def holds(self) -> bool:
        """Whether something may have to wait for a moderator here (see `filters`)."""
        return self.hold_links or self.held_words != ""

    @property
    def cursor(self) -> str:
        return f"{self.epoch}:{self.last_seq}"


@dataclass(frozen=True, slots=True)
class LoggedEvent:
    """One event as clients get it; `message` is the full message, as it is now."""

    chat_id: str
    epoch: str
    seq: int
    at: int
    type: str
    actor: Author | None
    message: WireMessage | None = None
    data: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """The event object of docs/protocol.md §4.2, without its `op`."""
        wire: dict[str, Any] = {
            "type": self.type,
            "chatId": self.chat_id,
            "epoch": self.epoch,
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
        }
        if self.message is not None:
            wire["message"] = self.message
        if self.data is not None:
            wire["data"] = self.data
        return wire


def lock(chat_ids: Collection[str]) -> dict[str, Head]:
    """The chats among `chat_ids` that exist, locked in one order for all, till the end of
    the transaction. From here on nobody else takes numbers in them."""
    rows = (
        Chat.objects.select_for_update()
        .filter(chat_id__in=chat_ids)
        .order_by("chat_id")
        .values_list(*_HEAD_COLUMNS)
    )
    return {row[0]: Head(*row) for row in rows}


_HEAD_COLUMNS = (
    "chat_id",
    "epoch",
    "last_seq",
    "title",
    "frozen",
    "held_words",
    "hold_links",
    "slow_mode_seconds",
)


def lock_one(chat_id: str) -> Head:
    """One chat, locked; raises NotFound."""
    heads = lock([chat_id])
    if chat_id not in heads:
        raise NotFound
    return heads[chat_id]


def next_event(
    head: Head,
    kind: EventType,
    *,
    at: int,
    actor: Author | None,
    message: WireMessage | None = None,
    data: dict[str, Any] | None = None,
) -> LoggedEvent:
    """The next event of a locked chat; it is not in the log until `append` writes it."""
    head.last_seq += 1
    return LoggedEvent(
        head.chat_id, head.epoch, head.last_seq, at, kind.value, actor, message, data
    )


def append(events: Sequence[LoggedEvent]) -> None:
    """Write events made by `next_event` in this transaction, and announce them once it commits."""
    bulk.insert(
        Event,
        ("chat_id", "seq", "at", "type", "actor_id", "message_id", "data"),
        [
            (
                event.chat_id,
                event.seq,
                event.at,
                event.type,
                event.actor and event.actor["id"],
                event.message and event.message["messageId"],
                event.data and orjson.dumps(event.data).decode(),
            )
            for event in events
        ],
    )
    newest = {event.chat_id: event for event in events}
    bulk.update(
        Chat,
        ("chat_id", "last_seq", "last_at"),
        [(chat_id, event.seq, event.at) for chat_id, event in newest.items()],
    )
    transaction.on_commit(lambda: announce(events))


def announce(events: Sequence[LoggedEvent]) -> None:
    """Tell who listens; a listener that fails costs a push, which readers make up from the log."""
    try:
        ending = endings.newest()
    except Error:  # whoever listens looks themselves
        ending = None
    committed.send_robust(sender=None, events=events, ending=ending)


def head_of(chat_id: str) -> tuple[Cursor, int]:
    """The head of a chat's log and its oldest kept number; raises NotFound."""
    row = Chat.objects.filter(pk=chat_id).values_list("epoch", "last_seq", "oldest_seq").first()
    if row is None:
        raise NotFound
    return Cursor(row[0], row[1]), row[2]


def heads(chat_ids: Iterable[str]) -> dict[str, Cursor]:
    """The heads of many chats in one query; a chat that is gone is missing."""
    return {chat_id: head for chat_id, (head, _) in ends(chat_ids).items()}


def ends(chat_ids: Iterable[str]) -> dict[str, tuple[Cursor, int]]:
    """The same, each with its oldest kept number."""
    columns = "chat_id", "epoch", "last_seq", "oldest_seq"
    rows = Chat.objects.filter(pk__in=list(chat_ids)).values_list(*columns)
    return {chat_id: (Cursor(epoch, seq), oldest) for chat_id, epoch, seq, oldest in rows}


def require_position(cursor: Cursor, *, head: Cursor, oldest_seq: int) -> None:
    """Raises StaleCursor unless the log can be read on from `cursor` without a hole."""
    if cursor.epoch != head.epoch or not oldest_seq - 1 <= cursor.seq <= head.seq:
        raise StaleCursor


def events_since(
    chat_id: str, epoch: str, seq: int, *, limit: int = EVENT_PAGE
) -> list[LoggedEvent]:
    """Events of one chat with a number above `seq`, ascending, at most `limit`.

    One query, messages joined as they are now (removed ones as tombstones). The caller has
    checked that `seq` is a position in the log of `epoch`; of another epoch there are none.
    """
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS_SINCE, [chat_id, epoch, seq, limit])
        return [_event_from_row(chat_id, epoch, row) for row in cursor.fetchall()]


_EVENT_COLUMNS = (
    "e.seq",
    "e.at",
    "e.type",
    "e.data",
    "e.actor_id",
    *(f"actor.{column}" for column in PERSON_COLUMNS),
    *MESSAGE_COLUMNS,
)
_EVENTS_SINCE = (
    f"SELECT {', '.join(_EVENT_COLUMNS)} FROM {Event._meta.db_table} e"  # noqa: S608
    f" JOIN {Chat._meta.db_table} c ON c.chat_id = e.chat_id"
    f" LEFT JOIN {PEOPLE} actor ON actor.id = e.actor_id"
    f" LEFT JOIN {MESSAGES} m ON m.message_id = e.message_id"
    f" LEFT JOIN {PEOPLE} author ON author.id = m.author_id"
    " WHERE e.chat_id = %s AND c.epoch = %s AND e.seq > %s ORDER BY e.seq LIMIT %s"
)


def _event_from_row(chat_id: str, epoch: str, row: Sequence[Any]) -> LoggedEvent:
    return LoggedEvent(
        chat_id=chat_id,
        epoch=epoch,
        seq=row[0],
        at=row[1],
        type=row[2],
        data=orjson.loads(row[3]) if row[3] else None,
        actor=author(row[4], row[5], row[6], row[7]),
        message=message_from_row(row[8:]) if row[8] is not None else None,
    )
