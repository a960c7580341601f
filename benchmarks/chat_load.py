"""One chat under load: its sockets, what was published, what came of it."""

import orjson

from benchmarks.client import Socket
from benchmarks.dialects import Dialect
from benchmarks.servers import Server


class ChatLoad:
    """The first of the members publishes, all of them count.

    A message is in flight until the last member has it, so nobody runs ahead of delivery.
    """

    def __init__(self, chat: str, dialect: Dialect, *, members: int, in_flight: int) -> None:
        self.chat = chat
        self.sockets: list[Socket] = []
        self.published = self.delivered = 0
        self._dialect = dialect
        self._members = members
        self._in_flight = in_flight
        self._acknowledged = self._joined = 0
        self._refused: list[bytes] = []
        self._due = 0
        self._open = False

    async def join(self, server: Server, headers: dict[str, str]) -> None:
        socket = Socket(self._dialect.event, self._heard, self._other)
        self.sockets.append(socket)
        headers = {**self._dialect.headers, **headers}
        await socket.open(server.host, server.port, self._dialect.path(self.chat), headers)

    def start(self) -> None:
        self._open = True
        self._top_up()

    def stop(self) -> None:
        self._open = False

    def ping(self) -> None:
        """Silence for a minute would close the sockets that only listen."""
        for socket in self.sockets:
            socket.send(b'{"action":"ping","id":"ping"}')

    def publish_last(self) -> None:
        """One more message, which every socket keeps for `problems` to look at."""
        for socket in self.sockets:
            socket.keep = True
        self.publish()

    @property
    def ready(self) -> bool:
        """Whether every member is subscribed; without acknowledgements a handshake says so."""
        return not self._dialect.acknowledges or self._joined >= self._members

    @property
    def settled(self) -> bool:
        """Whether every message was delivered to everybody and acknowledged."""
        acknowledged = self._acknowledged if self._dialect.acknowledges else self.published
        return self.delivered >= self.published * self._members and acknowledged >= self.published

    def problems(self) -> list[str]:
        """Empty if each member heard each message exactly once and the last one last."""
        wrong = [f"refused {frame.decode()}" for frame in self._refused]
        for socket in self.sockets:
            if socket.closed:
                wrong.append(f"closed {socket.closed}")
            elif socket.events != self.published:
                wrong.append(f"heard {socket.events} of {self.published}")
            elif socket.keep and not self._is_last(socket.kept):
                wrong.append(f"ended with {socket.kept}")
        return [f"{self.chat}: {line}" for line in wrong]

    def _is_last(self, kept: list[bytes]) -> bool:
        contents = [self._dialect.content_of(event) for event in kept]
        return len(contents) == 1 and f"{self.published:08d}" in contents[0]

    def publish(self) -> None:
        self.published += 1
        self.sockets[0].send_frames(self._dialect.publish(self.chat, self.published))

    def _heard(self, events: int) -> None:
        self.delivered += events
        if self.delivered >= self._due and self._open:
            self._top_up()

    def _top_up(self) -> None:
        done = self.delivered // self._members
        while self.published - done < self._in_flight:
            self.publish()
        self._due = (done + 1) * self._members

    def _other(self, payload: bytes) -> None:
        frame = orjson.loads(payload)
        match frame.get("op"), frame.get("ok"):
            case "reply", True:
                self._joined += frame["id"] is None
                self._acknowledged += isinstance(frame["id"], int)
            case "reply" | "error" | "notice", _:
                self._refused.append(payload)
