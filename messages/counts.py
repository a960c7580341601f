"""Where counts are kept for a while: in this process, or in Redis where several count together."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django_redis import get_redis_connection

_FEW = 1_000  # not worth looking through


class Counter(NamedTuple):
    """A count that may go up to `limit`, and ends `lifetime_ms` after its first step."""

    name: str
    limit: int
    lifetime_ms: int


class Want(NamedTuple):
    """So many steps, each on all of these counters or on none."""

    steps: int
    counters: Sequence[Counter]


class Taken(NamedTuple):
    """How many of a want's steps were granted, and what stood in the way of the others.

    `counted` is the first counter's count, after them. `refused_by` is the place in the want of the
    counter that was used up, or -1; `wait_ms` is what is left of its life.
    """

    granted: int
    counted: int
    refused_by: int
    wait_ms: int


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

    def take(self, wants: Iterable[Want]) -> list[Taken]:
        """Grant each want as far as it goes, in order."""
        with self._lock:
            now = self._clock()
            self._make_room(now)
            return [self._take(want, now) for want in wants]

    def _take(self, want: Want, now: float) -> Taken:
        granted, refused_by, wait_ms = want.steps, -1, 0
        found = []
        for place, (name, limit, lifetime_ms) in enumerate(want.counters):
            count, until = self._counts.get(name, (0, 0.0))
            if until <= now:
                count, until = 0, now + lifetime_ms / 1000
            if limit - count < granted:
                granted, refused_by = max(0, limit - count), place
                wait_ms = int((until - now) * 1000) + 1
            found.append((name, count, until))
        if granted:
            for name, count, until in found:
                self._counts[name] = count + granted, until
        return Taken(granted, found[0][1] + granted if found else 0, refused_by, wait_ms)

    def give_back(self, steps: Mapping[str, int]) -> None:
        """Take each count back by so many steps; one that has ended does not begin by that."""
        with self._lock:
            now = self._clock()
            for name, back in steps.items():
                count, until = self._counts.get(name, (0, 0.0))
                if until > now:
                    self._counts[name] = max(0, count - back), until

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


def take(wants: Sequence[Want]) -> list[Taken]:
    """Grant each want as far as it goes, in order; exact however many count at once."""
    return _take_in_redis(wants) if settings.REDIS_URL else local.take(wants)


def give_back(steps: Mapping[str, int]) -> None:
    """Take each count back by so many steps, never below nothing; one that has ended stays so."""
    if settings.REDIS_URL:
        _give_back_in_redis(steps)
    else:
        local.give_back(steps)


def read(names: Iterable[str]) -> dict[str, int]:
    if not settings.REDIS_URL:
        return local.read(names)
    return {name: cache.get(name, 0) for name in names}


# Keys are the counters; the arguments first their limits and lifetimes, then for each want its
# steps, how many counters it has, and which. The answer has the four numbers of `Taken` for each.
_TAKE = """
local before, now, answer = redis.call('MGET', unpack(KEYS)), {}, {}
for i = 1, #KEYS do before[i] = tonumber(before[i]) or 0; now[i] = before[i] end
local at = 2 * #KEYS + 1
while at <= #ARGV do
  local granted, size, refused, wait = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), -1, 0
  for place = 1, size do
    local i = tonumber(ARGV[at + 1 + place])
    local left = math.max(0, tonumber(ARGV[2 * i - 1]) - now[i])
    if left < granted then
      granted, refused, wait = left, place - 1, redis.call('PTTL', KEYS[i])
    end
  end
  for place = 1, size do
    local i = tonumber(ARGV[at + 1 + place])
    now[i] = now[i] + granted
  end
  local first = size > 0 and now[tonumber(ARGV[at + 2])] or 0
  for _, number in ipairs({granted, first, refused, wait}) do answer[#answer + 1] = number end
  at = at + size + 2
end
for i = 1, #KEYS do
  local step = now[i] - before[i]
  if step > 0 and redis.call('INCRBY', KEYS[i], step) == step then
    redis.call('PEXPIRE', KEYS[i], ARGV[2 * i])
  end
end
return answer
"""


def _take_in_redis(wants: Sequence[Want]) -> list[Taken]:
    """In one round trip for all, and in one step there: nobody counts in between."""
    places: dict[Counter, int] = {}
    asked: list[int] = []
    for steps, counters in wants:
        asked += (steps, len(counters))
        asked += [places.setdefault(counter, len(places) + 1) for counter in counters]
    keys = [cache.make_key(counter.name) for counter in places]
    limits = [n for counter in places for n in (counter.limit, counter.lifetime_ms)]
    answer: list[int] = _script()(keys=keys, args=[*limits, *asked])
    found = [Taken(*answer[at : at + 4]) for at in range(0, len(answer), 4)]
    return [_with_wait(want, taken) for want, taken in zip(wants, found, strict=True)]


def _with_wait(want: Want, taken: Taken) -> Taken:
    """A counter used up within these wants was not there yet when it was asked for its life."""
    if taken.wait_ms >= 0:
        return taken
    granted, count, refused_by, _ = taken
    return Taken(granted, count, refused_by, want.counters[refused_by].lifetime_ms)


def _script() -> Any:
    return get_redis_connection("default").register_script(_TAKE)


def _give_back_in_redis(steps: Mapping[str, int]) -> None:
    """By one command for all, since the client takes longer over each than the server does."""
    names = [cache.make_key(counter) for counter in steps]
    get_redis_connection("default").eval(_GIVE_BACK, len(names), *names, *steps.values())


_GIVE_BACK = """
for i, name in ipairs(KEYS) do
    local back = math.min(tonumber(ARGV[i]), tonumber(redis.call('GET', name)) or 0)
    if back > 0 then redis.call('DECRBY', name, back) end
end
"""
