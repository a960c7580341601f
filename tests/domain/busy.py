"""Keeping a writer busy, so that what is submitted meanwhile waits together."""

import contextlib
import threading
from collections.abc import Iterator

from messages.writer import Writer


@contextlib.contextmanager
def busy(writer: Writer) -> Iterator[threading.Event]:
    """Until the end, or until the event is set. Busy in a transaction: nobody else can write."""
    go, begun = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        assert go.wait(30)

    writer.submit_call(wait)
    assert begun.wait(30)
    try:
        yield go
    finally:
        go.set()
