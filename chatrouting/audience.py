"""Who listens to a chat in this process, and where each of them stands."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from chatrouting import protocol
from chatrouting.protocol import EventFrame, Notice
from chatrouting.transport import text_frame
from messages.access import Actor, Reach

if TYPE_CHECKING:
    from chatrouting.rooms import Room


class Listener(Protocol):
    """A connection, as a room sees it."""

    @property
    def actor(self) -> Actor: ...

    def push(self, text: str, frame: bytes | None = None) -> bool:
        """Take a frame; False where it takes none now, and has to catch up from the log."""

    def push_always(self, text: str) -> None: ...

    def push_if_idle(self, text: str) -> None: ...

    async def drained(self) -> None: ...

    def unsubscribed(self, subscription: "Subscription", why: Notice) -> None:
        """The room has ended this subscription."""


class Subscription:
    """One listener in one room, and what of its chat they may see.

    `seq` is where it stands while it is not live, and, once it has ended, the last it was sent.
    """

    __slots__ = ("ended", "first_seq", "listener", "push", "room", "seq")

    def __init__(self, room: "Room", listener: Listener, seq: int) -> None:
        self.room = room
        self.listener = listener
        self.push = listener.push
        self.seq = seq
        self.first_seq = 1  # see Audience.limit
        self.ended = False

    @property
    def sent_seq(self) -> int:
        return self.room.seq if self in self.room.audience.live else self.seq


class Audience:
    """A room's subscriptions. `live` ones stand where the room stands."""

    def __init__(self) -> None:
        self.live: set[Subscription] = set()
        self.behind: set[Subscription] = set()
        self.ahead: set[Subscription] = set()
        self.newcomers: set[Subscription] = set()  # of all three, who may not see the whole chat

    @property
    def is_empty(self) -> bool:
        return not (self.live or self.behind or self.ahead)

    def __iter__(self) -> Iterator[Subscription]:
        return iter([*self.live, *self.behind, *self.ahead])

    def limit(self, subscription: Subscription, reach: Reach) -> None:
        """What they may see can change while they listen: a moderator no longer is one, and who
        has left and come back while catching up has begun anew."""
        subscription.first_seq = reach.first_seq
        if reach.first_seq > 1 and not subscription.ended:
            self.newcomers.add(subscription)

    def drop(self, subscription: Subscription) -> None:
        subscription.seq = subscription.sent_seq
        subscription.ended = True
        for part in (self.newcomers, self.live, self.behind, self.ahead):
            part.discard(subscription)

    # --- what is sent to all who are live ---------------------------------------------------------

    def push(self, frame: EventFrame, text: str) -> list[Subscription]:
        """An event; answers with those who take no more now."""
        ready = text_frame(text)
        if not self.newcomers or frame.message_seq is None:
            return [s for s in self.live if not s.push(text, ready)]
        may_not_see = {s for s in self.newcomers & self.live if s.first_seq > frame.message_seq}
        full = [s for s in self.live - may_not_see if not s.push(text, ready)]
        if may_not_see:
            text = protocol.without_message(text)
            ready = text_frame(text)
            full += [s for s in may_not_see if not s.push(text, ready)]
        return full

    def tell(self, text: str, *, but: int | None = None) -> None:
        """An ephemeral frame, except to the connections of one person."""
        for subscription in self.live:
            if subscription.listener.actor.id != but:
                subscription.listener.push_if_idle(text)

    def tell_of(self, message_seq: int, text: str) -> None:
        """An ephemeral frame about a message, to who may see it."""
        for subscription in self.live:
            if subscription.first_seq == 1 or subscription.first_seq <= message_seq:
                subscription.listener.push_if_idle(text)
