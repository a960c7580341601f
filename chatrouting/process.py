"""What runs in a server process beside its requests: rooms, doorbell, engine, clock."""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import count
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

from chatrouting import protocol
from chatrouting.connections import Connection, Connections
from chatrouting.deltas import Deltas
from chatrouting.doorbell import LayerDoorbell, NoDoorbell
from chatrouting.endings import Endings
from chatrouting.handover import Handover
from chatrouting.identities import Credential, Identity, identities
from chatrouting.protocol import CloseCode, EventFrame
from chatrouting.reading import Grouped, read
from chatrouting.registry import TICK, Registry
from chatrouting.rooms import Subscription
from chatrouting.threads import threads
from chatrouting.wakeups import Sender
from messages import revocations
from messages.engine import Engine, is_unwanted
from messages.errors import ChatError, Unavailable
from messages.log import LoggedEvent
from messages.models import Cause
from messages.revocations import Ended
from messages.writer import writer

logger = logging.getLogger(__name__)

# Leaving: what is being written, then what is being sent, has this long, in seconds.
DRAIN = 5.0
FLUSH = 2.0
# Before that, work on messages is stopped and given back.
HALT = 2.0
# All connections are looked at once in so many ticks: `endings` knows sooner whose sign-in is over.
SELDOM = 4


