"""Calls to upstreams: awaited by one thread, bounded in time, ended from any other thread."""

import asyncio
import math
import ssl
import threading
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Self, TypeVar

from messages.clock import now_ms
from messages.processors.ready import Ready
from messages.processors.work import Progress, Stopped
from messages.waiting import let_go_of_database

T = TypeVar("T")
_LONGEST_WAIT_MS = 3_600_000
_TOGETHER = 0.08  # seconds


class Call:
    """A conversation with an upstream, made of steps that are awaited one after the other.

    The steps run in a loop of this thread's own, because only what is awaited can be ended at any
    point: while connecting, while nothing comes, in the middle of a line. Between two steps no
    loop runs, so the thread may use the database (Django refuses that under a running loop).
    """

    def __init__(self, progress: Progress, *, seconds: float) -> None:
        self._progress = progress
        self._seconds = seconds
        self._runner = asyncio.Runner(loop_factory=asyncio.SelectorEventLoop)
        self._step: asyncio.Task[object] | None = None
        self._stopped = threading.Event()

    def __enter__(self) -> Self:
        let_go_of_database()
        with ExitStack() as exits:
            exits.enter_context(self._runner)
            self._loop = self._runner.get_loop()
            self._ends_at = self._loop.time() + self._seconds
            exits.enter_context(self._progress.on_stop(self.stop))
            self._exits = exits.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exits.__exit__(kind, error, trace)

    @property
    def is_over(self) -> bool:
        """Whether all the time is used up; tells one TimeoutError from another."""
        return self._loop.time() >= self._ends_at

    def wait(self, step: Callable[[], Awaitable[T]], *, seconds: float = math.inf) -> T:
        """The step's result; raises TimeoutError, Stopped, and what the step raises."""
        self._progress.check()
        try:
            return self._runner.run(self._within(step, seconds))
        except asyncio.CancelledError:
            raise Stopped from None

    def each(self, source: AsyncGenerator[T, None], *, seconds: float) -> Iterator[list[T]]:
        """What comes out of `source`, with at most `seconds` between one piece and the next.

        Pieces that come close together come as one list, since each waking of a thread costs more
        than reading does; the first comes at once. The source is closed with the call.
        """
        ready = Ready(source)
        self._exits.callback(self._close, ready)
        while pieces := self.wait(ready.take, seconds=seconds):
            again_at = self._loop.time() + _TOGETHER
            yield pieces
            if ready.is_waiting:
                self._stopped.wait(max(again_at - self._loop.time(), 0))

    def stop(self) -> None:
        """End the step that is running and all to come. For other threads; returns at once."""
        self._stopped.set()
        with suppress(RuntimeError):  # The loop has closed in the meantime.
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._step is not None:
            self._step.cancel()

    def _close(self, ready: Ready[T]) -> None:
        with suppress(Exception):  # It is not wanted any more, whatever it has to say.
            self._runner.run(ready.close())

    async def _within(self, step: Callable[[], Awaitable[T]], seconds: float) -> T:
        if self._stopped.is_set():
            raise Stopped
        self._step = asyncio.current_task()
        try:
            async with asyncio.timeout_at(min(self._ends_at, self._loop.time() + seconds)):
                return await step()
        finally:
            self._step = None


@cache
def tls() -> ssl.SSLContext:
    """One for all calls: reading the machine's certificates takes 20 ms."""
    return ssl.create_default_context()


def retry_after_ms(headers: Mapping[str, str]) -> int | None:
    """`Retry-After` in either form, at most an hour (RFC 9110 §10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.replace(".", "", 1).isdigit():
        wait = float(value) * 1000
    else:
        try:
            until = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() * 1000 - now_ms()
    return int(min(max(wait, 0), _LONGEST_WAIT_MS))
