"""Connections that cost the tester little: bytes are kept as they come, and read at the end."""

import asyncio
from itertools import count
from time import monotonic
from typing import Any, cast

import orjson

from tests.shapes.server import ServerProcess

_KEY = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
_UPGRADE = f"Connection: Upgrade\r\nUpgrade: websocket\r\n{_KEY}"
_TEXT, _CLOSE, _PING = 1, 8, 9


class Wire(asyncio.Protocol):
    """`ended_at` is when the server has closed it, or has said so."""

    def __init__(self, path: str, headers: str) -> None:
        self.data = bytearray()
        self.ended_at: float | None = None
        self.ended = asyncio.Event()
        self._request = f"GET {path} HTTP/1.1\r\n{headers}\r\n"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, _: Exception | None) -> None:
        self._end()

    def close(self) -> None:
        self.transport.abort()

    def _end(self) -> None:
        if self.ended_at is None:
            self.ended_at = monotonic()
            self.ended.set()

    async def open(self, server: ServerProcess) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", server.port)
        self.transport.write(f"{self._request}Host: 127.0.0.1:{server.port}\r\n\r\n".encode())


class StreamWire(Wire):
    """A stream of server-sent events."""

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if data.endswith(b"0\r\n\r\n"):  # the last chunk of an answer
            self._end()

    def frames(self) -> list[dict[str, Any]]:
        lines = bytes(self.data).split(b"\n")
        return [orjson.loads(line[6:]) for line in lines if line.startswith(b"data: ")]


class SocketWire(Wire):
    """A WebSocket; `heard` frames of text are counted as they come, and parsed by `frames`."""

    def __init__(self, path: str, headers: str) -> None:
        super().__init__(path, f"{_UPGRADE}{headers}")
        self.heard = 0
        self.close_code: int | None = None
        self._at = 0
        self._places: list[tuple[int, int]] = []

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._at:
            self._at = self.data.find(b"\r\n\r\n") + 4 if b"\r\n\r\n" in self.data else 0
        while self._at and self._take():
            pass

    def frames(self) -> list[dict[str, Any]]:
        return [orjson.loads(self.data[start:end]) for start, end in self._places]

    def send(self, *frames: dict[str, Any]) -> None:
        self.transport.write(b"".join(map(_masked, frames)))

    def _take(self) -> bool:
        """The next frame, where it is whole."""
        data, at = self.data, self._at
        if len(data) < at + 4:
            return False
        length, start = data[at + 1], at + 2
        if length > 125:
            size = 2 if length == 126 else 8
            start += size
            length = int.from_bytes(data[at + 2 : start])
        if len(data) < start + length:
            return False
        self._at = start + length
        if data[at] & 15 == _TEXT:
            self.heard += 1
            self._places.append((start, self._at))
        elif data[at] & 15 == _PING:
            self.transport.write(bytes([0x8A, 0x80 | length]) + bytes(4) + data[start : self._at])
        elif data[at] & 15 == _CLOSE:
            self.close_code = int.from_bytes(data[start : start + 2])
            self._end()
            self.close()
        return True


def _masked(frame: dict[str, Any]) -> bytes:
    """As a client has to send it; the mask that changes nothing is one too."""
    payload = orjson.dumps(frame)
    assert 125 < len(payload) < 65_536
    return b"\x81\xfe" + len(payload).to_bytes(2) + bytes(4) + payload


class Writer:
    """Sends to a chat without waiting for each answer, on a socket that hears nothing else."""

    def __init__(self, server: ServerProcess, token: str, chat_id: str) -> None:
        self._server = server
        self._wire = SocketWire("/ws/chat/", f"Authorization: Bearer {token}")
        self._chat_id = chat_id
        self._numbers = count(1)
        self._sent = 0

    async def open(self) -> None:
        await self._wire.open(self._server)
        while not self._wire.heard:
            await asyncio.sleep(0.01)

    @property
    def answered(self) -> int:
        return self._wire.heard - 1  # but for hello

    @property
    def under_way(self) -> int:
        return self._sent - self.answered

    def say(self, messages: int) -> None:
        assert not self._wire.ended.is_set(), self._wire.close_code
        self._wire.send(*(self._frame(next(self._numbers)) for _ in range(messages)))
        self._sent += messages

    def refused(self) -> list[dict[str, Any]]:
        return [f for f in self._wire.frames()[1:] if f["op"] != "reply" or not f["ok"]]

    def close(self) -> None:
        self._wire.close()

    def _frame(self, number: int) -> dict[str, Any]:
        key = f"{id(self)}-{number}"
        return {
            "action": "send",
            "id": number,
            "chatId": self._chat_id,
            "clientMessageId": key,
            "type": "user",
            "content": f"{key}, in the middle of a flood of messages by two people",
        }
