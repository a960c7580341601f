"""The work on messages, done by threads of this process: woken, looked after, and ended with it.

What is worked on is decided by the rows alone. A wake-up that comes twice, late or never costs
time, since due work is looked for each second.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import structlog
from django.db import connection
from structlog.contextvars import bind_contextvars

from messages import jobs
from messages.clock import now_ms
from messages.errors import ChatError
from messages.jobs import Claim
from messages.log import LoggedEvent
from messages.models import Status
from messages.processors import PROCESSORS
from messages.processors.text import storable
from messages.processors.work import Done, Failure, FailureCode, Stopped
from messages.progress import Running
from messages.rendering import render
from messages.teller import Teller
from messages.writer import writer

logger = structlog.get_logger(__name__)

THREADS = 100
SWEEP = 1.0  # seconds between two looks for due work
PULSE = 0.07  # between two deltas of a text
SAVE = 1.0  # between two times the text so far is kept
LOOK = 0.5  # between two looks whether running work is still wanted


def is_new_work(event: LoggedEvent) -> bool:
    return event.message is not None and event.message["status"] == Status.PENDING


def is_unwanted(event: LoggedEvent) -> bool:
    """Whether work on its message, should there be any, is to stop."""
    if event.message is None:
        return False
    is_cancelled = event.data is not None and event.data.get("change") == "cancel"
    return is_cancelled or bool(event.message["removed"])


class Engine:
    """One loop takes due jobs and looks after running ones, of which there are up to `threads`."""

    def __init__(
        self,
        *,
        threads: int = THREADS,
        lease_ms: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threads = threads
        self._lease_ms = lease_ms or jobs.LEASE_MS
        self._clock = clock
        self._running: dict[str, Running] = {}
        self._awake = threading.Event()
        self._teller = Teller(self._awake.set)
        self._is_ending = False
        self._loop: threading.Thread | None = None
        self._saver: ThreadPoolExecutor | None = None
        self._saving: Future[None] | None = None
        self._swept_at = self._looked_at = float("-inf")

    def start(self) -> None:
        self._is_ending = False
        # One thread: rendering long answers takes no more of the process than that.
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="saver")
        self._loop = threading.Thread(target=self._run, name="engine", daemon=True)
        self._loop.start()
        kinds = ", ".join(sorted(PROCESSORS)) or "nothing"
        logger.info("engine: threads in this process", threads=self._threads, types=kinds)

    def stop(self, timeout: float = 5.0) -> None:
        """Take nothing new, stop what runs and give it back, before the writer ends."""
        if self._loop is None or self._saver is None:
            return
        until = time.monotonic() + timeout
        self._is_ending = True
        self._awake.set()
        self._loop.join(timeout)
        running = list(self._running.values())
        for one in running:
            one.stop()
        self._saver.shutdown(wait=False, cancel_futures=True)
        self._loop = self._saver = None
        for one in running:
            one.thread.join(max(0.0, until - time.monotonic()))
        left = sum(one.thread.is_alive() for one in running)
        if left:
            logger.error("engine: works did not stop in time", works=left, seconds=timeout)

    def hear(self, events: Sequence[LoggedEvent]) -> None:
        """Committed events, from any thread: new work, or work that is no longer wanted."""
        for event in events:
            if is_new_work(event):
                self.look()
            elif is_unwanted(event):
                self.look_after()

    def look(self) -> None:
        """Look for due work now, not within the next second; from any thread."""
        self._swept_at = float("-inf")
        self._awake.set()

    def look_after(self) -> None:
        """Look now whether what runs is still wanted; from any thread."""
        self._looked_at = float("-inf")
        self._awake.set()

    # --- the loop --------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._is_ending:
                try:
                    self.turn()
                except Exception as error:  # noqa: BLE001
                    # The database is away, or too much is being written: leases bridge it.
                    logger.warning("engine: a turn failed", error=repr(error))
                    connection.close()
                    self._awake.wait(SWEEP)
                connection.queries_log.clear()
                self._awake.wait(PULSE if self._running else SWEEP)
                self._awake.clear()
        finally:
            connection.close()

    def turn(self) -> None:
        """Whatever is due now."""
        now = self._clock()
        running = list(self._running.values())
        self._beat([one for one in running if self._is_beat_due(one, now)], now)
        if self._saver is not None and (self._saving is None or self._saving.done()):
            unsaved = [one for one in running if now - one.saved_at >= SAVE]
            self._saving = self._saver.submit(self._save, unsaved) if unsaved else None
        if running and now - self._looked_at >= LOOK:
            self._looked_at = now
            self._stop_lost(running)
        if now - self._swept_at >= SWEEP:
            self._swept_at = now
            self._take_due()
        if not self._teller.turn(running):  # last, since it fails where too much is being written
            self.look_after()

    def _take_due(self) -> None:
        free = self._threads - len(self._running)
        kinds = list(PROCESSORS)
        if free <= 0 or not jobs.is_any_due(kinds, now=now_ms()):
            return
        claims = writer.call(jobs.take, kinds, limit=free, now=now_ms(), lease_ms=self._lease_ms)
        for claim in claims:
            running = Running(claim, self._work, now=self._clock())
            self._running[claim.token] = running
            running.thread.start()

    def _is_beat_due(self, running: Running, now: float) -> bool:
        return (now - running.beaten_at) * 3000 >= self._lease_ms

    def _beat(self, running: Sequence[Running], now: float) -> None:
        if not running:
            return
        claims = [one.claim for one in running]
        writer.call(jobs.heartbeat, claims, now=now_ms(), lease_ms=self._lease_ms)
        for one in running:
            one.beaten_at = now

    def _save(self, running: Sequence[Running]) -> None:
        for one in running:
            one.saved_at = self._clock()
            text = one.unsaved()
            try:
                if text and writer.call(jobs.save, one.claim, text, render(text)):
                    one.saved(text)
                elif text:
                    one.stop()
            except ChatError as refusal:
                logger.warning("job: not saved", error=refusal.code.value, **_ids(one.claim))

    def _stop_lost(self, running: Sequence[Running]) -> None:
        lost = jobs.lost([one.claim for one in running])
        for one in running:
            if one.claim.token in lost:
                one.stop()

    # --- a worker --------------------------------------------------------------------------------

    def _work(self, running: Running) -> None:
        claim = running.claim
        bind_contextvars(**_ids(claim))  # for every line of this thread, the processor's too
        try:
            self._try(running)
        except Stopped:
            self._give_back(claim)
        except Failure as failure:
            self._end(running, failure)
        except ChatError as refusal:
            # It could not be written; the lease expires, and somebody takes it up again.
            logger.warning("job: not written", error=refusal.code.value)
        except Exception:
            if not running.is_stopped:  # else a call that was cut short says so
                logger.exception("job: the processor failed")
            detail = "Something went wrong while working on this."
            code = FailureCode.PROCESSING_FAILED
            self._end(running, Failure(code, detail, retryable=True))
        finally:
            self._running.pop(claim.token, None)
            connection.close()
            self.look()

    def _try(self, running: Running) -> None:
        claim = running.claim
        begun = writer.call(jobs.begin, claim)
        if begun is None:
            return
        running.rev = begun.rev
        done = PROCESSORS[claim.type](begun.work, running)
        done = _storable(done)
        html = render(done.content or "")
        running.close()
        writer.call(jobs.complete, claim, done, html=html, now=now_ms())

    def _end(self, running: Running, failure: Failure) -> None:
        try:
            running.close()
            text = running.text
            partial = (text, render(text)) if text else None
            writer.call(jobs.fail, running.claim, failure, now=now_ms(), partial=partial)
        except Stopped:
            self._give_back(running.claim)
        except ChatError as refusal:
            logger.warning("job: its end was not written", error=refusal.code.value)

    def _give_back(self, claim: Claim) -> None:
        """Work that was stopped since this process ends is for another; other is nobody's."""
        try:
            writer.call(jobs.release, claim)
        except ChatError:
            logger.warning("job: not given back; its lease expires")


def _ids(claim: Claim) -> dict[str, str]:
    return {"messageId": claim.message_id, "chatId": claim.chat_id}


def _storable(done: Done) -> Done:
    metadata = {
        name: storable(value) if isinstance(value, str) else value
        for name, value in done.metadata.items()
    }
    content, transcript = done.content, done.transcript
    return Done(content and storable(content), metadata, transcript and storable(transcript))
