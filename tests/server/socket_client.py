"""One WebSocket connection of a test: asks, listens, and keeps what it hears in order."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from typing import Any

import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PATIENCE = 10.0
LONGEST = 60.0
PING_INTERVAL = 20.0
Frame = dict[str, Any]


class Refused(Exception):
    """A reply that is not ok; `error` is its error object."""

    def __init__(self, error: Frame) -> None:
        super().__init__(error)
        self.error = error
        self.code: str = error["code"]


class Lost(Exception):
    """The connection ended before the reply came."""


class SocketClient:
    """`heard` has every frame but the replies; `on_frame` is called with each, in order."""

    def __init__(
        self, connection: ClientConnection, on_frame: Callable[[Frame], None] = lambda _: None
    ) -> None:
        self.connection = connection
        self.heard: list[Frame] = []
        self.on_frame = on_frame
        self._ids = count(1)
        self._asked: dict[Any, tuple[asyncio.Future[Frame], Callable[[Frame], None]]] = {}
        self._news = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self._pinging = asyncio.create_task(self._ping())

    @property
    def close_code(self) -> int | None:
        return self.connection.close_code if self._reading.done() else None

    async def ask(
        self, action: str, *, then: Callable[[Frame], None] = lambda _: None, **fields: Any
    ) -> Frame:
        """The reply's data, given to `then` before any later frame is; raises Refused, Lost."""
        frame_id = next(self._ids)
        future = asyncio.get_running_loop().create_future()
        self._asked[frame_id] = future, then
        frame = {"action": action, "id": frame_id, **fields}
        try:
            if self._reading.done():
                raise Lost
            async with asyncio.timeout(LONGEST):
                await self.connection.send(orjson.dumps(frame).decode())
                return await future
        except ConnectionClosed as closed:
            raise Lost from closed
        finally:
            self._asked.pop(frame_id, None)

    async def until(self, holds: Callable[[], bool], *, within: float = PATIENCE) -> None:
        """Wait until a frame has made it true; the end of the connection counts as one."""
        async with asyncio.timeout(within):
            while not holds():
                self._news.clear()
                await self._news.wait()

    async def closed(self, *, within: float = PATIENCE) -> int | None:
        """The close code, once it has ended."""
        async with asyncio.timeout(within):
            await asyncio.shield(self._reading)
        return self.close_code

    def events(self, chat_id: str) -> list[Frame]:
        return [f for f in self.heard if f["op"] == "event" and f["chatId"] == chat_id]

    def notices(self) -> list[tuple[str, str | None]]:
        return [(f["type"], f.get("chatId")) for f in self.heard if f["op"] == "notice"]

    def errors(self) -> list[str]:
        return [f["error"]["code"] for f in self.heard if f["op"] == "error"]

    async def close(self) -> None:
        self._pinging.cancel()
        await self.connection.close()
        await self._reading

    async def _ping(self) -> None:
        """Show that somebody is there, as every client has to."""
        with suppress(Lost, Refused):
            while True:
                await asyncio.sleep(PING_INTERVAL)
                await self.ask("ping")

    async def _read(self) -> None:
        try:
            async for text in self.connection:
                self._receive(orjson.loads(text))
        except ConnectionClosed:
            pass
        finally:
            for future, _ in self._asked.values():
                if not future.done():
                    future.set_exception(Lost())
            self._news.set()

    def _receive(self, frame: Frame) -> None:
        if frame["op"] == "reply" and frame["id"] in self._asked:
            future, then = self._asked[frame["id"]]
            if frame["ok"]:
                then(frame["data"])
            if not future.done():
                if frame["ok"]:
                    future.set_result(frame["data"])
                else:
                    future.set_exception(Refused(frame["error"]))
        else:
            self.heard.append(frame)
            self.on_frame(frame)
        self._news.set()


@asynccontextmanager
async def socket(
    url: str,
    token: str,
    on_frame: Callable[[Frame], None] = lambda _: None,
    *,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[SocketClient]:
    """Connect with a bearer token, or with `headers`; closed at the end, whatever happened."""
    async with connect(
        url,
        additional_headers=headers or {"Authorization": f"Bearer {token}"},
        subprotocols=[Subprotocol("chat.v1.json")],
        compression=None,
        ping_interval=None,
        close_timeout=2,
        max_size=None,
        proxy=None,
        **{"open_timeout": LONGEST} | options,
    ) as connection:
        client = SocketClient(connection, on_frame)
        try:
            yield client
        finally:
            await client.close()
