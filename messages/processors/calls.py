"""Calls to upstreams: awaited by one thread, bounded in time, ended from any other thread."""

import asyncio
import math
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Self, TypeVar

from messages.clock import now_ms
from messages.processors.work import Progress, Stopped

T = TypeVar("T")
_LONGEST_WAIT_MS = 3_600_000
_TO_CLOSE = 0.5  # seconds


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
        self._stopped = False

    def __enter__(self) -> Self:
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

    def each(self, source: AsyncGenerator[T, None], *, seconds: float) -> Iterator[T]:
        """What comes out of `source`, with at most `seconds` between one and the next.

        The source is closed with the call.
        """
        self._exits.callback(self._close, source)
        while True:
            try:
                piece = self.wait(source.__anext__, seconds=seconds)
            except StopAsyncIteration:
                return
            yield piece

    def stop(self) -> None:
        """End the step that is running and all to come. For other threads; returns at once."""
        self._stopped = True
        with suppress(RuntimeError):  # The loop has closed in the meantime.
            self._loop.call_soon_threadsafe(self._cancel)

    def _cancel(self) -> None:
        if self._step is not None:
            self._step.cancel()

    def _close(self, source: AsyncGenerator[T, None]) -> None:
        with suppress(Exception):  # It is not wanted any more, whatever it has to say.
            self._runner.run(_closed(source))

    async def _within(self, step: Callable[[], Awaitable[T]], seconds: float) -> T:
        if self._stopped:
            raise Stopped
        self._step = asyncio.current_task()
        try:
            async with asyncio.timeout_at(min(self._ends_at, self._loop.time() + seconds)):
                return await step()
        finally:
            self._step = None


async def _closed(source: AsyncGenerator[T, None]) -> None:
    """From the outermost inwards; the loop's own end would close all generators at once."""
    async with asyncio.timeout(_TO_CLOSE):
        await source.aclose()
        await asyncio.sleep(0)  # What that has dropped is closed by tasks of the loop's own.
        while others := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(others)


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
