"""Scripted upstreams on loopback: a real HTTP server in a thread that does what a scene says."""

import json
import select
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came; names of headers in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """What a scene says on one connection, byte by byte if it wants."""

    def __init__(self, connection: socket.socket, server: "Upstream") -> None:
        self._connection = connection
        self.server = server

    def head(self, status: int = 200, **headers: str) -> None:
        lines = [f"HTTP/1.1 {status} Scripted"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.raw("\r\n".join([*lines, "Connection: close", "", ""]).encode())

    def whole(self, status: int, body: bytes, **headers: str) -> None:
        """An answer of known length."""
        self.head(status, Content_Length=str(len(body)), **headers)
        self.raw(body)

    def raw(self, data: bytes) -> None:
        self._connection.sendall(data)

    def chunk(self, data: bytes) -> None:
        """One chunk of a chunked answer; empty for its end."""
        self.raw(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def wait_until_left(self) -> None:
        """Until the other side has hung up."""
        while not self.has_left(seconds=60):
            pass

    def has_left(self, *, seconds: float) -> bool:
        readable, _, _ = select.select([self._connection], [], [], seconds)
        return bool(readable) and self._connection.recv(1) == b""


Scene = Callable[[Wire, Asked], None]


class Upstream:
    """`with Upstream(scene) as upstream:` serves at `upstream.url`.

    `asked` has every request; `left` is set when a client hung up before the scene was over.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.asked: list[Asked] = []
        self.left = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.upstream = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def at_request(self, callback: Callable[[], None]) -> None:
        """Call this at each request, before its scene."""
        scene = self.scene

        def with_callback(wire: Wire, asked: Asked) -> None:
            callback()
            scene(wire, asked)

        self.scene = with_callback

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()  # Waits for the scenes.


class _Server(ThreadingHTTPServer):
    upstream: Upstream
    daemon_threads = False
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Asked(self.command, self.path, headers, body)
        upstream = self.server.upstream
        upstream.asked.append(asked)
        try:
            upstream.scene(Wire(self.connection, upstream), asked)
        except (BrokenPipeError, ConnectionResetError):
            upstream.left.set()

    do_POST = do_GET  # noqa: N815 - its base class looks for these names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nobody reads it."""
