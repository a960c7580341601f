"""Who is in a room, here and on the other processes, without flicker."""

from collections import Counter

LEAVE_DELAY = 15.0
# A process says who is with it at least this often; the other forget it after three times that.
ANNOUNCE_INTERVAL = 20.0
REMOTE_LIFETIME = 3 * ANNOUNCE_INTERVAL
# In a crowd everybody's coming and going would cost everybody a frame.
MAX_PRESENCE = 200

Names = dict[int, str]


class Presence:
    """People are present while any of their connections is; they leave some seconds later.

    Every method takes the time (seconds, monotonic) and says who has come or gone by it.
    """

    def __init__(self) -> None:
        self.here: Names = {}
        self._local: Counter[int] = Counter()
        self._remote: dict[str, tuple[float, Names]] = {}
        self._leaving: dict[int, float] = {}

    @property
    def local(self) -> Names:
        """Who is connected to this very process."""
        return {user_id: self.here[user_id] for user_id in self._local if user_id in self.here}

    def is_local(self, user_id: int) -> bool:
        return user_id in self._local and user_id in self.here

    @property
    def is_quiet(self) -> bool:
        return not self._leaving and not self._remote

    def enter(self, user_id: int, name: str) -> bool:
        """One more connection of somebody; whether they were not present before."""
        self._local[user_id] += 1
        return self._arrive(user_id, name)

    def leave(self, user_id: int, now: float) -> bool:
        """One connection fewer; whether it was their last one here."""
        self._local[user_id] -= 1
        if self._local[user_id] > 0:
            return False
        del self._local[user_id]
        self._maybe_leaving(user_id, now)
        return True

    def hear(self, process: str, names: Names, now: float) -> Names:
        """What another process says of who is with it; who is new by that."""
        _, before = self._remote.pop(process, (0.0, {}))
        if names:
            self._remote[process] = (now + REMOTE_LIFETIME, names)
        for user_id in before.keys() - names.keys():
            self._maybe_leaving(user_id, now)
        return {user_id: name for user_id, name in names.items() if self._arrive(user_id, name)}

    def sweep(self, now: float) -> Names:
        """Who is gone since the last sweep."""
        for process in [p for p, (until, _) in self._remote.items() if until <= now]:
            self.hear(process, {}, now)
        gone = [user_id for user_id, deadline in self._leaving.items() if deadline <= now]
        for user_id in gone:
            del self._leaving[user_id]
        return {user_id: self.here.pop(user_id) for user_id in gone}

    def _arrive(self, user_id: int, name: str) -> bool:
        self._leaving.pop(user_id, None)
        is_new = user_id not in self.here
        self.here[user_id] = name
        return is_new

    def _maybe_leaving(self, user_id: int, now: float) -> None:
        elsewhere = any(user_id in names for _, names in self._remote.values())
        if user_id not in self._local and not elsewhere and user_id in self.here:
            self._leaving.setdefault(user_id, now + LEAVE_DELAY)
