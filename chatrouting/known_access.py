"""What a room remembers of who may do what, kept true by the log it follows."""

from chatrouting.protocol import EventFrame
from messages.access import Access, Actor
from messages.models import EventType

_OF_ONE = frozenset({EventType.MEMBER_JOINED, EventType.MEMBER_LEFT})
_OF_ALL = frozenset(
    {
        EventType.MEMBER_MUTED,
        EventType.MEMBER_UNMUTED,
        EventType.CHAT_FROZEN,
        EventType.CHAT_UNFROZEN,
        EventType.CHAT_RENAMED,
        EventType.CHAT_HISTORY_CHANGED,
    }
)


class KnownAccess:
    """Answers by user id. An answer older than what the room has heard is not kept."""

    def __init__(self) -> None:
        self._answers: dict[int, Access] = {}
        self._since = 0
        self._oldest_seq = 0

    def begin(self, seq: int) -> None:
        """The room begins here: what happened before it never hears."""
        self._since = seq

    def get(self, actor: Actor) -> Access | None:
        """What is known of somebody, unless their own name or rights have changed since."""
        access = self._answers.get(actor.id)
        return access if access is not None and access.actor == actor else None

    def remember(self, access: Access) -> None:
        if access.head.seq >= self._since and access.kept_seq >= self._oldest_seq:
            self._answers[access.actor.id] = access

    def know_oldest(self, seq: int) -> None:
        """The log's oldest kept number: pruning, by whatever process, is no event."""
        if seq > self._oldest_seq:
            self._oldest_seq = seq
            kept = {user_id: a for user_id, a in self._answers.items() if a.kept_seq >= seq}
            self._answers = kept

    def hear(self, frame: EventFrame) -> None:
        if frame.type in _OF_ONE and frame.user_id is not None:
            self._since = frame.seq
            self._answers.pop(frame.user_id, None)
        elif frame.type in _OF_ONE or frame.type in _OF_ALL:
            self._since = frame.seq
            self._answers.clear()
