"""What a process tells its own rooms and connections, the other processes, and hears from these."""

from collections.abc import Iterable, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from chatrouting import protocol
from chatrouting.connections import Connections
from chatrouting.deltas import Deltas
from chatrouting.doorbell import LayerDoorbell, NoDoorbell
from chatrouting.endings import Endings
from chatrouting.identities import Credential
from chatrouting.protocol import EventFrame
from chatrouting.registry import Registry
from chatrouting.tasks import Tasks
from chatrouting.wakeups import Sender
from messages.engine import Engine
from messages.log import LoggedEvent


class Exchange:
    """Lives on one event loop. What is told here is heard here at once, and rung for the others."""

    def __init__(
        self,
        *,
        doorbell: LayerDoorbell | NoDoorbell,
        registry: Registry,
        connections: Connections,
        endings: Endings,
        deltas: Deltas,
        engine: Engine | Sender,
    ) -> None:
        self._doorbell = doorbell
        self._registry = registry
        self._connections = connections
        self._endings = endings
        self._deltas = deltas
        self._engine = engine
        self._had_crowd = False
        self._tasks = Tasks()

    def close(self) -> None:
        self._tasks.cancel()

    # --- from here --------------------------------------------------------------------------------

    def publish(self, events: Sequence[LoggedEvent], ending: int | None) -> None:
        elsewhere = not isinstance(self._doorbell, NoDoorbell)
        rooms = self._registry.rooms
        frames = [
            protocol.event_frame(event) for event in events if elsewhere or event.chat_id in rooms
        ]
        self._endings.then(ending, self._registry.offer, frames)
        self._doorbell.ring(frames, ending)

    def tell_delta(self, chat_id: str, text: str, message_id: str) -> None:
        self._deltas.tell(chat_id, text, message_id)
        self._doorbell.say_delta(chat_id, text, message_id)

    def tell_read(self, user_id: int, chat_id: str, seq: int) -> None:
        self._hear_reads([(user_id, chat_id, seq)])
        self._doorbell.say_read(user_id, chat_id, seq)

    def tell_person(self, user_id: int, chat_id: str, text: str) -> None:
        self._connections.tell(user_id, chat_id, text)
        self._doorbell.say_to(user_id, chat_id, text)

    def recheck(self, what: dict[str, Any]) -> None:
        self._recheck(what)
        self._doorbell.say_recheck(what)

    def say_crowd(self, crowd: dict[str, int]) -> None:
        """Whoever has many connections here, and once more that nobody has them any longer."""
        if crowd or self._had_crowd:
            self._doorbell.say_crowd(crowd)
        self._had_crowd = bool(crowd)

    # --- from other processes ---------------------------------------------------------------------

    def hear(self, process: str, kind: str, body: Any) -> None:
        match kind:
            case "events":
                ending, frames = body
                self._endings.then(ending, self._registry.offer, [EventFrame(*f) for f in frames])
            case "presence":
                presence = {chat_id: dict(who) for chat_id, who in body.items()}
                self._registry.hear_presence(process, presence)
            case "askPresence":
                self._registry.answer_presence(body)
            case "typing":
                chat_id, user_id, text = body
                self._registry.tell(chat_id, text, but=user_id)
            case "delta":
                self._deltas.tell(*body)
            case "unwanted":
                self._engine.look_after()
            case _:
                self._hear_of_people(process, kind, body)

    def _hear_of_people(self, process: str, kind: str, body: Any) -> None:
        match kind:
            case "crowd":
                self._connections.crowds.hear(process, body)
            case "person":
                self._connections.tell(*body)
            case "reads":
                self._hear_reads(body)
            case "recheck":
                self._recheck(body)

    def _hear_reads(self, reads: Iterable[tuple[int, str, int]]) -> None:
        for user_id, chat_id, seq in reads:
            self._connections.tell(user_id, chat_id, protocol.read(chat_id, seq))

    def _recheck(self, what: dict[str, Any]) -> None:
        credentials = [Credential(*what["credential"])] if what["credential"] else []
        if what["user"] is not None:
            credentials += self._connections.of_user(what["user"])
        if what["over"]:
            self._connections.end(credentials)
            return
        self._tasks.start(self._connections.recheck(credentials))


def ring_from_outside(events: Iterable[LoggedEvent], ending: int | None) -> None:
    """From a process without sockets (a command, a worker)."""
    frames = [protocol.event_frame(event) for event in events]

    async def ring() -> None:
        doorbell = LayerDoorbell(get_channel_layer(), lambda *_: None)
        doorbell.ring(frames, ending)
        await doorbell.deliver_once()

    async_to_sync(ring)()
