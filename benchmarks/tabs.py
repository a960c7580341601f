"""A client that switches chats: several tabs on one socket, each on its way to a next chat."""

import math
from collections.abc import Sequence
from typing import Any

import orjson

from benchmarks.client import Socket
from benchmarks.frames import client_frame
from benchmarks.servers import Server

NOTHING = b"\0"  # begins no frame: every frame is parsed, for the cursors


class Client:
    """One many-chats socket. It keeps a cursor for each chat, as a page does."""

    def __init__(self, chats: Sequence[str], tabs: int) -> None:
        self.visits = self.switches = 0
        self.problems: list[str] = []
        self._limit = 0.0
        self._chats = chats
        self._cursors: dict[str, str] = {}
        self._socket = Socket(NOTHING, lambda events: None, self._heard)
        self._tabs = [Tab(self, number, chats[number::tabs]) for number in range(tabs)]

    async def open(self, server: Server, headers: dict[str, str]) -> None:
        headers = {**server.dialect.headers, **headers}
        await self._socket.open(server.host, server.port, "/ws/chat/", headers)

    def walk(self, visits: float = math.inf) -> None:
        """Go on from chat to chat until that many visits have begun, all of them counted."""
        self._limit = visits
        for tab in self._tabs:
            tab.go_on()

    def stop(self) -> None:
        self._limit = 0

    def may_visit(self) -> bool:
        """Whether one more visit is wanted; it counts as begun."""
        wanted = self.visits < self._limit
        self.visits += wanted
        return wanted

    @property
    def knows_all(self) -> bool:
        """Whether it has been in every chat, and so has a cursor for each."""
        return len(self._cursors) == len(self._chats)

    def ping(self) -> None:
        self._socket.send(b'{"action":"ping","id":"ping"}')

    def leave(self) -> None:
        self._socket.abort()

    @property
    def closed(self) -> str | None:
        return self._socket.closed

    def ask(self, tab: int, unsubscribe: str | None, subscribe: str) -> None:
        """Both actions in one write; their ids name the tab."""
        frames = b""
        if unsubscribe is not None:
            leave = {"action": "unsubscribe", "id": f"u{tab}", "chatId": unsubscribe}
            frames = client_frame(orjson.dumps(leave))
        since = self._cursors.get(subscribe)
        enter = {"action": "subscribe", "id": f"s{tab}", "chatId": subscribe, "since": since}
        self._socket.send_frames(frames + client_frame(orjson.dumps(enter)))

    def arrived(self, chat: str, data: dict[str, Any]) -> None:
        """A subscribe was answered: what came must lead from our cursor to the head."""
        since, head = self._cursors.get(chat), data["head"]
        self._cursors[chat] = head
        if since is not None:
            self.switches += 1
            missed = _seq(head) - _seq(since)
            if data["mode"] == "snapshot" or len(data.get("events", ())) != missed:
                self.problems.append(f"{chat}: {data['mode']} of {missed} from {since} to {head}")

    def _heard(self, payload: bytes) -> None:
        frame = orjson.loads(payload)
        match frame["op"]:
            case "event":
                self._cursors[frame["chatId"]] = f"{frame['epoch']}:{frame['seq']}"
            case "reply" if frame["ok"]:
                if frame["id"] != "ping":
                    self._tabs[int(frame["id"][1:])].answered(frame["id"][0], frame.get("data"))
            case "reply" | "error" | "notice":
                self.problems.append(payload.decode())


class Tab:
    """Goes round its chats; the next switch begins when both answers to the last are here."""

    def __init__(self, client: Client, number: int, chats: Sequence[str]) -> None:
        self._client = client
        self._number = number
        self._chats = chats
        self._at = -1
        self._awaited: set[str] = set()

    def go_on(self) -> None:
        if not self._awaited and self._client.may_visit():
            self._switch()

    def _switch(self) -> None:
        before = self._chats[self._at % len(self._chats)] if self._at >= 0 else None
        self._at += 1
        self._awaited = {"u", "s"} if before else {"s"}
        self._client.ask(self._number, before, self._chats[self._at % len(self._chats)])

    def answered(self, kind: str, data: dict[str, Any]) -> None:
        self._awaited.discard(kind)
        if kind == "s":
            self._client.arrived(self._chats[self._at % len(self._chats)], data)
        self.go_on()


def _seq(cursor: str) -> int:
    return int(cursor.rpartition(":")[2])
