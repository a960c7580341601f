"""How much may be sent: django-ratelimit's counters behind one adapter for every door."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, _split_rate

from messages import counts
from messages.errors import RateLimited

logger = logging.getLogger(__name__)

SEND = "messages.send"
# While the counters can't be reached sending stays open, and nobody waits for them every time.
_PAUSE_AFTER_FAILURE = 5.0

Key = tuple[int, str]  # user id, chatId


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a limit, and when it is whole again."""

    remaining: int
    reset_ms: int

    def as_dict(self) -> dict[str, int]:
        return {"remaining": self.remaining, "resetMs": self.reset_ms}


@dataclass(slots=True)
class _Window:
    """One key's counter in the present window of the rate."""

    counter: str
    limit: int
    lifetime: int
    reset_ms: int

    def answer(self, count: int) -> Budget | RateLimited:
        if count > self.limit:
            return RateLimited(details={"scope": "chat"}, retry_after_ms=self.reset_ms)
        return self.budget(count)

    def budget(self, count: int) -> Budget:
        return Budget(max(0, self.limit - count), self.reset_ms)


class SendLimit:
    """The limit on accepted sends of one person in one chat (`RATE_LIMIT_SEND`, `0` for off).

    The names of the counters and the windows are django-ratelimit's; many counters are moved at
    once, since sends are committed in groups. A count past the limit ends with its window, so
    that a refused send costs nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until = 0.0

    def take(self, keys: Sequence[Key]) -> list[Budget | RateLimited | None]:
        """Count one send for each key, in order; None where nothing is limited."""
        wanted = Counter(keys)
        windows = self._windows(wanted)
        if windows is None:
            return [None] * len(keys)
        steps = {windows[key].counter: n for key, n in wanted.items()}
        found = self._safely(lambda: counts.add(steps, _lifetime(windows)))
        if found is None:
            return [None] * len(keys)
        taken = {key: found[windows[key].counter] - n for key, n in wanted.items()}
        answers: list[Budget | RateLimited | None] = []
        for key in keys:
            taken[key] += 1
            answers.append(windows[key].answer(taken[key]))
        return answers

    def give_back(self, keys: Sequence[Key]) -> None:
        """Undo a `take` of just now, for sends that could not be stored after all."""
        wanted = Counter(keys)
        windows = self._windows(wanted)
        if windows:
            steps = {windows[key].counter: -n for key, n in wanted.items()}
            self._safely(lambda: counts.add(steps, _lifetime(windows)))

    def look(self, user_id: int, chat_id: str) -> Budget | None:
        """What is left, at no cost."""
        windows = self._windows([(user_id, chat_id)])
        if windows is None:
            return None
        ((_, window),) = windows.items()
        found = self._safely(lambda: counts.read([window.counter]))
        return None if found is None else window.budget(found[window.counter])

    def _windows(self, keys: "Counter[Key] | list[Key]") -> dict[Key, _Window] | None:
        rate = settings.RATE_LIMIT_SEND
        if rate == "0" or self._clock() < self._closed_until:
            return None
        now = time.time()
        return {key: _window(f"{key[0]}:{key[1]}", rate, now) for key in keys}

    def _safely(self, count: Callable[[], dict[str, int]]) -> dict[str, int] | None:
        try:
            return count()
        except Exception:  # whatever the cache's client raises while its server is away
            logger.warning("rate limit: counters out of reach, sending stays open", exc_info=True)
            self._closed_until = self._clock() + _PAUSE_AFTER_FAILURE
            return None


def _lifetime(windows: dict[Key, _Window]) -> int:
    return max((window.lifetime for window in windows.values()), default=0)


def _window(value: str, rate: str, now: float) -> _Window:
    limit, period = _parts(rate)
    last_second = _get_window(value, period)
    return _Window(
        counter=_counter(value, rate, last_second),
        limit=limit,
        lifetime=period + EXPIRATION_FUDGE,
        reset_ms=max(0, (last_second + 1) * 1000 - int(now * 1000)),
    )


_parts = lru_cache(_split_rate)


@lru_cache(maxsize=2_000)
def _counter(value: str, rate: str, last_second: int) -> str:
    return str(_make_cache_key(SEND, last_second, rate, value, ALL))


send_limit = SendLimit()
