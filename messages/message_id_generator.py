"""Make and validate message ids: 13 digits of milliseconds, `-`, a lower-case UUID version 4."""

import os
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

import uuid_utils

from messages.clock import now_ms
from messages.errors import BadMessageId

# What 13 digits can say: 2001-09-09 to 2286-11-20.
EARLIEST = 1_000_000_000_000
LATEST = 9_999_999_999_999
_MESSAGE_ID = re.compile(
    r"([0-9]{13})-([0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"
)


@dataclass(frozen=True, slots=True)
class ParsedMessageId:
    """The two halves of a messageId; `timestamp` in ms since the epoch, `uuid` as written."""

    timestamp: int
    uuid: str


class MessageIdGenerator:
    """A source of unique messageIds for any number of threads, also after a fork.

    The digits never go backwards: while the clock is behind the last id, that id's are used again.
    `clock` gives ms since the epoch; `randomness` something whose text is a new UUID version 4.
    """

    # One for all instances, so that a forked child can replace it: a thread that does not exist
    # there may have held it.
    _lock = threading.Lock()

    # uuid_utils keeps a ChaCha12 generator per thread, seeded by the operating system and again in
    # a forked child: as hard to guess as os.urandom, 0.25 µs an UUID where slicing blocks of
    # os.urandom by hand takes 0.8 and uuid.uuid4 takes 4.
    def __init__(
        self,
        *,
        clock: Callable[[], int] = now_ms,
        randomness: Callable[[], object] = uuid_utils.uuid4,
    ) -> None:
        self._clock = clock
        self._randomness = randomness
        self._last: int | None = None

    def new(self) -> str:
        """The next messageId. Raises RuntimeError if the clock says less or more than 13 digits."""
        now = self._clock()
        if now != self._last:
            now = self._advance(now)
        return f"{now}-{self._randomness()!s}"

    def _advance(self, now: int) -> int:
        with self._lock:
            if self._last is not None and now < self._last:
                return self._last
            if not EARLIEST <= now <= LATEST:
                raise RuntimeError(
                    f"The clock says {now} ms; message ids need a time between 2001 and 2286."
                )
            self._last = now
            return now

    @classmethod
    def replace_lock(cls) -> None:
        """Called in a forked child."""
        cls._lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=MessageIdGenerator.replace_lock)

new_message_id = MessageIdGenerator().new


def parse_message_id(value: object) -> ParsedMessageId:
    """The halves of a messageId; raises BadMessageId for anything else, text or not."""
    match = _MESSAGE_ID.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise BadMessageId
    return ParsedMessageId(int(match[1]), match[2])


def is_message_id(value: object) -> bool:
    return isinstance(value, str) and _MESSAGE_ID.fullmatch(value) is not None
