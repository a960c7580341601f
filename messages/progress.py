"""One try under way, as its processor sees it and as the engine looks after it."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.dispatch import Signal

from messages.jobs import Claim
from messages.processors.text import Pieces
from messages.processors.work import Stopped
from messages.told import Telling

logger = logging.getLogger(__name__)

# Sent with `chat_id`, `message_id`, `rev`, `start` (in code points) and `text`: what has been
# added to an answer. Not stored, and allowed to be lost.
delta = Signal()


class Running:
    """The `Progress` of one claim. `add` is the worker's, to tell and to save the engine's."""

    def __init__(self, claim: Claim, work: "Callable[[Running], None]", *, now: float) -> None:
        self.claim = claim
        # Not of an executor, whose threads the end of the process would wait for without end.
        self.thread = threading.Thread(target=work, args=[self], name="worker", daemon=True)
        self.rev = 0  # once it has begun
        self.beaten_at = self.saved_at = now
        self._text = ""
        self._pieces = Pieces()
        self._told = 0
        self._saved = 0
        self._callbacks: list[Callable[[], None]] = []
        self._is_stopped = False
        self._is_closed = False
        self._lock = threading.Lock()

    @property
    def text(self) -> str:
        return self._text

    @property
    def is_stopped(self) -> bool:
        return self._is_stopped

    def add(self, text: str) -> None:
        with self._lock:
            self._check()
            self._text += self._pieces.take(text)

    def check(self) -> None:
        with self._lock:
            self._check()

    @contextmanager
    def on_stop(self, callback: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            stopped = self._is_stopped
            if not stopped:
                self._callbacks.append(callback)
        if stopped:
            _call(callback)
        try:
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)

    def stop(self) -> None:
        """End it: now for who waits in a call, at the next word for who adds."""
        with self._lock:
            if self._is_stopped:
                return
            self._is_stopped = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            _call(callback)

    def close(self) -> None:
        """Its end is being written: nothing more is told or saved. Raises Stopped."""
        with self._lock:
            self._check()
            self._is_closed = True
            self._text += self._pieces.rest()

    def untold(self) -> Telling | None:
        """What is to be kept before more is told, where more was added since the last time."""
        with self._lock:
            if self._is_over or len(self._text) == self._told:
                return None
            claim, start = self.claim, self._saved
            return Telling(claim.message_id, claim.token, start, self._text[start:])

    def tell(self, kept: Telling) -> None:
        """Pass on what is kept by now and was not told before."""
        with self._lock:
            start, end = self._told, kept.start + len(kept.text)
            if self._is_over or start >= end:
                return
            self._told = end
            claim = self.claim
            # Under the lock, so that no delta comes after the end.
            delta.send_robust(
                sender=None,
                chat_id=claim.chat_id,
                message_id=claim.message_id,
                rev=self.rev,
                start=start,
                text=self._text[start:end],
            )

    def unsaved(self) -> str | None:
        """The text so far, where it has grown since it was saved."""
        with self._lock:
            if self._is_over or len(self._text) == self._saved:
                return None
            return self._text

    def saved(self, text: str) -> None:
        """So much of it is stored."""
        with self._lock:
            self._saved = len(text)

    @property
    def _is_over(self) -> bool:
        return self._is_closed or self._is_stopped

    def _check(self) -> None:
        if self._is_stopped:
            raise Stopped


def _call(callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception:
        logger.exception("job: a callback of a stopped work failed")
