"""Which event of a chat comes next, whatever order they are heard in."""

from collections.abc import Iterator

from chatrouting.protocol import EventFrame
from messages.identity import Cursor

MAX_HELD = 1_000
_UNKNOWN = -1


class Order:
    """A place in one chat's log. What comes after a hole is held until the hole is filled."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = _UNKNOWN
        self._known_head = _UNKNOWN
        self._held: dict[int, EventFrame] = {}

    @property
    def is_known(self) -> bool:
        return self.seq != _UNKNOWN

    @property
    def has_hole(self) -> bool:
        """Whether the log is known to go on, and the next event is not here."""
        return self.is_known and self.seq < self._known_head

    @property
    def is_holding(self) -> bool:
        return bool(self._held)

    def begin(self, head: Cursor) -> Iterator[EventFrame]:
        """Take a place; yields what has been held since the log was read there."""
        self.epoch, self.seq = head.epoch, head.seq
        self._held = {s: f for s, f in self._held.items() if s > head.seq and f.epoch == head.epoch}
        return self._next_held()

    def take(self, frame: EventFrame) -> Iterator[EventFrame]:
        """Yields what can be delivered now that this one is here; `seq` moves with each."""
        if self.is_known and frame.seq == self.seq + 1 and frame.text is not None:
            self.seq = frame.seq
            yield frame
            if self._held:
                self._held.pop(frame.seq, None)
                yield from self._next_held()
        elif frame.seq > self.seq:
            self.know(frame.seq)
            if frame.text is not None and len(self._held) < MAX_HELD:
                self._held[frame.seq] = frame

    def know(self, seq: int) -> None:
        """The log goes at least as far as this."""
        self._known_head = max(self._known_head, seq)

    def _next_held(self) -> Iterator[EventFrame]:
        while frame := self._held.pop(self.seq + 1, None):
            self.seq = frame.seq
            yield frame
