"""What waits to go out on one connection: sent at once while the client reads, else bounded."""

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, MutableMapping
from functools import partial
from typing import Any

from chatrouting.transport import DirectTransport, text_frame

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# As texts are kept in memory: one emoji makes every character of its text cost four bytes.
MAX_BYTES = 512 * 1024
MAX_FRAMES = 1_000
_EMPTY = sys.getsizeof("")


class Outbox:
    """Frames in order. `push` never waits, which is why one loop can serve a whole room.

    While the transport takes frames, each is written within `push`, without a task. Once it
    pushes back, a task finishes that frame and then the queue. `on_drain` is called when it has,
    and when nothing will ever go out any more. `direct`, where the server has one, saves the
    way through ASGI.
    """

    direct: DirectTransport | None = None
    on_drain: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, send: Send, *, clock: Callable[[], float]) -> None:
        self._send = send
        self._clock = clock
        self._queue: deque[str] = deque()
        self._bytes = 0
        self._task: asyncio.Task[None] | None = None
        self._progress_at = 0.0
        self.closed = False

    @property
    def is_full(self) -> bool:
        return self._bytes > MAX_BYTES or len(self._queue) > MAX_FRAMES

    @property
    def is_idle(self) -> bool:
        return self._task is None

    def stuck_for(self) -> float:
        """Seconds since the client last took anything that waits for it."""
        return 0.0 if self._task is None else self._clock() - self._progress_at

    def push(self, text: str, frame: bytes | None = None) -> bool:
        """Send or queue one message; False where it is not taken, because the queue is full.

        `frame` is the text made ready by `text_frame`, once for everybody who gets it.
        """
        if self._task is not None:
            if self.is_full:
                return False
            self._enqueue(text)
        elif not self.closed:
            self._write(text, frame)
        return True

    def push_always(self, text: str) -> None:
        """The same for what must not be dropped: replies, bounded by the actions under way."""
        if self._task is not None:
            self._enqueue(text)
        elif not self.closed:
            self._write(text)

    def push_if_idle(self, text: str) -> None:
        """The same for what may be dropped."""
        if self._task is None and not self.closed:
            self._write(text)

    def flush(self) -> None:
        """Send what was written in this turn at once, not at its end."""
        if self.direct is not None:
            self.direct.flush()

    async def drained(self) -> None:
        """Wait until nothing is queued."""
        self.flush()
        while self._task is not None:
            await asyncio.wait([self._task])

    async def has_room(self) -> None:
        """Wait until what is queued is little, as it is all the time where the client reads."""
        while self._task is not None and self.is_full:
            await asyncio.wait([self._task])

    def forget(self) -> list[str]:
        """Drop what waits; what is on its way goes out, and whatever is pushed from now on."""
        dropped = list(self._queue)
        self._bytes -= sum(map(_size, dropped))
        self._queue.clear()
        return dropped

    def close(self) -> None:
        """Drop everything; nothing goes out any more, and whoever waits for room is told."""
        self.closed = True
        self._queue.clear()
        self._bytes = 0
        if self._task is not None:
            self._task.cancel()
            # Not left to the task: one that is cancelled before its first step never ends itself.
            self._task = None
        self.on_drain()

    def _enqueue(self, text: str) -> None:
        self._queue.append(text)
        self._bytes += _size(text)

    def _write(self, text: str, frame: bytes | None = None) -> None:
        if self.direct is not None:
            if self.direct.is_ready:
                self.direct.write(text_frame(text) if frame is None else frame)
                return
            self.direct.flush()
        coroutine: Any = self._send({"type": "websocket.send", "text": text})
        try:
            waits_for = coroutine.send(None)
        except StopIteration:
            return
        except Exception:  # the client is gone; the receive loop hears of it by itself  # noqa: BLE001
            self.closed = True
            return
        self._progress_at = self._clock()
        self._bytes = _size(text)
        self._task = asyncio.get_running_loop().create_task(self._drain(coroutine, waits_for, text))

    async def _drain(self, first: Coroutine[Any, Any, None], waits_for: Any, text: str) -> None:
        try:
            await _Continued(first, waits_for)
            self._bytes -= _size(text)
            while self._queue:
                self._progress_at = self._clock()
                text = self._queue.popleft()
                await self._send({"type": "websocket.send", "text": text})
                self._bytes -= _size(text)
        except Exception:  # noqa: BLE001  # the client is gone
            self._task = None
            self.close()
        else:
            self._task = None
            self.on_drain()


def _size(text: str) -> int:
    return sys.getsizeof(text) - _EMPTY


class _Continued:
    """Awaits a coroutine whose first step was taken by hand and left it waiting for something."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        while True:
            step = partial(self._coroutine.send, None)
            try:
                yield waits_for
            except BaseException as thrown:  # noqa: BLE001  # it is the coroutine's to handle
                step = partial(self._coroutine.throw, thrown)
            try:
                waits_for = step()
            except StopIteration:
                return
