"""Nothing that was committed after the end of a sign-in leaves this process for that sign-in.

What was committed comes with the number of the last ending that may have come before it
(`messages.endings`). It waits until this process has looked that far and has ended the connections
of whose sign-in is over; as a rule it has, and nothing waits.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar

from chatrouting.reading import Read, Readers
from messages.endings import NOWHERE, News, newest, since
from messages.errors import Unavailable

logger = logging.getLogger(__name__)

T = TypeVar("T")


class _Waiting(NamedTuple):
    do: Callable[[], None]
    drop: Callable[[], None]


class Endings:
    """How far this process has looked. Lives on one event loop."""

    def __init__(self, read: Read, let_go: Callable[[News], Awaitable[None]]) -> None:
        self.known = NOWHERE
        self._read = read
        self._own = Readers(threads=1)  # everybody waits for it, so it waits for nobody
        self._let_go = let_go
        self._waiting: list[_Waiting] = []
        self._looking: asyncio.Task[None] | None = None

    def then(self, ending: int | None, do: Callable[..., None], *args: Any) -> None:
        """Do it once whoever is over up to that number has been let go; without a number, up to
        now. Where nobody can look it is not done at all: rooms read from the log what they miss."""
        if ending is not None and ending <= self.known:
            do(*args)
        else:
            self._wait(_Waiting(partial(do, *args), _nothing))

    async def read(self, function: Callable[..., T], *args: object) -> T:
        """Read something that is to leave. Raises what the function raises, and Unavailable."""
        found, ending = await self._read(_and_newest, function, args)
        if ending > self.known:
            await self.look()
        return found

    async def look(self) -> None:
        """Let go whose sign-in has ended by now; raises Unavailable."""
        looked = asyncio.get_running_loop().create_future()
        self._wait(_Waiting(partial(_settle, looked), partial(_fail, looked)))
        await looked

    async def tick(self) -> None:
        await self.look()

    async def close(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
        await asyncio.to_thread(self._own.close)

    def _wait(self, waiting: _Waiting) -> None:
        self._waiting.append(waiting)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_while_somebody_waits())

    async def _look_while_somebody_waits(self) -> None:
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                has_looked = await self._has_looked()
                _call([one.do if has_looked else one.drop for one in waiting])
        finally:
            self._looking = None

    async def _has_looked(self) -> bool:
        try:
            news = await self._own(since, self.known)
            if news.ended != []:
                await self._let_go(news)
        except Exception as error:  # noqa: BLE001
            logger.warning("whose sign-in is over was not looked at: %r", error)
            return False
        self.known = news.newest
        return True


def _and_newest(function: Callable[..., T], args: Sequence[object]) -> tuple[T, int]:
    """The number is read last, so that it is no older than anything that was found."""
    found = function(*args)
    return found, newest()


def _call(functions: Sequence[Callable[[], None]]) -> None:
    for function in functions:
        try:
            function()
        except Exception:
            logger.exception("what had waited failed")


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _fail(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_exception(Unavailable())


def _nothing() -> None: ...
