"""Reads: pages of messages by `seq`, look-ups, and the list of one's chats.

Each is told how much of the chat its reader may see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from messages.access import Access, Actor, Reach, is_asker, standing_from_row
from messages.errors import BadMessageId, BadRequest, Forbidden, NotFound
from messages.identity import MAX_SEQ, Cursor
from messages.message_id_generator import is_message_id
from messages.models import Event, Feedback, History, Membership, Message
from messages.representation import PERSON_COLUMNS, WireMessage, author, find_messages, places

MAX_PAGE = 200
MAX_LOOKUP = 100


@dataclass(frozen=True, slots=True)
class Page:
    """Messages ascending by `seq`, and whether there are more on either side."""

    history: list[WireMessage]
    more_before: bool
    more_after: bool


def newest(reach: Reach, limit: int) -> Page:
    history, more = _backwards(reach, MAX_SEQ, limit)
    return Page(history, more_before=more, more_after=False)


def before(reach: Reach, seq: int, limit: int) -> Page:
    history, more = _backwards(reach, seq - 1, limit)
    return Page(history, more_before=more, more_after=_exists(reach, seq__gte=seq))


def after(reach: Reach, seq: int, limit: int) -> Page:
    history, more = _forwards(reach, seq, limit)
    return Page(history, more_before=_exists(reach, seq__lte=seq), more_after=more)


def around(reach: Reach, seq: int, limit: int) -> Page:
    """The message at `seq`, or the next one, in the middle of a page."""
    older, more_before = _backwards(reach, seq - 1, limit // 2)
    newer, more_after = _forwards(reach, seq - 1, limit - limit // 2)
    return Page(older + newer, more_before, more_after)


def open_messages(reach: Reach) -> list[WireMessage]:
    """The messages still being generated, as they are now."""
    return find_messages(
        "m.chat_id = %s AND m.seq >= %s AND m.status IN ('pending', 'processing')"
        " AND m.removed IS NULL",
        [reach.chat_id, reach.first_seq],
    )


def one(reach: Reach, message_id: str) -> WireMessage:
    """One message of this chat; a message of another chat is NotFound."""
    found = find_messages("m.message_id = %s AND m.chat_id = %s", [message_id, reach.chat_id])
    if not found or not reach.has(found[0]):
        raise NotFound
    return found[0]


def timeline(access: Access, message_id: str) -> list[dict[str, Any]]:
    """The life of a message, event by event, for who wrote or asked for it and for staff.

    `{"seq", "at", "type", "actor", "data"}` each. Raises NotFound, Forbidden.
    """
    one(access.reach, message_id)
    if not access.actor.is_moderator and not is_asker(access.actor, message_id):
        raise Forbidden
    rows = (
        Event.objects.filter(message_id=message_id)
        .order_by("seq")
        .values_list("seq", "at", "type", "data", "actor_id", *_ACTOR_COLUMNS)
    )
    return [
        {"seq": row[0], "at": row[1], "type": row[2], "actor": author(*row[4:]), "data": row[3]}
        for row in rows
    ]


def verdict_on(access: Access, message_id: str) -> str | None:
    """What this person thinks of an answer, as far as they have said so."""
    one(access.reach, message_id)
    said = Feedback.objects.filter(message_id=message_id, user_id=access.actor.id)
    return said.values_list("verdict", flat=True).first()


_ACTOR_COLUMNS = tuple(f"actor__{column}" for column in PERSON_COLUMNS)


def lookup(reach: Reach, message_ids: object) -> dict[str, WireMessage | None]:
    """Each wanted message of this chat, None where it is not there; 1 to 100 ids."""
    wanted = require_message_ids(message_ids)
    where = f"m.chat_id = %s AND m.seq >= %s AND m.message_id IN {places(len(wanted))}"
    rows = find_messages(where, [reach.chat_id, reach.first_seq, *wanted])
    found = {message["messageId"]: message for message in rows}
    return {message_id: found.get(message_id) for message_id in wanted}


def require_message_ids(value: object) -> list[str]:
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LOOKUP:
        raise BadRequest(
            "messageIds is a list of 1 to %(most)d ids.", field="messageIds", most=MAX_LOOKUP
        )
    if not all(is_message_id(item) for item in value):
        raise BadMessageId(details={"field": "messageIds"})
    return value


@dataclass(frozen=True, slots=True)
class ChatLine:
    """One line of somebody's list of chats."""

    access: Access
    unread: int
    last_at: int
    last_message: WireMessage | None

    @property
    def chat_id(self) -> str:
        return self.access.chat_id

    @property
    def title(self) -> str:
        return self.access.title


