"""uvicorn's connections with an end to what they wait for and keep of a client that only begins.

The server by itself waits for ever for the rest of a request, takes a head of any length, and
any number of connections from one address.
"""

from asyncio import TimerHandle, Transport
from collections import Counter
from collections.abc import Iterable
from math import inf
from typing import Any

from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.protocol import State

from messages.addresses import counted

MAX_HEAD = 65_536  # bytes of a request line and its headers
# Behind proxies this is theirs; the clients' sockets are counted by the middleware.
open_from: Counter[str] = Counter()


class PatientHttp(HttpToolsProtocol):
    """Closes who asks too slowly, at too great a length, or on too many connections."""

    _timer: TimerHandle | None = None
    _until = inf
    _is_in_head = True
    _head = 0

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        place = _place(self.client)
        open_from[place] += 1
        most = settings.MAX_CONNECTIONS_ADDRESS
        if place and most and not settings.TRUSTED_PROXIES and open_from[place] > most:
            transport.abort()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        _leave(self.client)
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._forget()
        self.connections.discard(self)
        connection = CountedSocket(self.config, self.server_state, self.app_state)
        connection.connection_made(self.transport)
        connection.begin(_handshake(self.scope, self.url))
        self.transport.set_protocol(connection)
        # The two hold each other: only the collector would free them.
        self.parser = None  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head:
            self._head += len(data)
            if self._head > MAX_HEAD:
                self.transport.abort()

    def on_message_begin(self) -> None:
        self._is_in_head, self._head = True, 0
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._stop_waiting()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete:  # and not a later request under way already
            self._wait()

    def _wait(self) -> None:
        """Not longer than so from now on. One timer serves many waits, since setting one costs."""
        self._until = self.loop.time() + settings.REQUEST_SECONDS
        if self._timer is None:
            self._timer = self.loop.call_at(self._until, self._look)

    def _stop_waiting(self) -> None:
        self._until = inf

    def _look(self) -> None:
        self._timer = None
        if self._until <= self.loop.time():
            self.transport.abort()
        elif self._until < inf:
            self._timer = self.loop.call_at(self._until, self._look)

    def _forget(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class CountedSocket(WebSocketsSansIOProtocol):
    """A connection that was counted before it became a socket."""

    def begin(self, handshake: Request) -> None:
        """Take a handshake that was read already. The server by itself writes it out again, for
        another parser: a tenth of what it costs to connect (`make bench`, S3)."""
        self.conn.state = State.OPEN  # in which what comes is read as frames
        self.conn.parser = self.conn.parse()
        next(self.conn.parser)
        self.conn.state = State.CONNECTING
        self.handle_connect(handshake)
        self.request = None  # type: ignore[assignment]  # nobody reads it again

    def send_receive_event_to_app(self) -> None:
        """What is no text is the application's to answer, as bytes are. The server by itself ends
        the connection, and logs a traceback each time."""
        if self.curr_msg_data_type == "text" and not _is_text(self.frames):
            self.curr_msg_data_type = "bytes"
        super().send_receive_event_to_app()

    def connection_lost(self, exc: Exception | None) -> None:
        _leave(self.client)
        super().connection_lost(exc)


def _is_text(frames: Iterable[bytes]) -> bool:
    try:
        b"".join(frames).decode()  # of one frame the very same bytes, not a copy
    except UnicodeDecodeError:
        return False
    return True


def _handshake(scope: Any, url: bytes) -> Request:
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    protocol = f"HTTP/{scope['http_version']}"
    return Request(url.decode("ascii"), Headers(headers), scope["method"], protocol)


def _place(client: Any) -> str:
    return counted(client[0]) if client else ""


def _leave(client: Any) -> None:
    place = _place(client)
    open_from[place] -= 1
    if open_from[place] <= 0:
        del open_from[place]
