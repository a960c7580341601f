"""What runs in a server process beside its requests: rooms, doorbell, engine, clock."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from chatrouting.connections import Connection, Connections
from chatrouting.deltas import Deltas
from chatrouting.doorbell import LayerDoorbell, NoDoorbell
from chatrouting.endings import Endings
from chatrouting.exchange import Exchange, ring_from_outside
from chatrouting.handover import Handover
from chatrouting.identities import Credential, Identity, identities
from chatrouting.protocol import CloseCode
from chatrouting.reading import Grouped, read
from chatrouting.record import Record
from chatrouting.registry import TICK, Registry
from chatrouting.threads import threads
from chatrouting.wakeups import Sender
from messages.engine import Engine, is_unwanted
from messages.errors import ChatError, Unavailable
from messages.log import LoggedEvent
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
        self.record = Record()
        self._tasks: list[asyncio.Task[None]] = []

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
        self.exchange = Exchange(
            doorbell=self.doorbell,
            registry=self.registry,
            connections=self.connections,
            endings=self.endings,
            deltas=self.deltas,
            engine=self.engine,
        )
        self.loop = loop
        self._tasks = [loop.create_task(self.doorbell.run()), loop.create_task(self._tick())]
        self.engine.start()

    async def leave(self) -> None:
        """Send everybody elsewhere and finish what is under way; within HALT + DRAIN + FLUSH s."""
        if self.loop is None or self.is_leaving:
            return
        self.is_leaving = True
        logger.info("leaving: %d sockets", len(self.connections))
        self.connections.say_goodbye()
        self.say_crowd()
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
            self.exchange.close()
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

    @property
    def _is_running(self) -> bool:
        return self.loop is not None and not self.loop.is_closed()

    # --- from the domain, on any thread ----------------------------------------------------------

    def publish(self, events: Sequence[LoggedEvent], ending: int | None) -> None:
        """Committed events: to the rooms here at once, and to the other processes."""
        if self._is_running:
            self.hand_over(self.exchange.publish, events, ending)
            self.engine.hear(events)
            if any(is_unwanted(event) for event in events):
                self.hand_over(self.doorbell.say_unwanted)
        elif settings.REDIS_URL:
            ring_from_outside(events, ending)

    def tell_delta(self, chat_id: str, text: str, message_id: str) -> None:
        """A frame with what was added to an answer: to who may see it, allowed to be lost."""
        if self._is_running:
            self.hand_over(self.exchange.tell_delta, chat_id, text, message_id)

    def tell_read(self, user_id: int, chat_id: str, seq: int) -> None:
        """Somebody has read further: to their own connections, allowed to be lost."""
        if self._is_running:
            self.hand_over(self.exchange.tell_read, user_id, chat_id, seq)

    def tell_person(self, user_id: int, chat_id: str, text: str) -> None:
        """A frame for one person's own connections that listen to the chat."""
        if self._is_running:
            self.hand_over(self.exchange.tell_person, user_id, chat_id, text)

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
        if self._is_running:
            self.hand_over(self.exchange.recheck, what)

    def _hear(self, process: str, kind: str, body: Any) -> None:
        self.exchange.hear(process, kind, body)

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
        self.exchange.say_crowd({} if self.is_leaving else self.connections.crowd())


process = Process()
