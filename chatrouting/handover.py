"""From other threads to the event loop: many calls, one wake-up."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any


class Handover:
    """Calls handed over from any thread are made on the loop, in order.

    Waking the loop costs more than what is called then; a commit hands over hundreds at once.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._calls: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self._is_awake = False

    def __call__(self, function: Callable[..., None], *args: Any) -> None:
        """Dropped where the loop has ended."""
        self._calls.append((function, args))
        if not self._is_awake and not self._loop.is_closed():
            self._is_awake = True
            self._loop.call_soon_threadsafe(self._make)

    def _make(self) -> None:
        self._is_awake = False  # first, since more may come while these are made
        try:
            while self._calls:
                function, args = self._calls.popleft()
                function(*args)
        finally:
            if self._calls:  # one has failed, and the loop says so
                self._loop.call_soon(self._make)
