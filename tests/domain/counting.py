"""A process that takes from the limits: `python -m tests.domain.counting`, for `test_ratelimit.py`.

Prints how many of 16 threads' 800 sends were admitted, in odd portions, as the writer takes them.
With `crowd` each thread is somebody else in the same chat.
"""

import sys
from concurrent.futures import ThreadPoolExecutor

import django
from django.apps import apps
from django.core.cache import cache

if not apps.ready:
    django.setup()

from messages import counts
from messages.ratelimit import Budget, Sender, SendLimit


def forget_counts() -> None:
    cache.clear()
    counts.local.clear()


def admitted(*, crowd: bool = False) -> int:
    limit = SendLimit()

    def some(thread: int) -> int:
        sender = Sender(thread if crowd else 1, "a")
        portions = [[sender] * n for n in (1, 4, 5) for _ in range(5)]
        taken = [answer for portion in portions for answer in limit.take(portion)]
        return sum(isinstance(answer, Budget) for answer in taken)

    with ThreadPoolExecutor(16) as pool:
        return sum(pool.map(some, range(16)))


if __name__ == "__main__":
    print(admitted(crowd="crowd" in sys.argv))  # noqa: T201
