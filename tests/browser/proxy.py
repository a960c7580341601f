"""A proxy in front of a server, of the kind that lets some things pass and not others."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from tests.shapes.ports import free_port

_REFUSAL = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PIECE = 65_536


class Proxy:
    """One connection for each request. Refuses what `refuses` names: `"sockets"` by a 403, and
    `"streams"` by keeping back a stream of events until it ends, as one that buffers answers."""

    def __init__(self, port: int, *, refuses: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self._to = port
        self._refuses = refuses
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await self._pass_on(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        is_socket = b"\r\nupgrade: websocket" in head.lower()
        if is_socket and "sockets" in self._refuses:
            writer.write(_REFUSAL)
            await writer.drain()
            return
        back, forth = await asyncio.open_connection("127.0.0.1", self._to)
        try:
            forth.write(head if is_socket else _once(head))
            is_kept_back = "streams" in self._refuses and b"/api/v1/stream/" in head
            answer = _keep_back(back, writer) if is_kept_back else _copy(back, writer)
            await _first(_copy(reader, forth), answer)
        finally:
            forth.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(_PIECE):
        target.write(piece)
        await target.drain()


async def _keep_back(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    target.write(await source.read(-1))
    await target.drain()


async def _first(up: Coroutine[Any, Any, None], down: Coroutine[Any, Any, None]) -> None:
    """Until the answer is over, or whoever asked has left."""
    tasks = [asyncio.ensure_future(up), asyncio.ensure_future(down)]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _once(head: bytes) -> bytes:
    """The same request, for a connection of its own."""
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])
