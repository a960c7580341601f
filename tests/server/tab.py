"""A whole client in one chat, as a page is: it reconnects, resumes, and repeats what it sent."""

import asyncio
import time
from collections import deque
from contextlib import suppress
from typing import Any
from uuid import uuid4

from websockets.exceptions import WebSocketException

from tests.server.socket_client import Frame, Lost, Refused, SocketClient, socket

AGAIN = 0.05  # seconds before trying again; a page would wait longer


class Tab:
    """Use as `async with`. `log` is what it heard, (seq, messageId) in order of arrival.

    `acknowledged` holds the stored message of each answered send, by clientMessageId.
    Whatever a client must never see is written into `problems`.
    """

    def __init__(self, url: str, token: str, chat_id: str, *, in_flight: int = 8) -> None:
        self.url = url
        self._token = token
        self._chat_id = chat_id
        self._in_flight = in_flight
        self.position: tuple[str, int] | None = None
        self.log: list[tuple[int, str | None]] = []
        self.acknowledged: dict[str, Frame] = {}
        self.problems: list[str] = []
        self.connects = 0
        self.slowest = 0.0  # seconds from writing a message to its acknowledgement
        self._waiting: deque[tuple[str, str]] = deque()
        self._wake = asyncio.Semaphore(0)
        self._socket: SocketClient | None = None
        self._connected = asyncio.Event()
        self._is_leaving = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "Tab":
        self._tasks = [asyncio.create_task(self._stay_connected())]
        self._tasks += [asyncio.create_task(self._send_on()) for _ in range(self._in_flight)]
        async with asyncio.timeout(20):
            await self._connected.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._is_leaving = True
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise outcome

    @property
    def seq(self) -> int:
        return self.position[1] if self.position else 0

    @property
    def socket(self) -> SocketClient:
        assert self._socket is not None
        return self._socket

    def write(self, *contents: str) -> None:
        """Send these as soon as possible, until they are acknowledged."""
        for content in contents:
            self._waiting.append((uuid4().hex, content))
            self._wake.release()

    # --- connection --------------------------------------------------------------------------

    async def _stay_connected(self) -> None:
        while not self._is_leaving:
            with suppress(OSError, WebSocketException, Lost, TimeoutError):
                async with socket(self.url, self._token, self._hear, open_timeout=5) as opened:
                    await self._resume(opened)
                    self._socket = opened
                    self.connects += 1
                    self._connected.set()
                    await opened.closed(within=3600)
            self._connected.clear()
            await asyncio.sleep(AGAIN)

    async def _resume(self, opened: SocketClient) -> None:
        since = "{}:{}".format(*self.position) if self.position else None
        while True:
            try:
                await opened.ask(
                    "subscribe", then=self._start, chatId=self._chat_id, since=since, tail=0
                )
            except Refused as refused:
                if not refused.error["retryable"]:
                    raise
                await asyncio.sleep(AGAIN)
            else:
                return

    def _start(self, data: Frame) -> None:
        for event in data.get("events", ()):
            self._apply(event)
        epoch, _, seq = data["head"].rpartition(":")
        if self.position is None:
            self.position = epoch, int(seq)
        elif self.position != (epoch, int(seq)):
            self.problems.append(f"{data['mode']} to {data['head']}, standing at {self.position}")

    # --- what it hears -----------------------------------------------------------------------

    def _hear(self, frame: Frame) -> None:
        if frame["op"] == "event":
            self._apply(frame)
        elif frame["op"] == "notice" and frame["type"] != "goingAway":
            self.problems.append(f"notice {frame['type']}")

    def _apply(self, event: Frame) -> None:
        if self.position != (event["epoch"], event["seq"] - 1):
            self.problems.append(f"{event['epoch']}:{event['seq']} after {self.position}")
        self.position = event["epoch"], event["seq"]
        message: dict[str, Any] = event.get("message") or {}
        self.log.append((event["seq"], message.get("messageId")))

    # --- what it says ------------------------------------------------------------------------

    async def _send_on(self) -> None:
        while not self._is_leaving:
            await self._wake.acquire()
            await self._send_until_acknowledged(*self._waiting.popleft())

    async def _send_until_acknowledged(self, client_message_id: str, content: str) -> None:
        began = time.monotonic()
        while client_message_id not in self.acknowledged and not self._is_leaving:
            await self._connected.wait()
            try:
                data = await self.socket.ask(
                    "send",
                    chatId=self._chat_id,
                    clientMessageId=client_message_id,
                    type="user",
                    content=content,
                )
            except Lost:
                await asyncio.sleep(AGAIN)
            except Refused as refused:
                if not refused.error["retryable"]:
                    self.problems.append(f"refused: {refused.error}")
                await asyncio.sleep(AGAIN)
            else:
                self.acknowledged[client_message_id] = data["message"]
        self.slowest = max(self.slowest, time.monotonic() - began)
