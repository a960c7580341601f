"""Coming back: what somebody missed in a chat since their cursor, or a snapshot to start from.

Events are read before access is looked at for the last time. A removal that had committed when
they were read is therefore always seen, and nothing after it leaves.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from messages.access import Access, Actor, Reach, access_to
from messages.errors import StaleCursor
from messages.history import newest, open_messages
from messages.identity import Cursor
from messages.log import EVENT_PAGE, LoggedEvent, events_since, require_position
from messages.representation import WireMessage

# Whoever is further behind starts from a snapshot.
MAX_REPLAY = EVENT_PAGE


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events after a cursor; `access` is as it stood when they had been read."""

    events: list[LoggedEvent]
    head: Cursor
    more: bool
    access: Access


def missed(
    actor: Actor, chat_id: str, since: Cursor | None, *, limit: int = EVENT_PAGE
) -> EventPage:
    """Events after `since`, from the oldest kept one where it is None.

    Raises NotFound, and StaleCursor where the log cannot be read on from there without a hole.
    """
    access = access_to(actor, chat_id)
    position = since or Cursor(access.head.epoch, access.oldest_seq - 1)
    require_position(position, head=access.head, oldest_seq=access.oldest_seq)
    events, access = _read(actor, chat_id, position, limit)
    if not events and access.head.seq > position.seq:  # it was said between the two looks
        events, access = _read(actor, chat_id, position, limit)
    last = events[-1].seq if events else position.seq
    return EventPage(events, access.head, more=last < access.head.seq, access=access)


def _read(
    actor: Actor, chat_id: str, position: Cursor, limit: int
) -> tuple[list[LoggedEvent], Access]:
    events = events_since(chat_id, position.epoch, position.seq, limit=limit)
    access = access_to(actor, chat_id)
    require_position(position, head=access.head, oldest_seq=access.oldest_seq)
    return within(access.reach, events), access


def within(reach: Reach, events: list[LoggedEvent]) -> list[LoggedEvent]:
    """Numbers have no holes for anybody: a later event of a message from before one's time is
    told without the message."""
    if reach.first_seq == 1:
        return events
    return [
        event if event.message is None or reach.has(event.message) else replace(event, message=None)
        for event in events
    ]


class Mode(StrEnum):
    LIVE = "live"
    REPLAY = "replay"
    SNAPSHOT = "snapshot"


@dataclass(frozen=True, slots=True)
class Resumption:
    """How to go on: with `events`, or with `history` (the newest messages) in their place.

    `position` is what the receiver knows after applying it.
    """

    mode: Mode
    position: Cursor
    access: Access
    open: list[WireMessage] = field(default_factory=list)
    events: list[LoggedEvent] = field(default_factory=list)
    history: list[WireMessage] = field(default_factory=list)


def resume(actor: Actor, chat_id: str, since: Cursor | None, *, tail: int) -> Resumption:
    """Raises NotFound; a cursor that cannot be replayed is answered by a snapshot."""
    if since is not None:
        try:
            page = missed(actor, chat_id, since, limit=MAX_REPLAY)
        except StaleCursor:
            pass
        else:
            # A page that is not full had all there was; what came since comes as it is said.
            if len(page.events) < MAX_REPLAY or not page.more:
                return _replay(actor, chat_id, since, page)
    return _snapshot(actor, chat_id, tail)


def _replay(actor: Actor, chat_id: str, since: Cursor, page: EventPage) -> Resumption:
    position = Cursor(since.epoch, page.events[-1].seq) if page.events else since
    mode = Mode.REPLAY if page.events else Mode.LIVE
    generating = open_messages(page.access.reach)
    access = access_to(actor, chat_id) if generating else page.access
    return Resumption(mode, position, access, _seen(access, generating), page.events)


def _snapshot(actor: Actor, chat_id: str, tail: int) -> Resumption:
    # The head is read first: what is newer in the messages comes again as an event, harmlessly.
    before = access_to(actor, chat_id)
    history = newest(before.reach, tail).history if tail else []
    generating = open_messages(before.reach)
    access = access_to(actor, chat_id)
    return Resumption(
        mode=Mode.SNAPSHOT,
        position=before.head,
        access=access,
        open=_seen(access, generating),
        history=_seen(access, history),
    )


def _seen(access: Access, found: list[WireMessage]) -> list[WireMessage]:
    """Whoever has left and come back in between may see less than when these were read."""
    return found if access.reach.first_seq == 1 else [m for m in found if access.reach.has(m)]
