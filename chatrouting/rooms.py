"""The rooms of this process: who listens to which chat, and every event once and in order.

A room exists while somebody here listens to its chat. It knows the number of the last event it
delivered. Whatever way an event is heard of, only the next number is delivered; a hole is
filled from the log, what came before is dropped.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from chatrouting import protocol
from chatrouting.audience import Audience, Listener, Subscription
from chatrouting.catching_up import catch_up
from chatrouting.known_access import KnownAccess
from chatrouting.order import Order
from chatrouting.presence import LEAVE_DELAY, MAX_PRESENCE, Presence
from chatrouting.protocol import EventFrame, Notice
from chatrouting.reading import Read
from chatrouting.recent import Recent
from chatrouting.tasks import Tasks
from messages.access import Reach, access_to
from messages.errors import NotFound, StaleCursor
from messages.identity import Cursor
from messages.log import events_since
from messages.models import EventType

logger = logging.getLogger(__name__)

# How long an event may be overtaken by later ones before the log is asked for it, in seconds.
HOLD = 0.05


class Room:
    """One chat here: it stands at `seq` of the log, and so do its `live` listeners."""

    def __init__(self, chat_id: str, read: Read) -> None:
        self.chat_id = chat_id
        self.audience = Audience()
        self.open_seqs: dict[str, int] = {}  # messages still being generated, and their numbers
        self.is_over = False
        self.presence = Presence()
        self.access = KnownAccess()
        self.recent = Recent()
        self._order = Order()
        self._read = read
        self._deltas: list[tuple[int, str, str]] = []  # that wait for this number to be delivered
        self._filling: asyncio.Task[None] | None = None
        self._tasks = Tasks()

    # --- who listens ---------------------------------------------------------------------------

    @property
    def epoch(self) -> str:
        return self._order.epoch

    @property
    def seq(self) -> int:
        return self._order.seq

    @property
    def head(self) -> Cursor:
        return Cursor(self.epoch, self.seq)

    def begin(self, head: Cursor, open_seqs: Iterable[tuple[str, int]]) -> None:
        """The log's head as it was read after the room had begun to hold what it hears."""
        self.open_seqs = dict(open_seqs)
        self.access.begin(head.seq)
        for frame in self._order.begin(head):
            self._deliver(frame)
        self._fill_soon(HOLD)

    def subscribe(self, listener: Listener, position: Cursor, reach: Reach) -> Subscription:
        """Let somebody listen who knows the log up to `position`."""
        subscription = Subscription(self, listener, position.seq)
        self.audience.limit(subscription, reach)
        actor = listener.actor
        if self.presence.enter(actor.id, actor.name):
            self.tell_presence({actor.id: actor.name}, online=True)
        if position.epoch == self.epoch and not self.is_over:
            self._settle(subscription)
        else:
            self._end(subscription, Notice.POSITION_LOST)
        return subscription

    def unsubscribe(self, subscription: Subscription, now: float) -> bool:
        """Let somebody go; whether it was their last connection here."""
        if subscription.ended:
            return False
        self.audience.drop(subscription)
        return self.presence.leave(subscription.listener.actor.id, now)

    def recheck(self, subscription: Subscription) -> None:
        """Somebody's own rights have changed: they are let go if they may no longer listen."""
        self._tasks.start(self._or_end(subscription, self._require_access))

    def remembered(self, since: Cursor) -> list[dict[str, Any]] | None:
        """The events after `since`, where memory has them all, with their messages as they are."""
        if since.epoch != self.epoch or since.seq > self.seq or self.open_seqs:
            return None
        return [] if since.seq == self.seq else self.recent.since(since.seq)

    # --- events --------------------------------------------------------------------------------

    def offer(self, frame: EventFrame) -> None:
        """An event was heard of: the next is delivered, a later one held, an old one dropped."""
        if self._order.is_known and frame.epoch != self.epoch:
            return  # which of the two is the old one is told by comparing heads
        for due in self._order.take(frame):
            self._deliver(due)
        if self._order.has_hole:
            self._fill_soon(HOLD if self._order.is_holding else 0)

    def know_head(self, head: Cursor | None) -> None:
        """The log's head, or None where the chat is gone: what the room has not heard is read."""
        if not self._order.is_known:
            return
        if head is None:
            self._end_all(Notice.SUBSCRIPTION_REVOKED)
        elif head.epoch != self.epoch:
            self._end_all(Notice.POSITION_LOST)
        else:
            self._order.know(head.seq)
            self._fill_soon(0)

    def tell_delta_at(self, head: Cursor, text: str, message_id: str) -> None:
        """What was added to an answer, once the room stands where the log stands now."""
        if head.epoch == self.epoch and self.seq < head.seq:
            self._deltas.append((head.seq, text, message_id))
            self._order.know(head.seq)
            self._fill_soon(HOLD)
        else:
            self._tell_delta(text, message_id)

    def _tell_waiting_deltas(self) -> None:
        waiting, self._deltas = self._deltas, []
        for seq, text, message_id in waiting:
            if seq <= self.seq:
                self._tell_delta(text, message_id)
            else:
                self._deltas.append((seq, text, message_id))

    def _tell_delta(self, text: str, message_id: str) -> None:
        self.audience.tell_of(self.open_seqs.get(message_id, 0), text)

    def tell_presence(self, people: dict[int, str], *, online: bool) -> None:
        if len(self.presence.here) > MAX_PRESENCE:
            return
        for user_id, name in people.items():
            user = {"id": user_id, "name": name}
            self.audience.tell(protocol.presence(self.chat_id, user, online=online), but=user_id)

    def close(self) -> None:
        """Let go of everything."""
        self._tasks.cancel()

    def _deliver(self, frame: EventFrame) -> None:
        """The next event, to everybody who stands where the room stands."""
        if frame.open_id is not None:
            self.open_seqs[frame.open_id] = frame.message_seq or frame.seq
        elif frame.closed_id is not None:
            self.open_seqs.pop(frame.closed_id, None)
        self.access.hear(frame)
        self.recent.add(frame)
        if frame.type == EventType.MEMBER_LEFT:
            self._let_leave(frame.user_id, frame.seq)
        if self.audience.live and frame.text is not None:
            for subscription in self.audience.push(frame, frame.text):
                subscription.seq = frame.seq - 1
                self._fall_behind(subscription)
        for subscription in [s for s in self.audience.ahead if s.seq <= self.seq]:
            self.audience.ahead.discard(subscription)
            self._settle(subscription)
        if self._deltas:
            self._tell_waiting_deltas()

    def _let_leave(self, user_id: int | None, seq: int) -> None:
        """Whoever left is let go before the event that says so, or any later one, is sent."""
        for subscription in list(self.audience.live):
            actor = subscription.listener.actor
            if actor.id == user_id and not actor.is_moderator:
                self.audience.live.discard(subscription)
                subscription.seq = seq - 1
                self._end(subscription, Notice.SUBSCRIPTION_REVOKED)
        self.recent.clear()  # who is erased leaves first, and is not named from memory after that

    # --- the log -------------------------------------------------------------------------------

    def _fill_soon(self, delay: float) -> None:
        if self._filling is None and self._order.has_hole:
            self._filling = self._tasks.start(self._fill(delay))

    async def _fill(self, delay: float) -> None:
        """Read from the log what is missing between here and the known head."""
        try:
            await asyncio.sleep(delay)
            while self._order.has_hole:
                events = await self._read(events_since, self.chat_id, self.epoch, self.seq)
                if not events:
                    break  # of another epoch, or not visible yet: comparing heads tells
                if events[0].seq > self.seq + 1:
                    self._end_all(Notice.POSITION_LOST)  # the log begins later now
                    break
                for event in events:
                    for due in self._order.take(protocol.event_frame(event)):
                        self._deliver(due)
        except Exception:
            logger.warning("room %s: the log could not be read", self.chat_id, exc_info=True)
        finally:
            self._filling = None

    async def _catch_up(self, subscription: Subscription) -> None:
        await catch_up(self, subscription, self._read)
        self.audience.behind.discard(subscription)
        if not subscription.ended:
            self._settle(subscription)

    async def _require_access(self, subscription: Subscription) -> None:
        access = await self._read(access_to, subscription.listener.actor, self.chat_id)
        self.audience.limit(subscription, access.reach)

    async def _or_end(
        self, subscription: Subscription, look: Callable[[Subscription], Awaitable[None]]
    ) -> None:
        """Whoever may not listen, or cannot be told that they may, does not go on."""
        try:
            await look(subscription)
        except NotFound:
            self._end(subscription, Notice.SUBSCRIPTION_REVOKED)
        except StaleCursor:
            self._end(subscription, Notice.POSITION_LOST)
        except Exception:
            logger.warning("room %s: %s failed", self.chat_id, look.__name__, exc_info=True)
            self._end(subscription, Notice.POSITION_LOST)

    # --- where a subscription stands -----------------------------------------------------------

    def _settle(self, subscription: Subscription) -> None:
        if subscription.seq == self.seq:
            self.audience.live.add(subscription)
        elif subscription.seq > self.seq:
            # The log was read past what the room has heard of; it goes live when the room is there.
            self.audience.ahead.add(subscription)
            self.know_head(Cursor(self.epoch, subscription.seq))
        else:
            self._fall_behind(subscription)

    def _fall_behind(self, subscription: Subscription) -> None:
        self.audience.live.discard(subscription)
        self.audience.behind.add(subscription)
        self._tasks.start(self._or_end(subscription, self._catch_up))

    def _end(self, subscription: Subscription, why: Notice) -> None:
        if subscription.ended:
            return
        self.audience.drop(subscription)
        self.presence.leave(subscription.listener.actor.id, -LEAVE_DELAY)  # gone, not on the way
        subscription.listener.push_always(protocol.notice(why, self.chat_id))
        subscription.listener.unsubscribed(subscription, why)

    def _end_all(self, why: Notice) -> None:
        """The chat is gone, or its numbers have begun anew: another room takes this one's place."""
        self.is_over = True
        for subscription in self.audience:
            self._end(subscription, why)
