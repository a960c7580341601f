"""How fast a connection may send frames."""

from math import inf


class Pace:
    """At most so many in each period, which begins with the first one after the last has ended."""

    __slots__ = ("_left", "_limit", "_seconds", "_until")

    def __init__(self, limit: float, seconds: float) -> None:
        self._limit = limit or inf
        self._seconds = seconds
        self._left = self._limit
        self._until = 0.0

    def is_exceeded(self, now: float) -> bool:
        """Count one more."""
        if now >= self._until:
            self._until, self._left = now + self._seconds, self._limit
        self._left -= 1
        return self._left < 0

    def wait(self, now: float) -> float:
        """Seconds until there is room again."""
        return max(0.0, self._until - now)
