"""The threads that Django's requests run on, one for each request that is under way."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from django.db import connections

MOST_IDLE = 8


class Threads:
    """Kept for the next request, and with them their connections: to begin either costs more than
    most requests do. Lives on one event loop."""

    def __init__(self) -> None:
        self._idle: list[ThreadPoolExecutor] = []

    @contextmanager
    def one(self) -> Iterator[ThreadPoolExecutor]:
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "request")
        try:
            yield thread
        finally:
            if len(self._idle) < MOST_IDLE:
                self._idle.append(thread)
            else:
                _end(thread, wait=False)

    def close(self) -> None:
        """End those that are idle and give their connections back."""
        while self._idle:
            _end(self._idle.pop(), wait=True)


def _end(thread: ThreadPoolExecutor, *, wait: bool) -> None:
    thread.submit(connections.close_all)
    thread.shutdown(wait=wait)


threads = Threads()
