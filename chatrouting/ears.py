"""One chat of a stream of server-sent events: where it begins, and where it stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatrouting.audience import Subscription
from chatrouting.process import process
from chatrouting.protocol import Notice
from messages.access import Actor, Reach
from messages.identity import Cursor

if TYPE_CHECKING:
    from chatrouting.streams import Stream


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where a stream begins in one chat. A position that is lost is told, and left for the head."""

    position: Cursor
    reach: Reach
    is_lost: bool = False


class Ear:
    """One chat of a stream, as its room sees it. It stands at `position` in the log."""

    def __init__(self, stream: "Stream", chat_id: str, beginning: Beginning) -> None:
        self.chat_id = chat_id
        self.position = beginning.position
        self.reach = beginning.reach
        self.subscription: Subscription | None = None
        self._stream = stream
        self.push_if_idle: Callable[[str], None] = stream.push_if_idle
        self.drained = stream.outbox.drained

    @property
    def actor(self) -> Actor:
        return self._stream.identity.actor

    def push(self, text: str, frame: bytes | None = None) -> bool:
        """An event. The room brings number after number, so counting them tells the position."""
        before = self.position
        self.position = Cursor(before.epoch, before.seq + 1)
        if self._stream.push_event(text):
            return True
        self.position = before
        return False

    def push_always(self, text: str) -> None:
        """The notice of an end, which the stream words itself once it knows how it goes on."""

    def unsubscribed(self, subscription: Subscription, why: Notice) -> None:
        if why is Notice.SUBSCRIPTION_REVOKED:
            process.record.revoked(subscription)
        self._stream.lost(self, why)
