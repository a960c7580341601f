"""Database reads for the event loop: threads of our own, and look-ups read in groups."""

import asyncio
import logging
from collections.abc import Callable, Collection, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Generic, Protocol, TypeVar

from django.db import InterfaceError, OperationalError, connection

from messages.errors import Unavailable

logger = logging.getLogger(__name__)

THREADS = 8
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Read(Protocol):
    """Somebody who reads for the event loop."""

    async def __call__(self, function: Callable[..., T], *args: object) -> T: ...


class Readers:
    """A pool whose threads keep their database connections, apart from Django's shared thread."""

    def __init__(self, threads: int = THREADS) -> None:
        self._threads = threads
        self._pool: ThreadPoolExecutor | None = None

    async def __call__(self, function: Callable[..., T], *args: object) -> T:
        """The function's result; it is tried again once where its connection had died.

        Raises what the function raises, and Unavailable where the database is out of reach.
        """
        if self._pool is None:
            self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="reader")
        return await asyncio.get_running_loop().run_in_executor(self._pool, _run, function, args)

    def close(self) -> None:
        """End the threads and give their connections back."""
        if self._pool is None:
            return
        pool, self._pool = self._pool, None
        barrier = Barrier(self._threads)
        for _ in range(self._threads):
            pool.submit(_close_connection, barrier)
        pool.shutdown()


def _run(function: Callable[..., T], args: tuple[object, ...]) -> T:
    try:
        return _try_twice(function, args)
    except (OperationalError, InterfaceError) as error:
        logger.warning("reading: database out of reach (%r)", error)
        raise Unavailable from error
    finally:
        # With DEBUG, Django keeps what was executed till a request ends; here none does.
        connection.queries_log.clear()


def _try_twice(function: Callable[..., T], args: tuple[object, ...]) -> T:
    try:
        return function(*args)
    except (OperationalError, InterfaceError):
        if connection.connection is not None and connection.is_usable():
            raise
        connection.close()
        return function(*args)


def _close_connection(barrier: Barrier) -> None:
    barrier.wait(timeout=10)
    connection.close()


class Grouped(Generic[K, V]):
    """Look-ups by key, read together: what is asked for while one read is on its way is the next.

    `load` gets many keys and returns what it found; a key that is missing answers None.
    """

    def __init__(
        self, read: Readers, load: Callable[[Collection[K]], Mapping[K, V]], *, most: int = 200
    ):
        self._read = read
        self._load = load
        self._most = most
        self._waiting: dict[K, list[asyncio.Future[V | None]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, key: K) -> V | None:
        future: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(key, []).append(future)
        if self._task is None:
            self._task = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                keys = list(self._waiting)[: self._most]
                group = {key: self._waiting.pop(key) for key in keys}
                await self._answer(group)
        finally:
            self._task = None

    async def _answer(self, group: dict[K, list[asyncio.Future[V | None]]]) -> None:
        found: Mapping[K, V] = {}
        failure: Exception | None = None
        try:
            found = await self._read(self._load, list(group))
        except Exception as error:  # noqa: BLE001
            failure = error
        for key, futures in group.items():
            for future in futures:
                if future.done():
                    continue
                if failure is None:
                    future.set_result(found.get(key))
                else:
                    future.set_exception(failure)


read = Readers()
