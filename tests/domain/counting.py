"""A process that takes from the limit: `python -m tests.domain.counting`, for `test_ratelimit.py`.

Prints how many of 16 threads' 800 sends were admitted, in odd portions, as the writer takes them.
"""

from concurrent.futures import ThreadPoolExecutor

import django
from django.apps import apps
from django.core.cache import cache

if not apps.ready:
    django.setup()

from messages import counts
from messages.ratelimit import Budget, SendLimit


def forget_counts() -> None:
    cache.clear()
    counts.local.clear()


def admitted() -> int:
    limit = SendLimit()

    def some(_: int) -> int:
        taken = [
            answer for n in (1, 4, 5) for _ in range(5) for answer in limit.take([(1, "a")] * n)
        ]
        return sum(isinstance(answer, Budget) for answer in taken)

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(some, range(16)))


if __name__ == "__main__":
    print(admitted())  # noqa: T201
