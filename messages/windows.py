"""One limit: its counters in the windows of its rate, and whether they can be reached at all."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, _split_rate

from messages.counts import Counter
from messages.errors import RateLimited

logger = logging.getLogger(__name__)

# While the counters can't be reached nobody waits for them every time.
PAUSE_AFTER_FAILURE = 5.0
_MAX_KNOWN = 5_000  # of each limit; what is older than its period is of no use

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Budget:
    """What is left of a limit, and when it is whole again."""

    remaining: int
    reset_ms: int
    limit: int

    def as_dict(self) -> dict[str, int]:
        return {"remaining": self.remaining, "resetMs": self.reset_ms}


class Window(NamedTuple):
    """One counter in the present window of its rate; slow mode has no windows, and no rate."""

    counter: Counter
    scope: str
    rate: str = ""
    ends_ms: int = 0

    def budget(self, count: int, now_ms: int) -> Budget:
        limit = self.counter.limit
        return Budget(max(0, limit - count), max(0, self.ends_ms - now_ms), limit)

    def refusal(self, wait_ms: int, now_ms: int, sentence: Any = None) -> RateLimited:
        if self.ends_ms:
            wait_ms = max(0, self.ends_ms - now_ms)
        return RateLimited(
            sentence, scope=self.scope, limit=self.counter.limit, retry_after_ms=wait_ms
        )


class Windows:
    """The windows of one limit. Names and times are django-ratelimit's."""

    def __init__(self, group: str, setting: str, scope: str) -> None:
        self._scope = scope
        self._group = group
        self._setting = setting
        self._known: dict[str, Window] = {}

    def of(self, value: str, now_ms: int) -> Window | None:
        """None where nothing is limited."""
        rate: str = getattr(settings, self._setting)
        if rate == "0":
            return None
        known = self._known.get(value)
        if known is not None and known.rate == rate and known.ends_ms > now_ms:
            return known
        if len(self._known) >= _MAX_KNOWN:
            self._known.clear()
        limit, period = rate_of(rate)
        last_second = _get_window(value, period)
        name = str(_make_cache_key(self._group, last_second, rate, value, ALL))
        counter = Counter(name, limit, (period + EXPIRATION_FUDGE) * 1000)
        window = self._known[value] = Window(counter, self._scope, rate, (last_second + 1) * 1000)
        return window


class Counters:
    """Whether the counters can be reached; after a failure nobody tries for a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._closed_until = 0.0

    @property
    def is_closed(self) -> bool:
        return self._clock() < self._closed_until

    def ask(self, count: Callable[[], T]) -> T | None:
        try:
            return count()
        except Exception:  # whatever the cache's client raises while its server is away
            logger.warning("rate limit: the counters are out of reach", exc_info=True)
            self._closed_until = self._clock() + PAUSE_AFTER_FAILURE
            return None


def clock_ms() -> int:
    return int(time.time() * 1000)


@lru_cache
def rate_of(setting: str) -> tuple[int, int]:
    """Count and seconds of `20/10s`; 0 and 1 for no limit."""
    count, seconds = (0, 1) if setting == "0" else _split_rate(setting)
    return count, seconds
