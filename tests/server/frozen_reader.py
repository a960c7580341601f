"""A WebSocket client that subscribes to a chat and then reads nothing, until it is told to."""

import asyncio
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import psutil
from websockets.asyncio.client import ClientConnection, connect

from tests.server.socket_client import PATIENCE, Frame, SocketClient
from tests.shapes.server import ServerProcess

# Little room in the kernel: what is not read here waits in the server.
RECEIVE_BUFFER = 16_384


class FrozenReader:
    """It reads only while one of these is awaited."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def ask(self, action: str, **fields: Any) -> None:
        """Send an action, and do not look at the reply."""
        await self.connection.send(orjson.dumps({"action": action, "id": 1, **fields}).decode())

    async def read(self, *, within: float = PATIENCE) -> Frame:
        async with asyncio.timeout(within):
            frame: Frame = orjson.loads(await self.connection.recv())
        return frame

    async def read_events_until(self, seq: int) -> list[int]:
        """The numbers of the events read up to this one."""
        seqs: list[int] = []
        while not seqs or seqs[-1] < seq:
            frame = await self.read()
            if frame["op"] == "event":
                seqs.append(frame["seq"])
        return seqs


@asynccontextmanager
async def frozen_reader(
    server: ServerProcess, token: str, chat_id: str
) -> AsyncIterator[FrozenReader]:
    """Listening to the chat from now on, and frozen."""
    connection = sockets.create_connection(("127.0.0.1", server.port))
    connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, RECEIVE_BUFFER)
    connection.setblocking(False)  # noqa: FBT003  # it has no name
    async with connect(
        server.ws_url,
        sock=connection,
        additional_headers={"Authorization": f"Bearer {token}"},
        compression=None,
        ping_interval=None,
        close_timeout=0.1,
        max_queue=1,
    ) as opened:
        reader = FrozenReader(opened)
        assert (await reader.read())["op"] == "hello"
        await reader.ask("subscribe", chatId=chat_id, tail=0)
        assert (await reader.read())["ok"]
        yield reader
        opened.transport.abort()


async def connections_are(server: ServerProcess, number: int, ann: SocketClient) -> None:
    """Wait until so many are open; ann, who is one of them, asks meanwhile."""
    async with asyncio.timeout(20):
        while connections(server) != number:
            await ann.ask("ping")


def connections(server: ServerProcess) -> int:
    process = psutil.Process(server.process.pid)
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.laddr.port == server.port
        for connection in process.net_connections("tcp")
    )
