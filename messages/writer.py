"""The one thread of a process that writes: concurrent sends are committed in groups.

One fsync serves whatever is waiting, SQLite meets one writer instead of many, and what one
connection sends is stored in the order it was sent.
"""

import atexit
import logging
import queue
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from django.db import DatabaseError, InterfaceError, connection, transaction

from messages.acceptance import Accepted, accept_all
from messages.drafts import Draft
from messages.errors import ChatError, Internal, Unavailable
from messages.waiting import let_go_of_database

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000
MAX_GROUP = 256
T = TypeVar("T")


# Called in the writing thread with the result or the refusal, once it is committed.
Answer = Callable[[Any], None]


class _Send(NamedTuple):
    draft: Draft
    answer: Answer


class _Call(NamedTuple):
    function: Callable[[], Any]
    answer: Answer


_Job = _Send | _Call


class Writer:
    """Accepts sends and calls from any thread; answers when they are committed."""

    def __init__(self, *, max_waiting: int = MAX_WAITING) -> None:
        self._waiting: queue.Queue[_Job | None] = queue.Queue(max_waiting)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, job: "Draft | Callable[[], Any]", answer: Answer) -> None:
        """Store a draft, or run any other verb, with whatever else is waiting.

        A verb opens its own transaction. Raises Unavailable where too much is waiting.
        """
        self._put(_Send(job, answer) if isinstance(job, Draft) else _Call(job, answer))

    def submit(self, draft: Draft) -> "Future[Accepted]":
        """The same for a draft, as a future."""
        future: Future[Accepted] = Future()
        self.ask(draft, partial(_settle, future))
        return future

    def accept(self, draft: Draft) -> Accepted:
        """The same, waited for; raises the refusal."""
        return _result(self.submit(draft))

    def submit_call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> "Future[T]":
        """The same for any other verb."""
        future: Future[T] = Future()
        self.ask(partial(function, *args, **kwargs), partial(_settle, future))
        return future

    def call(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """The same, waited for; raises what the verb raises."""
        return _result(self.submit_call(function, *args, **kwargs))

    def drain(self, timeout: float = 5.0) -> bool:
        """Take nothing new, write what waits, and end; whether it ended in time."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
        if thread is None:
            return True
        self._waiting.put(None)
        thread.join(timeout)
        return not thread.is_alive()

    def reopen(self) -> None:
        """Take work again after a drain."""
        self._closed = False

    def _put(self, job: _Job) -> None:
        with self._lock:
            if self._closed:
                raise Unavailable
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
                self._thread.start()
            try:
                self._waiting.put_nowait(job)
            except queue.Full:
                raise Unavailable(retry_after_ms=1000) from None

    def _run(self) -> None:
        ended = False
        try:
            while not ended:
                jobs = self._take_group()
                ended = jobs[-1] is None
                for kind, group in groupby(jobs, key=type):
                    if kind is _Send:
                        _write_sends([job for job in group if isinstance(job, _Send)])
                    elif kind is _Call:
                        _write_calls([job for job in group if isinstance(job, _Call)])
                # With DEBUG, Django keeps what was executed till a request ends; here none does.
                connection.queries_log.clear()
        finally:
            connection.close()

    def _take_group(self) -> list[_Job | None]:
        """What is waiting, at least one and in order; None ends it."""
        jobs = [self._waiting.get()]
        while jobs[-1] is not None and len(jobs) < MAX_GROUP:
            try:
                jobs.append(self._waiting.get_nowait())
            except queue.Empty:
                break
        return jobs


def _result(future: "Future[T]") -> T:
    """Wait for it without a connection that is not the thread's own: were all of them held by who
    waits for the writer, it would wait for one itself."""
    if connection.settings_dict["CONN_MAX_AGE"] is not None:
        let_go_of_database()
    return future.result()


def _write_sends(sends: Sequence[_Send]) -> None:
    try:
        outcomes = accept_all([send.draft for send in sends])
    except Exception as error:  # noqa: BLE001
        _recover(error, sends, _write_sends)
        return
    for send, outcome in zip(sends, outcomes, strict=True):
        send.answer(outcome)


def _write_calls(calls: Sequence[_Call]) -> None:
    """Without row locks calls share a transaction too; with them each has its own, since two
    processes that hold several chats' locks could wait for each other."""
    if len(calls) > 1 and connection.features.has_select_for_update:
        for call in calls:
            _write_calls([call])
        return
    try:
        with transaction.atomic():
            outcomes = [_try(call) for call in calls]
    except Exception as error:  # noqa: BLE001
        _recover(error, calls, _write_calls)
        return
    for call, outcome in zip(calls, outcomes, strict=True):
        call.answer(outcome)


def _try(call: _Call) -> Any:
    try:
        with transaction.atomic():
            return call.function()
    except ChatError as refusal:
        return refusal


def _recover(error: Exception, jobs: Sequence[Any], write: Callable[[Sequence[Any]], None]) -> None:
    """A group that failed as a whole is tried one by one; what fails alone is answered so.

    Trying a send again is safe even where the first commit did arrive: its clientMessageId
    finds it. Clients try again for the same reason.
    """
    if not connection.is_usable():
        connection.close()
    if len(jobs) > 1:
        for job in jobs:
            write([job])
        return
    trace_id = secrets.token_hex(8)
    logger.error("writer: not stored, traceId %s", trace_id, exc_info=error)
    is_outage = isinstance(error, DatabaseError | InterfaceError)
    jobs[0].answer(Unavailable() if is_outage else Internal(details={"traceId": trace_id}))


def _settle(future: "Future[Any]", outcome: Any) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(outcome, ChatError):
        future.set_exception(outcome)
    else:
        future.set_result(outcome)


writer = Writer()
atexit.register(writer.drain)
