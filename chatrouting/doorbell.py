"""The channel layer as a doorbell: what processes tell each other, at most once and best sooner.

A chat belongs to one of a fixed number of groups, by hash. What is lost here costs time: the
heads of the logs are compared anyway.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from zlib import crc32

import orjson
from channels.layers import BaseChannelLayer

from chatrouting.presence import Names
from chatrouting.protocol import EventFrame

logger = logging.getLogger(__name__)

GROUPS = 32
EVERYONE = "chatrouting.everyone"
# A longer frame is only named; who hears of it reads the log.
MAX_TEXT = 16_384
MAX_WAITING = 10_000
_PAUSE_AFTER_FAILURE = 0.5
_JOIN_TIMEOUT = 2.0

Message = Mapping[str, Any]


def group_of(chat_id: str) -> str:
    return f"chatrouting.chats.{crc32(chat_id.encode()) % GROUPS}"


class LayerDoorbell:
    """Rings and listens through one channel of this process; lives on one event loop."""

    def __init__(self, layer: BaseChannelLayer, hear: Callable[[str, str, Any], None]) -> None:
        self._layer = layer
        self._hear = hear
        self.process = secrets.token_hex(8)
        self._channel = ""
        self._wanted: set[str] = {EVERYONE}
        self._joined: set[str] = set()
        self._frames: dict[str, list[EventFrame]] = {}
        self._ending: int | None = 0  # the highest that came with them; None where one is unknown
        self._messages: list[tuple[str, Message]] = []
        self._reads: dict[tuple[int, str], int] = {}
        self._waiting = 0
        self._wake = asyncio.Event()
        self._failing = False

    # --- to other processes --------------------------------------------------------------------

    def ring(self, frames: Iterable[EventFrame], ending: int | None) -> None:
        """Pass committed events on: one message for each group, however many are waiting."""
        is_known = ending is not None and self._ending is not None
        self._ending = max(ending or 0, self._ending or 0) if is_known else None
        for frame in frames:
            if self._waiting >= MAX_WAITING:
                break  # comparing heads finds what is dropped here
            self._waiting += 1
            self._frames.setdefault(group_of(frame.chat_id), []).append(frame)
        self._wake.set()

    def say_presence(self, presence: Mapping[str, Names]) -> None:
        by_group: dict[str, dict[str, list[tuple[int, str]]]] = {}
        for chat_id, names in presence.items():
            by_group.setdefault(group_of(chat_id), {})[chat_id] = list(names.items())
        for group, chats in by_group.items():
            self._say(group, "presence", chats)

    def ask_presence(self, chat_id: str) -> None:
        self._say(group_of(chat_id), "askPresence", chat_id)

    def say_typing(self, chat_id: str, user_id: int, text: str) -> None:
        self._say(group_of(chat_id), "typing", [chat_id, user_id, text])

    def say_delta(self, chat_id: str, text: str, message_id: str) -> None:
        self._say(group_of(chat_id), "delta", [chat_id, text, message_id])

    def say_read(self, user_id: int, chat_id: str, seq: int) -> None:
        """How far somebody has read; what many say at once is one message, with the last word."""
        if len(self._reads) < MAX_WAITING:
            self._reads[user_id, chat_id] = seq
            self._wake.set()

    def say_to(self, user_id: int, chat_id: str, text: str) -> None:
        """A frame for one person alone, wherever they are connected."""
        self._say(EVERYONE, "person", [user_id, chat_id, text])

    def say_crowd(self, counts: Mapping[str, int]) -> None:
        """Who has many connections to this process."""
        self._say(EVERYONE, "crowd", counts)

    def say_recheck(self, what: Mapping[str, Any]) -> None:
        """Somebody's sign-in has changed."""
        self._say(EVERYONE, "recheck", what)

    def say_unwanted(self) -> None:
        """Some work is to stop, whoever is at it."""
        self._say(EVERYONE, "unwanted", None)

    def _say(self, group: str, kind: str, data: Any) -> None:
        if self._waiting < MAX_WAITING:
            self._waiting += 1
            self._messages.append((group, self._message(kind, data)))
            self._wake.set()

    def _message(self, kind: str, data: Any) -> Message:
        # The body is opaque bytes, so that a process does not unpack what it said itself.
        return {"type": kind, "process": self.process, "body": orjson.dumps(data)}

    # --- from other processes ------------------------------------------------------------------

    async def join(self, chat_id: str) -> None:
        """Hear of a chat from now on; without the layer it is tried again later."""
        group = group_of(chat_id)
        self._wanted.add(group)
        if group not in self._joined and self._channel:
            try:
                async with asyncio.timeout(_JOIN_TIMEOUT):
                    await self._join(group)
            except Exception as error:  # noqa: BLE001
                self._failed("join", error)

    async def tick(self) -> None:
        """Join what could not be joined when it was wanted."""
        if self._channel:
            for group in self._wanted - self._joined:
                async with asyncio.timeout(_JOIN_TIMEOUT):
                    await self._join(group)

    async def run(self) -> None:
        """Listen and ring until cancelled."""
        await asyncio.gather(self._listen(), self._deliver())

    async def _listen(self) -> None:
        while True:
            try:
                if not self._channel:
                    self._channel = await self._layer.new_channel()
                    await asyncio.gather(*map(self._join, self._wanted))
                _end_if_cancelled()
                message = await self._layer.receive(self._channel)
            except Exception as error:  # noqa: BLE001
                self._failed("listen", error)
                await asyncio.sleep(_PAUSE_AFTER_FAILURE)
                continue
            self._receive(message)

    async def _join(self, group: str) -> None:
        await self._layer.group_add(group, self._channel)
        self._joined.add(group)

    def _receive(self, message: Message) -> None:
        if message.get("process") == self.process:
            return
        try:
            self._hear(message["process"], message["type"], orjson.loads(message["body"]))
        except Exception:
            logger.exception("doorbell: a message of another process was not understood")

    async def _deliver(self) -> None:
        while True:
            _end_if_cancelled()
            await self._wake.wait()
            self._wake.clear()
            await self.deliver_once()

    async def deliver_once(self) -> None:
        """Send everything that waits."""
        frames, self._frames = self._frames, {}
        messages, self._messages = self._messages, []
        reads, self._reads = self._reads, {}
        ending, self._ending = self._ending, 0
        self._waiting = 0
        rings = [(group, self._ring(some, ending)) for group, some in frames.items()]
        if reads:
            said = [(*who, seq) for who, seq in reads.items()]
            messages.append((EVERYONE, self._message("reads", said)))
        for group, message in rings + messages:
            try:
                await self._layer.group_send(group, dict(message))
                self._failing = False
            except Exception as error:  # noqa: BLE001
                self._failed("ring", error)

    def _ring(self, frames: list[EventFrame], ending: int | None) -> Message:
        return self._message("events", [ending, [_short(frame) for frame in frames]])

    def _failed(self, what: str, error: Exception) -> None:
        """One line for an outage, not one for each message of it."""
        if not self._failing:
            logger.warning(
                "doorbell: channel layer out of reach (%s: %r); using the log", what, error
            )
        self._failing = True


