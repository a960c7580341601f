"""An engine's ear for tests: hears everything, and can stop the work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from messages.processors.work import Stopped


class Recorder:
    """A Progress. With `stop_after` it stops the work, from the worker's thread, at that text."""

    def __init__(self, *, stop_after: int | None = None) -> None:
        self.texts: list[str] = []
        self.is_stopped = False
        self._stop_after = stop_after
        self._callbacks: list[Callable[[], None]] = []

    def add(self, text: str) -> None:
        self.check()
        assert text
        self.texts.append(text)
        if len(self.texts) == self._stop_after:
            self.stop()

    def check(self) -> None:
        if self.is_stopped:
            raise Stopped

    @contextmanager
    def on_stop(self, callback: Callable[[], None]) -> Iterator[None]:
        if self.is_stopped:
            callback()
        self._callbacks.append(callback)
        try:
            yield
        finally:
            self._callbacks.remove(callback)

    def stop(self) -> None:
        self.is_stopped = True
        for callback in list(self._callbacks):
            callback()

    @property
    def text(self) -> str:
        return "".join(self.texts)

    @property
    def is_listening(self) -> bool:
        """Whether anything still waits to be told of a stop."""
        return bool(self._callbacks)


def stop_soon(progress: Recorder) -> Callable[[], None]:
    """Stops the work from a thread of its own, when whoever waits is likely to wait."""
    return lambda: threading.Timer(0.05, progress.stop).start()
