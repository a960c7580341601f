"""WebSocket framing, as little of RFC 6455 as the generator and the raw server need."""

import base64
import hashlib
import os
from dataclasses import dataclass

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
MASKED = 0x80
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def _header(opcode: int, length: int, mask: int) -> bytes:
    if length < 126:
        return bytes((opcode, mask | length))
    if length < 65536:
        return bytes((opcode, mask | 126)) + length.to_bytes(2, "big")
    return bytes((opcode, mask | 127)) + length.to_bytes(8, "big")


def server_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole unmasked frame."""
    return _header(opcode, len(payload), 0) + payload


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole masked frame, its mask zero.

    A zero mask keeps masking out of the generator's time; the server unmasks as always.
    """
    return _header(opcode, len(payload), MASKED) + b"\0\0\0\0" + payload


@dataclass(frozen=True)
class Frame:
    opcode: int
    payload: bytes
    end: int  # where the next frame begins


def read_client_frame(data: bytes, at: int) -> Frame | None:
    """The masked frame that begins at `at`, or None while it is incomplete."""
    if len(data) - at < 6:
        return None
    length, start = data[at + 1] & 0x7F, at + 2
    if length == 126:
        length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif length == 127:
        length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    end = start + 4 + length
    if len(data) < end:
        return None
    return Frame(data[at], unmask(data[start : start + 4], data[start + 4 : end]), end)


def unmask(mask: bytes, payload: bytes) -> bytes:
    """`payload` without its mask: one XOR of two long integers."""
    length = len(payload)
    if not length:
        return payload
    repeated = (mask * (length // 4 + 1))[:length]
    plain = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return plain.to_bytes(length, "little")


def upgrade_request(path: str, host: str, headers: dict[str, str]) -> bytes:
    """The client's half of the opening handshake."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def upgrade_response(key: bytes) -> bytes:
    """The server's half, for the client's Sec-WebSocket-Key."""
    accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
