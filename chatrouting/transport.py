"""Writing ready frames straight to uvicorn's transport.

Through ASGI every delivery makes a coroutine, a frame object and its serialisation, for each of
a room's listeners anew; ready-made frames halve the cost of a delivery (`make bench`, S1). Only
the server's own objects are used, found behind `send`; under any other server `of` answers None
and everything goes through ASGI.
"""

from collections.abc import Callable
from typing import Any

try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
except ImportError:  # another uvicorn: ASGI serves as well
    WebSocketsSansIOProtocol = None  # type: ignore[assignment,misc]


# More than this is not held back for the end of the turn, so that the transport can push back.
MAX_TOGETHER = 16_384


def text_frame(text: str) -> bytes:
    """A whole unmasked text message, as RFC 6455 §5.2 has it."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return b"\x81%c" % size + payload
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2) + payload
    return b"\x81\x7f" + size.to_bytes(8) + payload


class DirectTransport:
    """An accepted uvicorn connection without extensions.

    What is written within one turn of the loop goes out together: a commit brings a connection
    several events and an answer of its own, and a system call costs more than making them.
    """

    __slots__ = ("_frames", "_is_closing", "_is_writable", "_loop", "_server", "_size", "_write")

    def __init__(self, server: Any) -> None:
        self._server = server
        self._loop = server.loop
        self._is_closing: Callable[[], bool] = server.transport.is_closing
        self._is_writable: Callable[[], bool] = server.writable.is_set
        self._write: Callable[[list[bytes]], None] = server.transport.writelines
        self._frames: list[bytes] = []
        self._size = 0

    @property
    def is_ready(self) -> bool:
        """Whether a frame may be written now: open, and the client takes what it is sent."""
        return self._is_writable() and not self._is_closing() and not self._server.close_sent

    def write(self, frame: bytes) -> None:
        """Take a frame, and send it at the end of this turn, or at once where it is much."""
        if not self._frames:
            self._loop.call_soon(self.flush)
        self._frames.append(frame)
        self._size += len(frame)
        if self._size > MAX_TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Send what was taken: before anything that goes another way, too."""
        if self._frames:
            frames, self._frames, self._size = self._frames, [], 0
            if not self._is_closing() and not self._server.close_sent:
                self._write(frames)

    def abort(self) -> None:
        self._server.transport.abort()


def abort_http(send: Any) -> None:
    """Drop the connection of a request whose client takes nothing. ASGI has no word for it:
    under another server than uvicorn its own time-outs have to do."""
    abort = getattr(getattr(getattr(send, "__self__", None), "transport", None), "abort", None)
    if abort is not None:
        abort()


def of(send: Any) -> DirectTransport | None:
    """The transport behind an ASGI `send`, after `websocket.accept`."""
    server = getattr(send, "__self__", None)
    if WebSocketsSansIOProtocol is None or not isinstance(server, WebSocketsSansIOProtocol):
        return None
    if server.conn.extensions or not server.handshake_complete:
        return None
    return DirectTransport(server)
