"""The generator's socket: counts what it hears in the byte stream, parses next to nothing."""

import asyncio
from collections.abc import Callable
from typing import cast

from benchmarks.frames import CLOSE, PING, PONG, TEXT, client_frame, upgrade_request


class Refused(Exception):
    """The server answered the handshake with something else, or closed a socket under us."""


class Socket(asyncio.Protocol):
    """One WebSocket connection.

    `heard(n)` is told how many events arrived at once; an event is a frame that begins with
    `event`, which is all that is looked at. `other(payload)` gets every other text frame whole.
    With `keep` on, events are parsed by nobody but kept in `kept`.
    """

    def __init__(
        self, event: bytes, heard: Callable[[int], None], other: Callable[[bytes], None]
    ) -> None:
        self._event = event
        self._heard = heard
        self._other = other
        self._rest = b""
        self._opening: asyncio.Future[None] | None = None
        self.events = 0
        self.keep = False
        self.kept: list[bytes] = []
        self.closed: str | None = None

    async def open(self, host: str, port: int, path: str, headers: dict[str, str]) -> "Socket":
        """Connect and shake hands; raises Refused."""
        loop = asyncio.get_running_loop()
        self._opening = loop.create_future()
        await loop.create_connection(lambda: self, host, port)
        self._transport.write(upgrade_request(path, f"{host}:{port}", headers))
        await self._opening
        return self

    def send(self, payload: bytes) -> None:
        self._transport.write(client_frame(payload))

    def send_frames(self, frames: bytes) -> None:
        """Frames made by `client_frame`, in one write."""
        self._transport.write(frames)

    def abort(self) -> None:
        self.closed = "by us"
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = self.closed or f"connection lost ({error})"
        if self._opening is not None and not self._opening.done():
            self._opening.set_exception(Refused(self.closed))

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        at = self._opened(data) if self._opening is not None else 0
        if at < 0:
            self._rest = data
        else:
            self._frames(data, at)

    def _frames(self, data: bytes, at: int) -> None:
        events, event, end = 0, self._event, len(data)
        while end - at >= 2:
            length, start = data[at + 1], at + 2
            if length == 126:
                if end - at < 4:
                    break
                length, start = data[at + 2] << 8 | data[at + 3], at + 4
            elif length == 127:
                length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
            stop = start + length
            if stop > end:
                break
            if not data.startswith(event, start):
                self._unusual(data[at], data[start:stop])
            else:
                events += 1
                if self.keep:
                    self.kept.append(data[start:stop])
            at = stop
        self._rest = data[at:] if at < end else b""
        if events:
            self.events += events
            self._heard(events)

    def _opened(self, data: bytes) -> int:
        """Where frames begin once the handshake is through, -1 before."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return -1
        opening, self._opening = self._opening, None
        assert opening is not None
        if data.startswith(b"HTTP/1.1 101"):
            opening.set_result(None)
            return end + 4
        opening.set_exception(Refused(data[:end].split(b"\r\n")[0].decode()))
        return len(data)

    def _unusual(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self._other(payload)
        elif opcode == PING:
            self._transport.write(client_frame(payload, PONG))
        elif opcode == CLOSE:
            code = int.from_bytes(payload[:2], "big")
            self.closed = self.closed or f"{code} {payload[2:].decode(errors='replace')}"
