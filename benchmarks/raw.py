"""The peer to beat: a bare uvloop server that writes one ready frame to every socket of a room.

No accounts, no storage, no order to restore, no limits: what is left is one write per message per
socket, the most that Python can do this way. A room is an address; what one of its sockets says
is said to all of them, the speaker included.
"""

import asyncio
import os
from typing import cast

import uvloop

from benchmarks.frames import CLOSE, PING, PONG, read_client_frame, server_frame, upgrade_response

ROOMS: dict[bytes, set[asyncio.Transport]] = {}


class RawConnection(asyncio.Protocol):
    def __init__(self) -> None:
        self._rest = b""
        self._room: set[asyncio.Transport] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it

    def connection_lost(self, error: Exception | None) -> None:
        if self._room is not None:
            self._room.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        if self._room is None:
            self._rest = data
            self._open()
            return
        at = 0
        while (frame := read_client_frame(data, at)) is not None:
            at = frame.end
            self._frame(frame.opcode, frame.payload)
        self._rest = data[at:]

    def _open(self) -> None:
        head, separator, rest = self._rest.partition(b"\r\n\r\n")
        if not separator:
            return
        request, *lines = head.split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines)
        path = request.split()[1]
        self._room = ROOMS.setdefault(path, set())
        self._room.add(self._transport)
        self._rest = rest
        self._transport.write(upgrade_response(headers[b"Sec-WebSocket-Key"]))

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == CLOSE:
            self._transport.close()
        elif opcode == PING:
            self._transport.write(server_frame(payload, PONG))
        elif self._room is not None:
            ready = server_frame(payload)
            for member in self._room:
                member.write(ready)


async def main(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(RawConnection, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(os.environ["PORT"])))
