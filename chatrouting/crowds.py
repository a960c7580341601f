"""Who has many connections to the other processes, as those say it every now and then.

Counted nowhere together: a process that is killed just says nothing any more, and opening a
connection asks nobody. What another has let in since it spoke last is not known.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

# A process has said nothing for so long: it has none any more. In seconds, a few ticks.
LIFETIME = 6.0
# Told from this part of a limit on; whoever has few anywhere has not too many anywhere.
_SHARE = 10

Counts = Mapping[str, int]
T = TypeVar("T")


class Crowds:
    """By process, when it spoke last and whom it named."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[str, tuple[float, Counts]] = {}

    def hear(self, process: str, counts: Counts) -> None:
        self._told[process] = self._clock(), counts

    def of(self, key: str) -> int:
        """How many connections to the others are known of."""
        if not self._told:
            return 0
        now = self._clock()
        self._told = {name: told for name, told in self._told.items() if now - told[0] < LIFETIME}
        return sum(counts.get(key, 0) for _, counts in self._told.values())


def many(counts: Iterable[tuple[T, int]], most: int, key_of: Callable[[T], str]) -> dict[str, int]:
    """Of these, who is to be told of where `most` is the limit (0: there is none), by key."""
    least = max(1, most // _SHARE)
    return {key_of(who): count for who, count in counts if count >= least} if most else {}


def of_user(user_id: int) -> str:
    return f"user {user_id}"


def of_address(place: str) -> str:
    return f"address {place}"
