"""What has come from an upstream by now: all of it at one waking, however many pieces it is."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

T = TypeVar("T")
_AT_ONCE = 64
_TO_CLOSE = 0.5  # seconds


class Ready(Generic[T]):
    """Takes from a generator what it gives without waiting; the next piece stays asked for."""

    def __init__(self, source: AsyncGenerator[T, None]) -> None:
        self._source = source
        self._next: asyncio.Task[T] | None = None

    async def take(self) -> list[T]:
        """At least one piece and those that are there with it, _AT_ONCE at most; empty at the end.

        Raises what the source raises, after the pieces that came before it were taken.
        """
        pieces: list[T] = []
        while not pieces or (self._has_one() and len(pieces) < _AT_ONCE):
            try:
                pieces.append(await self._asked())
            except StopAsyncIteration:
                return pieces
            self._next = None
            self._asked()
            await asyncio.sleep(0)  # Its turn: done, unless it has to wait.
        return pieces

    @property
    def is_waiting(self) -> bool:
        """Whether what comes next has not come yet: a piece, the end or an error."""
        return self._next is not None and not self._next.done()

    async def close(self) -> None:
        """From the outermost inwards; a loop's own end would close all generators at once."""
        async with asyncio.timeout(_TO_CLOSE):
            if self._next is not None:
                self._next.cancel()
                await asyncio.wait([self._next])
                _ = self._next.cancelled() or self._next.exception()  # Nobody asks any more.
            await self._source.aclose()
            await asyncio.sleep(0)  # What that has dropped is closed by tasks of the loop's own.
            while others := asyncio.all_tasks() - {asyncio.current_task()}:
                await asyncio.wait(others)

    def _has_one(self) -> bool:
        return (
            self._next is not None
            and self._next.done()
            and not self._next.cancelled()
            and self._next.exception() is None
        )

    def _asked(self) -> asyncio.Task[T]:
        if self._next is None:
            self._next = asyncio.create_task(self._step())
        return self._next

    async def _step(self) -> T:
        return await self._source.__anext__()
