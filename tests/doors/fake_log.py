"""One chat's log in memory, and who listens to it: rooms without a database, and with any clock."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import orjson

from chatrouting import catching_up, registry
from chatrouting.audience import Subscription
from chatrouting.protocol import EventFrame, Notice, event_frame
from chatrouting.registry import Registry
from chatrouting.rooms import Room
from messages import log
from messages.access import Actor, Reach, access_to
from messages.errors import NotFound, StaleCursor
from messages.identity import Cursor
from messages.log import LoggedEvent
from messages.resumption import EventPage, within

ANN, BOB, EVE = Actor(1, "ann"), Actor(2, "bob"), Actor(3, "eve")
MOD = Actor(4, "mod", is_moderator=True)
CHAT = "lunch"


class FakeLog:
    """What the rooms read, by the rules of the real one; a reading can be held up, or fail."""

    def __init__(self, chat_id: str = CHAT) -> None:
        self.chat_id = chat_id
        self.epoch = "k3v9x2"
        self.events: list[LoggedEvent] = []
        self.oldest_seq = 1
        self.members = {ANN.id, BOB.id}
        self.first_seqs: dict[int, int] = {}  # of members who do not see everything
        self.exists = True
        self.reads: list[str] = []
        self.failures: deque[Exception] = deque()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    @property
    def head(self) -> Cursor:
        return Cursor(self.epoch, self.events[-1].seq if self.events else 0)

    def append(self, kind: str = "user_message", about: Actor | None = None) -> EventFrame:
        """Commit one event; what it does to the members is done."""
        data = {"user": about.as_author()} if about else None
        seq = self.head.seq + 1
        event = LoggedEvent(self.chat_id, self.epoch, seq, 0, kind, ANN.as_author(), None, data)
        self.events.append(event)
        if about and kind == "member_left":
            self.members.discard(about.id)
        elif about and kind == "member_joined":
            self.members.add(about.id)
        return event_frame(event)

    def append_many(self, count: int) -> list[EventFrame]:
        return [self.append() for _ in range(count)]

    def begin_anew(self, epoch: str, count: int = 0) -> None:
        """As a restore from an older copy would."""
        self.epoch, self.events = epoch, []
        self.append_many(count)

    def forget_before(self, seq: int) -> None:
        self.oldest_seq = seq

    # --- what the rooms call --------------------------------------------------------------------

    async def read(self, function: Callable[..., Any], *args: Any) -> Any:
        """Look at once, answer when it may be answered: in between the answer grows old."""
        self.reads.append(function.__name__)
        if self.failures:
            raise self.failures.popleft()
        try:
            answer = _READINGS[function](self, *args)
        except (NotFound, StaleCursor) as refusal:
            await self._wait()
            raise refusal
        await self._wait()
        return answer

    async def _wait(self) -> None:
        await asyncio.sleep(0)
        await self.may_answer.wait()

    def _events_since(self, chat_id: str, epoch: str, seq: int) -> list[LoggedEvent]:
        if epoch != self.epoch or not self.exists:
            return []
        return [event for event in self.events if event.seq > max(seq, self.oldest_seq - 1)][:500]

    def _access(self, actor: Actor, chat_id: str) -> Any:
        if not self.exists or (actor.id not in self.members and not actor.is_moderator):
            raise NotFound
        return SimpleNamespace(reach=self.reach(actor))

    def reach(self, actor: Actor) -> Reach:
        return Reach(self.chat_id, 1 if actor.is_moderator else self.first_seqs.get(actor.id, 1))

    def _page(self, actor: Actor, chat_id: str, since: Cursor) -> EventPage:
        access = self._access(actor, chat_id)
        log.require_position(since, head=self.head, oldest_seq=self.oldest_seq)
        events = self._events_since(chat_id, since.epoch, since.seq)[: catching_up.PAGE]
        events = within(access.reach, events)
        return EventPage(events, self.head, more=False, access=access)

    def _head_and_open(self, chat_id: str) -> tuple[Cursor, list[tuple[str, int]]]:
        if not self.exists:
            raise NotFound
        return self.head, []

    def _heads(self, chat_ids: Iterable[str]) -> dict[str, Cursor]:
        return {self.chat_id: self.head} if self.exists else {}

    def _ends(self, chat_ids: Iterable[str]) -> dict[str, tuple[Cursor, int]]:
        return {self.chat_id: (self.head, self.oldest_seq)} if self.exists else {}


_READINGS: dict[Callable[..., Any], Callable[..., Any]] = {
    log.events_since: FakeLog._events_since,
    log.heads: FakeLog._heads,
    log.ends: FakeLog._ends,
    access_to: FakeLog._access,
    catching_up.page_after: FakeLog._page,
    registry._head_and_open: FakeLog._head_and_open,
}


class Ear:
    """A listener: takes frames while it is not full, and keeps them."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.heard: list[dict[str, Any]] = []
        self.ended: list[Notice] = []
        self.takes: int | None = None  # so many more frames; None: any number
        self._has_room = asyncio.Event()

    @property
    def seqs(self) -> list[int]:
        return [frame["seq"] for frame in self.heard if frame["op"] == "event"]

    def kinds(self, op: str) -> list[str]:
        return [frame["type"] for frame in self.heard if frame["op"] == op]

    def fill_up(self, after: int = 0) -> None:
        self.takes = after

    def make_room(self, for_frames: int | None = None) -> None:
        self.takes = for_frames
        self._has_room.set()

    def push(self, text: str, frame: bytes | None = None) -> bool:
        if self.takes == 0:
            return False
        if self.takes is not None:
            self.takes -= 1
        self.heard.append(orjson.loads(text))
        return True

    def push_always(self, text: str) -> None:
        self.heard.append(orjson.loads(text))

    def push_if_idle(self, text: str) -> None:
        if self.takes is None:
            self.heard.append(orjson.loads(text))

    async def drained(self) -> None:
        while self.takes == 0:
            self._has_room.clear()
            await self._has_room.wait()

    def unsubscribed(self, subscription: Subscription, why: Notice) -> None:
        self.ended.append(why)


class SilentDoorbell:
    """The only process there is; remembers what it was asked to say."""

    def __init__(self) -> None:
        self.said: list[tuple[str, Any]] = []

    async def join(self, chat_id: str) -> None: ...

    def say_presence(self, presence: Any) -> None:
        self.said.append(("presence", presence))

    def ask_presence(self, chat_id: str) -> None:
        self.said.append(("ask", chat_id))


class Process:
    """A registry on a fake log, with a clock of its own."""

    def __init__(self, fake: FakeLog, doorbell: Any = None) -> None:
        self.log = fake
        self.now = 1000.0
        self.doorbell = doorbell or SilentDoorbell()
        self.registry = Registry(self.doorbell, fake.read, clock=lambda: self.now)  # type: ignore[arg-type]

    @property
    def room(self) -> Room:
        return self.registry.rooms[self.log.chat_id]

    async def join(self, ear: Ear, position: Cursor | None = None) -> Subscription:
        """Listen from a position, the head where none is given."""
        position = position or self.log.head
        room = await self.registry.open(self.log.chat_id)
        return self.registry.subscribe(room, ear, position, self.log.reach(ear.actor))

    def offer(self, *frames: EventFrame) -> None:
        self.registry.offer(frames)


async def until(holds: Callable[[], object]) -> None:
    """Let the loop go on until something is true."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


async def settle() -> None:
    """Let everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)