def _end_if_cancelled() -> None:
    """Honour a cancellation that Redis's client swallowed: it writes through `asyncio.wait_for`,
    which before Python 3.12 forgets one that comes as the write succeeds."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _short(frame: EventFrame) -> tuple[Any, ...]:
    """The frame as a list of its fields, without a text that is too long."""
    too_long = frame.text is not None and len(frame.text) > MAX_TEXT
    return tuple(None if too_long and part is frame.text else part for part in frame)


class NoDoorbell:
    """The only process there is: nobody to ring for, nobody to hear."""

    process = "here"

    def ring(self, frames: Iterable[EventFrame], ending: int | None) -> None: ...

    def say_presence(self, presence: Mapping[str, Names]) -> None: ...

    def ask_presence(self, chat_id: str) -> None: ...

    def say_typing(self, chat_id: str, user_id: int, text: str) -> None: ...

    def say_delta(self, chat_id: str, text: str, message_id: str) -> None: ...

    def say_read(self, user_id: int, chat_id: str, seq: int) -> None: ...

    def say_to(self, user_id: int, chat_id: str, text: str) -> None: ...

    def say_crowd(self, counts: Mapping[str, int]) -> None: ...

    def say_recheck(self, what: Mapping[str, Any]) -> None: ...

    def say_unwanted(self) -> None: ...

    async def join(self, chat_id: str) -> None: ...

    async def tick(self) -> None: ...

    async def run(self) -> None: ...
