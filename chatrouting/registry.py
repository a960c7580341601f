"""All rooms of this process: opened for the first listener, let go after the last one."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from chatrouting.audience import Listener, Subscription
from chatrouting.presence import ANNOUNCE_INTERVAL, Names
from chatrouting.protocol import EventFrame
from chatrouting.reading import Read
from chatrouting.rooms import Room
from messages.access import Reach
from messages.identity import Cursor
from messages.log import ends, head_of
from messages.models import Message, Status

logger = logging.getLogger(__name__)

# Heads are compared this often, in seconds: a lost last event, or a removal nobody rang for,
# is found by then. A room that nobody came back to by then is let go.
TICK = 1.5
_HEADS_A_QUERY = 500


class Doorbell(Protocol):
    """How processes hear of each other sooner than by comparing heads; allowed to fail."""

    async def join(self, chat_id: str) -> None: ...

    def say_presence(self, presence: dict[str, Names]) -> None:
        """Who is connected to this process, by chat."""

    def ask_presence(self, chat_id: str) -> None: ...


class Registry:
    """Rooms by chatId. Lives on one event loop."""

    def __init__(
        self, doorbell: Doorbell, read: Read, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rooms: dict[str, Room] = {}
        self._doorbell = doorbell
        self._read = read
        self._clock = clock
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._emptied: set[str] = set()
        self._announced_at = clock()

    # --- listeners -----------------------------------------------------------------------------

    def ready(self, chat_id: str) -> Room | None:
        """The room, where it is open and knows its place."""
        room = self.rooms.get(chat_id)
        return None if room is None or room.is_over or chat_id in self._opening else room

    async def open(self, chat_id: str) -> Room:
        """The chat's room, opened where nobody listened yet; raises NotFound."""
        room = self.ready(chat_id)
        if room is not None:
            return room
        opening = self._opening.get(chat_id)
        if opening is None:
            opening = self._opening[chat_id] = asyncio.create_task(self._open(chat_id))
        return await asyncio.shield(opening)

    async def open_at(self, chat_id: str, epoch: str) -> Room:
        """The chat's room; one whose numbers are of another epoch has its head compared first."""
        room = await self.open(chat_id)
        if room.epoch != epoch:
            await self.compare_heads([chat_id])
            room = await self.open(chat_id)
        return room

    def subscribe(
        self, room: Room, listener: Listener, position: Cursor, reach: Reach
    ) -> Subscription:
        """Let somebody listen who knows the log up to `position`, right after `open`."""
        is_new = not room.presence.is_local(listener.actor.id)
        self._emptied.discard(room.chat_id)
        subscription = room.subscribe(listener, position, reach)
        if is_new:
            self._doorbell.say_presence({room.chat_id: room.presence.local})
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        room = subscription.room
        if room.unsubscribe(subscription, self._clock()):
            self._doorbell.say_presence({room.chat_id: room.presence.local})

    async def _open(self, chat_id: str) -> Room:
        """Hear, then read: what is committed in between is held by the room."""
        before, room = self.rooms.get(chat_id), Room(chat_id, self._read)
        self.rooms[chat_id] = room
        if before is not None:
            before.close()
        try:
            await self._doorbell.join(chat_id)
            head, open_seqs = await self._read(_head_and_open, chat_id)
        except BaseException:
            del self.rooms[chat_id]
            raise
        finally:
            del self._opening[chat_id]
        room.begin(head, open_seqs)
        self._doorbell.ask_presence(chat_id)
        return room

    # --- what is heard -------------------------------------------------------------------------

    def offer(self, frames: Iterable[EventFrame]) -> None:
        rooms = self.rooms
        for frame in frames:
            room = rooms.get(frame.chat_id)
            if room is not None:
                room.offer(frame)

    def tell(self, chat_id: str, text: str, *, but: int | None = None) -> None:
        """An ephemeral frame for a chat's listeners here."""
        room = self.rooms.get(chat_id)
        if room is not None:
            room.audience.tell(text, but=but)

    def hear_presence(self, process: str, presence: dict[str, Names]) -> None:
        for chat_id, names in presence.items():
            room = self.rooms.get(chat_id)
            if room is not None:
                room.tell_presence(room.presence.hear(process, names, self._clock()), online=True)

    def answer_presence(self, chat_id: str) -> None:
        """Another process has opened this room and asks who is in it."""
        room = self.rooms.get(chat_id)
        if room is not None and room.presence.local:
            self._doorbell.say_presence({chat_id: room.presence.local})

    # --- the clock -----------------------------------------------------------------------------

    async def tick(self) -> None:
        """Once every TICK seconds: compare heads, let empty rooms go, say who left."""
        self._let_go()
        now = self._clock()
        for room in self.rooms.values():
            self._say_who_left(room, now)
        if now - self._announced_at > ANNOUNCE_INTERVAL:
            self._announced_at = now
            self._doorbell.say_presence({c: r.presence.local for c, r in self.rooms.items()})
        await self.compare_heads([c for c in self.rooms if c not in self._opening])

    def _say_who_left(self, room: Room, now: float) -> None:
        gone = room.presence.sweep(now)
        if gone:
            room.tell_presence(gone, online=False)
            self._doorbell.say_presence({room.chat_id: room.presence.local})

    async def compare_heads(self, chat_ids: Sequence[str]) -> None:
        """Let rooms know how far their logs are."""
        for start in range(0, len(chat_ids), _HEADS_A_QUERY):
            some = chat_ids[start : start + _HEADS_A_QUERY]
            found = await self._read(ends, some)
            for chat_id in some:
                room = self.ready(chat_id)
                if room is not None:
                    head, oldest_seq = found.get(chat_id, (None, 0))
                    room.access.know_oldest(oldest_seq)
                    room.know_head(head)

    def _let_go(self) -> None:
        """Close the rooms that were empty at the last tick already."""
        empty = {
            c for c, room in self.rooms.items() if room.audience.is_empty and c not in self._opening
        }
        for chat_id in empty & self._emptied:
            self.rooms.pop(chat_id).close()
        self._emptied = empty - self._emptied

    def close(self) -> None:
        for room in self.rooms.values():
            room.close()
        self.rooms.clear()


def _head_and_open(chat_id: str) -> tuple[Cursor, list[tuple[str, int]]]:
    head, _ = head_of(chat_id)
    generating = Message.objects.filter(
        chat_id=chat_id, status__in=(Status.PENDING, Status.PROCESSING), removed=None
    )
    return head, list(generating.values_list("message_id", "seq"))