_LINE_COLUMNS = (
    "chat_id",
    "chat__title",
    "chat__frozen",
    "chat__history",
    "chat__created_at",
    "chat__epoch",
    "chat__last_seq",
    "chat__oldest_seq",
    "role",
    "read_seq",
    "muted",
    "muted_until",
    "first_seq",
    "chat__slow_mode_seconds",
    "chat__last_at",
    "unread",
    "newest",
)


def chats_of(actor: Actor) -> list[ChatLine]:
    """One's own chats, the most recently active first; two queries however many there are."""
    rows = list(
        Membership.objects.filter(user_id=actor.id)
        .annotate(unread=Coalesce(_unread(actor), 0), newest=_newest_id(actor))
        .order_by("-chat__last_at", "chat_id")
        .values_list(*_LINE_COLUMNS)
    )
    last = _by_id([row[16] for row in rows if row[16]])
    return [_line(actor, row, last.get(row[16])) for row in rows]


def _by_id(message_ids: Sequence[str]) -> dict[str, WireMessage]:
    if not message_ids:
        return {}
    found = find_messages(f"m.message_id IN {places(len(message_ids))}", message_ids)
    return {message["messageId"]: message for message in found}


def _line(actor: Actor, row: Sequence[Any], last_message: WireMessage | None) -> ChatLine:
    access = Access(
        chat_id=row[0],
        title=row[1],
        frozen=row[2],
        history=History(row[3]),
        created_at=row[4],
        head=Cursor(row[5], row[6]),
        kept_seq=row[7],
        actor=actor,
        standing=standing_from_row(row[8:13]),
        slow_mode_seconds=row[13],
    )
    return ChatLine(access, unread=row[15], last_at=row[14], last_message=last_message)


def _unread(actor: Actor) -> Subquery:
    """Messages of others above the read pointer, which never is below what one may see."""
    theirs = (
        Message.objects.filter(chat_id=OuterRef("chat_id"), seq__gt=OuterRef("read_seq"))
        .filter(removed=None)
        .filter(Q(author_id=None) | ~Q(author_id=actor.id))
        .order_by()
        .values("chat_id")
    )
    return Subquery(theirs.annotate(n=Count("pk")).values("n"))


def _newest_id(actor: Actor) -> Subquery:
    theirs = Message.objects.filter(chat_id=OuterRef("chat_id"))
    if not actor.is_moderator:
        theirs = theirs.filter(seq__gte=OuterRef("first_seq"))
    return Subquery(theirs.order_by("-seq").values("pk")[:1])


def _backwards(reach: Reach, seq: int, limit: int) -> tuple[list[WireMessage], bool]:
    """The last ones up to `seq`, ascending, and whether there are older ones."""
    found = find_messages(
        "m.chat_id = %s AND m.seq <= %s AND m.seq >= %s",
        [reach.chat_id, seq, reach.first_seq],
        order="m.seq DESC",
        limit=limit + 1,
    )
    return found[:limit][::-1], len(found) > limit


def _forwards(reach: Reach, seq: int, limit: int) -> tuple[list[WireMessage], bool]:
    """The first ones after `seq`, and whether there are newer ones."""
    after = max(seq, reach.first_seq - 1)
    found = find_messages("m.chat_id = %s AND m.seq > %s", [reach.chat_id, after], limit=limit + 1)
    return found[:limit], len(found) > limit


def _exists(reach: Reach, **where: int) -> bool:
    kept = Message.objects.filter(chat_id=reach.chat_id, seq__gte=reach.first_seq)
    return kept.filter(**where).exists()