class Process:
    """The rooms and sockets of one event loop, started by whoever comes first."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.is_leaving = False
        self.waiting: set[asyncio.Event] = set()  # long-polls, to be answered before leaving
        self._tasks: list[asyncio.Task[None]] = []
        self._ended: list[Ended] = []
        self._had_crowd = False

    def start(self, engine: Engine | None = None) -> None:
        """Make sure it runs on the current event loop; without `engine` as the settings say."""
        loop = asyncio.get_running_loop()
        if self.loop is loop:
            return
        shared = bool(settings.REDIS_URL)
        self.doorbell = LayerDoorbell(get_channel_layer(), self._hear) if shared else NoDoorbell()
        self.connections = Connections(read)
        self.endings = Endings(read, self.connections.let_go)
        self.registry = Registry(self.doorbell, self.endings.read)
        self.deltas = Deltas(self.registry, self.endings.read)
        self._identity_of: Grouped[Credential, Identity] = Grouped(read, identities)
        self.is_leaving = False
        self.hand_over = Handover(loop)
        self.engine = engine or (Sender() if settings.ENGINE == "celery" else Engine())
        self.loop = loop
        self._tasks = [loop.create_task(self.doorbell.run()), loop.create_task(self._tick())]
        self.engine.start()

    async def leave(self) -> None:
        """Finish what is under way and send everybody elsewhere; within HALT + DRAIN + FLUSH s."""
        if self.loop is None or self.is_leaving:
            return
        self.is_leaving = True
        logger.info("leaving: %d sockets", len(self.connections))
        self.say_crowd()
        for heard in self.waiting:
            heard.set()
        await asyncio.to_thread(self.engine.stop, HALT)
        done = await asyncio.to_thread(writer.drain, DRAIN)
        if not done:
            logger.error("leaving: the writer did not finish within %s s", DRAIN)
        await self.connections.leave(FLUSH)

    async def stop(self) -> None:
        """Let go of the loop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.loop is not None:
            await asyncio.to_thread(self.engine.stop, HALT)
            self.deltas.close()
            self.registry.close()
            await self.endings.close()
        self.loop = None
        threads.close()
        await asyncio.to_thread(read.close)

    async def identity_of(self, credential: Credential) -> Identity | None:
        """Who this is, where it is valid."""
        as_of = self.connections.endings
        identity = await self._identity_of(credential)
        return None if identity is None else replace(identity, as_of=as_of)

    async def settle(self, connection: Connection) -> None:
        """End one just added whose sign-in is over by now, or that came as the process leaves."""
        try:
            await self.connections.settle(connection)
        except ChatError as error:
            connection.end(CloseCode.SERVER_ERROR, error)
        if self.is_leaving:
            connection.end(CloseCode.GOING_AWAY, Unavailable())

    # --- from the domain, on any thread ----------------------------------------------------------

    def publish(self, events: Sequence[LoggedEvent], ending: int | None) -> None:
        """Committed events: to the rooms here at once, and to the other processes."""
        if self.loop is not None and not self.loop.is_closed():
            self.hand_over(self._publish, events, ending)
            self.engine.hear(events)
            if any(is_unwanted(event) for event in events):
                self.hand_over(self.doorbell.say_unwanted)
        elif settings.REDIS_URL:
            frames = [protocol.event_frame(event) for event in events]
            self._ring_from_outside(frames, ending)

    def tell_delta(self, chat_id: str, text: str, message_id: str) -> None:
        """A frame with what was added to an answer: to who may see it, allowed to be lost."""
        if self.loop is not None and not self.loop.is_closed():
            self.hand_over(self._tell_delta, chat_id, text, message_id)

    def tell_read(self, user_id: int, chat_id: str, seq: int) -> None:
        """Somebody has read further: to their own connections, allowed to be lost."""
        if self.loop is not None and not self.loop.is_closed():
            self.hand_over(self._tell_read, user_id, chat_id, seq)

    def tell_person(self, user_id: int, chat_id: str, text: str) -> None:
        """A frame for one person's own connections that listen to the chat."""
        if self.loop is not None and not self.loop.is_closed():
            self.hand_over(self._tell_person, user_id, chat_id, text)

    def recheck(
        self,
        *,
        credential: Credential | None = None,
        user_id: int | None = None,
        is_over: bool = False,
    ) -> None:
        """A sign-in has changed, or is known to be over: look at it again, here and elsewhere."""
        what = {
            "credential": credential and [credential.kind, credential.key],
            "user": user_id,
            "over": is_over,
        }
        if self.loop is not None and not self.loop.is_closed():
            self.hand_over(self._recheck_everywhere, what)

    def _publish(self, events: Sequence[LoggedEvent], ending: int | None) -> None:
        elsewhere = not isinstance(self.doorbell, NoDoorbell)
        rooms = self.registry.rooms
        frames = [
            protocol.event_frame(event) for event in events if elsewhere or event.chat_id in rooms
        ]
        self.endings.then(ending, self.registry.offer, frames)
        self.doorbell.ring(frames, ending)

    def _tell_delta(self, chat_id: str, text: str, message_id: str) -> None:
        self.deltas.tell(chat_id, text, message_id)
        self.doorbell.say_delta(chat_id, text, message_id)

    def _tell_read(self, user_id: int, chat_id: str, seq: int) -> None:
        self._hear_reads([(user_id, chat_id, seq)])
        self.doorbell.say_read(user_id, chat_id, seq)

    def _tell_person(self, user_id: int, chat_id: str, text: str) -> None:
        self.connections.tell(user_id, chat_id, text)
        self.doorbell.say_to(user_id, chat_id, text)

    def _hear_reads(self, reads: Iterable[tuple[int, str, int]]) -> None:
        for user_id, chat_id, seq in reads:
            self.connections.tell(user_id, chat_id, protocol.read(chat_id, seq))

    def _ring_from_outside(self, frames: Sequence[EventFrame], ending: int | None) -> None:
        """From a process without sockets (a command, a worker)."""

        async def ring() -> None:
            doorbell = LayerDoorbell(get_channel_layer(), lambda *_: None)
            doorbell.ring(frames, ending)
            await doorbell.deliver_once()

        async_to_sync(ring)()

    # --- from other processes ---------------------------------------------------------------------

    def _hear(self, process: str, kind: str, body: Any) -> None:
        match kind:
            case "events":
                ending, frames = body
                self.endings.then(ending, self.registry.offer, [EventFrame(*f) for f in frames])
            case "presence":
                presence = {chat_id: dict(who) for chat_id, who in body.items()}
                self.registry.hear_presence(process, presence)
            case "askPresence":
                self.registry.answer_presence(body)
            case "typing":
                chat_id, user_id, text = body
                self.registry.tell(chat_id, text, but=user_id)
            case "delta":
                self.deltas.tell(*body)
            case "unwanted":
                self.engine.look_after()
            case _:
                self._hear_of_people(process, kind, body)

    def _hear_of_people(self, process: str, kind: str, body: Any) -> None:
        match kind:
            case "crowd":
                self.connections.crowds.hear(process, body)
            case "person":
                self.connections.tell(*body)
            case "reads":
                self._hear_reads(body)
            case "recheck":
                self._recheck(body)

    def _recheck_everywhere(self, what: dict[str, Any]) -> None:
        self._recheck(what)
        self.doorbell.say_recheck(what)

    def _recheck(self, what: dict[str, Any]) -> None:
        credentials = [Credential(*what["credential"])] if what["credential"] else []
        if what["user"] is not None:
            credentials += self.connections.of_user(what["user"])
        if what["over"]:
            self.connections.end(credentials)
            return
        task = asyncio.ensure_future(self.connections.recheck(credentials))
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)

    # --- the record ------------------------------------------------------------------------------

    def revoked(self, subscription: Subscription) -> None:
        """Access to one chat is over."""
        self._note(subscription, subscription.sent_seq, None)

    def signed_out(
        self, identity: Identity, subscriptions: Iterable[Subscription], unsent: Iterable[str]
    ) -> None:
        """A sign-in is over; `unsent` are the frames that its connection drops."""
        kept_back = protocol.first_seqs(unsent)
        for subscription in subscriptions:
            first = kept_back.get(subscription.room.chat_id)
            sent_seq = subscription.sent_seq if first is None else first - 1
            self._note(subscription, sent_seq, identity.credential.cause)

    def _note(self, subscription: Subscription, sent_seq: int, cause: Cause | None) -> None:
        """What they were sent last is written down, for all that end at once."""
        if not self._ended:
            asyncio.get_running_loop().call_soon(self._record)
        listener, chat_id = subscription.listener, subscription.room.chat_id
        self._ended.append(Ended(listener.actor.id, chat_id, sent_seq, cause))

    def _record(self) -> None:
        ended, self._ended = self._ended, []
        try:
            writer.ask(partial(revocations.record, ended), _recorded)
        except ChatError as error:
            _recorded(error)

    # --- the clock --------------------------------------------------------------------------------

    async def _tick(self) -> None:
        for number in count():
            await asyncio.sleep(TICK)
            looked_at = () if number % SELDOM else (self.connections,)
            for part in (self.endings, self.registry, self.doorbell, *looked_at):
                try:
                    await part.tick()
                except Exception as error:  # noqa: BLE001
                    logger.warning("tick of the %s: %r", type(part).__name__.lower(), error)
            self.say_crowd()

    def say_crowd(self) -> None:
        """Whoever has many connections here, and once more that nobody has them any longer."""
        crowd = {} if self.is_leaving else self.connections.crowd()
        if crowd or self._had_crowd:
            self.doorbell.say_crowd(crowd)
        self._had_crowd = bool(crowd)


def _recorded(outcome: object) -> None:
    if isinstance(outcome, ChatError):
        logger.error("revocations were not written down: %r", outcome)


process = Process()
