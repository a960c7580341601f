"""One try under way, as its processor sees it and as the engine looks after it."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.dispatch import Signal

from messages.jobs import Claim
from messages.processors.work import Stopped

logger = logging.getLogger(__name__)

# Sent with `chat_id`, `message_id`, `rev`, `start` (in code points) and `text`: what has been
# added to an answer. Not stored, and allowed to be lost.
delta = Signal()


class Running:
    """The `Progress` of one claim. `add` is the worker's; `tell` and `unsaved` the engine's."""

    def __init__(self, claim: Claim, work: "Callable[[Running], None]", *, now: float) -> None:
        self.claim = claim
        # Not of an executor, whose threads the end of the process would wait for without end.
        self.thread = threading.Thread(target=work, args=[self], name="worker", daemon=True)
        self.rev = 0  # once it has begun
        self.beaten_at = self.saved_at = now
        self._text = ""
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
            self._text += storable(text)

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

    def tell(self) -> None:
        """Pass on what was added since the last time."""
        with self._lock:
            start, added = self._told, self._text[self._told :]
            if not added or self._is_closed or self._is_stopped:
                return
            self._told = len(self._text)
            claim = self.claim
            # Under the lock, so that no delta comes after the end.
            delta.send_robust(
                sender=None,
                chat_id=claim.chat_id,
                message_id=claim.message_id,
                rev=self.rev,
                start=start,
                text=added,
            )

    def unsaved(self) -> str | None:
        """The text so far, where it has grown since the last time."""
        with self._lock:
            if self._is_closed or self._is_stopped or len(self._text) == self._saved:
                return None
            self._saved = len(self._text)
            return self._text

    def _check(self) -> None:
        if self._is_stopped:
            raise Stopped


def _call(callback: Callable[[], None]) -> None:
    try:
        callback()
    except Exception:
        logger.exception("job: a callback of a stopped work failed")


Text = TypeVar("Text", str, str | None)


def storable(text: Text) -> Text:
    """Without what no database takes, and of the same length: NUL, lone surrogates."""
    if not text or ("\0" not in text and text.isascii()):
        return text
    clean = text.replace("\0", "\ufffd")
    return _LONE.sub("\ufffd", clean)


_LONE = re.compile("[\ud800-\udfff]")
