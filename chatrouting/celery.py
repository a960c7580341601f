"""Celery's processes: `celery -A chatrouting worker -P threads` and `celery -A chatrouting beat`.

A worker is a server process without sockets: its rooms are empty, its doorbell rings for the
others, its engine works. Celery brings the wake-ups, and decides nothing.
"""

import asyncio
import logging
import os
import threading
import time
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatrouting.settings")
django.setup(set_prefix=False)

from celery import signals  # noqa: E402
from celery.beat import Scheduler  # noqa: E402
from celery.concurrency import get_implementation  # noqa: E402
from celery.concurrency.thread import TaskPool  # noqa: E402
from django.conf import settings  # noqa: E402

from chatrouting.process import process  # noqa: E402
from chatrouting.wakeups import LOOK, Sender, app  # noqa: E402
from messages.engine import THREADS, Engine  # noqa: E402

logger = logging.getLogger(__name__)

# Stopping work, storing what is under way, telling of it: a little more than `process` takes.
LEAVE = 12.0
LAST_WORD = 1.0
WEDGED = 4.0  # what Celery has after that
PERIOD = 1.0  # seconds between two wake-ups of beat


class Work:
    """The engine and its event loop, which run beside Celery's own loop."""

    def __init__(self) -> None:
        self._started, self._left = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, threads: int) -> None:
        self.engine = Engine(threads=threads)
        self._thread = threading.Thread(target=self._live, name="work", daemon=True)
        self._thread.start()
        self._started.wait()
        if self._left.is_set():
            raise SystemExit("The engine did not start, as the log says.")

    def leave(self) -> None:
        """Begin to; returns at once."""
        if self._thread is not None and not self._left.is_set():
            self._loop.call_soon_threadsafe(self._ending.set)

    def stop(self) -> None:
        """Leave, and have another worker take at once what was given back."""
        if self._thread is None:
            return
        self.leave()
        self._left.wait(LEAVE)
        last = threading.Thread(target=Sender().send, daemon=True)
        last.start()
        last.join(LAST_WORD)

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        finally:
            self._left.set()
            self._started.set()
        # The main thread ends the process meanwhile, unless Celery waits for a broker that is
        # frozen. There is nothing left that could be lost.
        time.sleep(WEDGED)
        logger.warning("leaving without Celery, which waits for its broker")
        os._exit(0)

    async def _run(self) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        process.start(self.engine)
        self._started.set()
        await self._ending.wait()
        await process.leave()
        await process.stop()


work = Work()


@app.task(name=LOOK)
def look() -> None:
    """Look for whatever is due."""
    work.engine.look()


class Beat(Scheduler):
    """Has a worker look each second: for what became due, and for what a dead one held.

    There is no schedule to keep, so any number of these may run, and none has to.
    """

    def setup_schedule(self) -> None:
        _require_celery()
        self._sender = Sender()
        self._sender.start()

    def tick(self, *args: Any, **kwargs: Any) -> float:
        self._sender.wake()
        return PERIOD

    def close(self) -> None:
        self._sender.stop(LAST_WORD)
        super().close()


@signals.setup_logging.connect
def log_as_django_does(**_: Any) -> None:
    """Celery configures logging where nobody listens here."""


@signals.worker_init.connect
def start(sender: Any, **_: Any) -> None:
    """Before the broker is asked for anything: work goes on without it."""
    _require_celery()
    if get_implementation(sender.pool_cls) is not TaskPool:
        raise SystemExit("A worker of chatrouting is started with -P threads, no other pool.")
    asked = sender.concurrency
    work.start(asked if isinstance(asked, int) else THREADS)


@signals.worker_shutting_down.connect
def leave(**_: Any) -> None:
    """In the handler of the signal; Celery's own end takes its time meanwhile."""
    work.leave()


@signals.worker_shutdown.connect
def stop(**_: Any) -> None:
    work.stop()


def _require_celery() -> None:
    if settings.ENGINE != "celery":
        raise SystemExit(
            "ENGINE is threads, so the servers do the work; Celery needs REDIS_URL, ENGINE=celery."
        )
