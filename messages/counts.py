"""Where counts are kept for a while: in this process, or in Redis where several count together."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from django.conf import settings
from django.core.cache import cache
from django_redis import get_redis_connection

_FEW = 1_000  # not worth looking through


class LocalCounts:
    """Counts of the only process: at most `most`, and at most half of them have ended.

    Django's local cache serves as well, but pickles: ten times the cost of the count itself.
    """

    def __init__(self, *, most: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._sweep_at = _FEW
        self._clock = clock
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, float]] = {}

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, steps: Mapping[str, int], lifetime: int) -> dict[str, int]:
        """Move each count by its step; the new counts. One begins with its first step."""
        now = self._clock()
        with self._lock:
            self._make_room(now)
            for name, step in steps.items():
                count, until = self._counts.get(name, (0, now + lifetime))
                if until <= now:
                    count, until = 0, now + lifetime
                self._counts[name] = count + step, until
            return {name: self._counts[name][0] for name in steps}

    def read(self, names: Iterable[str]) -> dict[str, int]:
        now = self._clock()
        found = {name: self._counts.get(name, (0, 0.0)) for name in names}
        return {name: count if until > now else 0 for name, (count, until) in found.items()}

    def clear(self) -> None:
        with self._lock:
            self._counts.clear()

    def _make_room(self, now: float) -> None:
        """Drop what has ended, then what began first."""
        if len(self._counts) < self._sweep_at:
            return
        lasting = [(name, value) for name, value in self._counts.items() if value[1] > now]
        self._counts = dict(lasting[-self._most // 2 :])
        self._sweep_at = min(self._most, max(_FEW, 2 * len(self._counts)))


local = LocalCounts()


def add(steps: Mapping[str, int], lifetime: int) -> dict[str, int]:
    """Move each count by its step; the new counts, exact however many count at once."""
    return _add_in_redis(steps, lifetime) if settings.REDIS_URL else local.add(steps, lifetime)


def read(names: Iterable[str]) -> dict[str, int]:
    if not settings.REDIS_URL:
        return local.read(names)
    return {name: cache.get(name, 0) for name in names}


def _add_in_redis(steps: Mapping[str, int], lifetime: int) -> dict[str, int]:
    """By one command for all, since the client takes longer over each than the server does;
    exact, since each count comes from its increment."""
    names = [cache.make_key(counter) for counter in steps]
    moved = get_redis_connection("default").eval(
        _ADD, len(names), *names, lifetime, *steps.values()
    )
    return dict(zip(steps, moved, strict=True))


_ADD = """
local counts = {}
for i, name in ipairs(KEYS) do
    counts[i] = redis.call('INCRBY', name, ARGV[i + 1])
    if counts[i] == tonumber(ARGV[i + 1]) then
        redis.call('EXPIRE', name, ARGV[1])
    end
end
return counts
"""
