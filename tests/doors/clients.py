"""Clients as the protocol wants them: what they know comes from what they are told, and no more."""

import asyncio
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User

from messages.models import Chat
from tests.doors.event_streams import EventStream, stream_path, with_token
from tests.doors.polling import Poller
from tests.doors.sockets import Frame, Socket, page

Accident = Callable[[list[Frame]], list[Frame]]


class Gone(Exception):
    """The chat is no longer this client's."""


class State:
    """One chat as a client knows it, up to its cursor."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        self.messages: dict[str, Frame] = {}
        self.title = ""
        self.is_frozen = False
        self.members: set[int] = set()

    @property
    def cursor(self) -> str | None:
        return f"{self.epoch}:{self.seq}" if self.epoch else None

    def stand_at(self, cursor: str) -> None:
        epoch, _, seq = cursor.partition(":")
        self.epoch, self.seq = epoch, int(seq)

    def apply(self, event: Frame) -> None:
        """The next event. It may tell of a message that is known in a later version."""
        assert (event["epoch"], event["seq"]) == (self.epoch, self.seq + 1)
        self.seq = event["seq"]
        if "message" in event:
            self.keep(event["message"])
        elif event["type"] == "chat_renamed":
            self.title = event["data"]["title"]
        elif event["type"] in ("chat_frozen", "chat_unfrozen"):
            self.is_frozen = event["type"] == "chat_frozen"
        elif event["type"] == "member_joined":
            self.members.add(event["data"]["user"]["id"])
        elif event["type"] == "member_left":
            self.members.discard(event["data"]["user"]["id"])

    def keep(self, message: Frame) -> None:
        known = self.messages.get(message["messageId"])
        if known is None or known["rev"] < message["rev"]:
            self.messages[message["messageId"]] = message

    def as_dict(self) -> dict[str, Any]:
        return {
            "messages": self.messages,
            "title": self.title,
            "frozen": self.is_frozen,
            "members": self.members,
            "head": self.cursor,
        }


class Client:
    """What all have in common: starting anew, from the API."""

    def __init__(self, api: Poller) -> None:
        self.api = api
        self.state = State()

    async def start_anew(self) -> None:
        self.state = State()
        found = await self._get("messages/", limit=200)
        self.state.messages = {m["messageId"]: m for m in found["messages"]}
        self.state.stand_at(found["head"])
        await self._look_around()

    async def _look_around(self) -> None:
        """Title and members, looked up after the cursor: what changes later comes as an event."""
        chat = await self._get("")
        self.state.title, self.state.is_frozen = chat["title"], chat["frozen"]
        members = (await self._get("members/"))["members"]
        self.state.members = {member["user"]["id"] for member in members}

    async def _get(self, path: str, **query: Any) -> Frame:
        status, body = await self.api.get(path, **query)
        if status == 404:
            self.state = State()
            raise Gone
        assert status == 200, body
        return body


class AskingClient(Client):
    """Asks the API for what it missed."""

    async def ask(self, **query: Any) -> bool:
        """One page; whether there may be more."""
        if self.state.cursor is None:
            await self.start_anew()
            return True
        status, body = await self.api.get("events/", after=self.state.cursor, **query)
        return await self._take(status, body)

    async def _take(self, status: int, body: Frame) -> bool:
        if status == 404:
            self.state = State()
            raise Gone
        if status == 410:
            assert body["error"]["code"] == "staleCursor"
            await self.start_anew()
            return True
        for event in body["events"]:
            self.state.apply(event)
        more: bool = body["more"]
        assert more is (body["head"] != self.state.cursor)
        return more

    async def sync(self) -> None:
        while await self.ask():
            pass


class WaitingClient(AskingClient):
    """Asks, and lets the server answer when there is something to say."""

    def __init__(self, api: Poller) -> None:
        super().__init__(api)
        self._asked: asyncio.Task[tuple[int, Frame]] | None = None
        self._asked_from: str | None = None

    async def wait(self) -> None:
        """Take the answer if it has come; ask again if nothing is asked."""
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            if self._asked_from == self.state.cursor:
                await self._take(*asked.result())
        if self.state.cursor is None:
            await self.start_anew()
        if self._asked is None:
            self._asked_from = self.state.cursor
            asking = self.api.get("events/", after=self._asked_from, wait=25)
            self._asked = asyncio.create_task(asking)

    async def lose_answer(self) -> None:
        if self._asked is not None:
            self._asked.cancel()
            await asyncio.gather(self._asked, return_exceptions=True)
            self._asked = None

    async def sync(self) -> None:
        """What it waits for has happened, if anything has: the answer comes by itself."""
        head = (await self._get(""))["head"]
        if self._asked is not None and self.state.cursor != head:
            async with asyncio.timeout(10):
                await asyncio.wait([self._asked])
            await self.wait()
        await self.lose_answer()
        await super().sync()


class SocketClient(Client):
    """Listens to a socket, with its cursor for whenever that breaks."""

    def __init__(self, api: Poller, user: User, chat: Chat) -> None:
        super().__init__(api)
        self._user = user
        self._chat_id: str = chat.pk
        self._socket: Socket | None = None
        self._next: int | None = None  # the number that this subscription brings next
        self.resumed = 0

    async def connect(self) -> None:
        self._socket = await (await page(self._user)).open()
        await self._socket.next("hello")
        await self.resume()

    async def cut(self) -> None:
        """The connection breaks, with whatever was on its way."""
        if self._socket is not None:
            await self._socket.leave()
            self._socket = None

    async def resume(self) -> None:
        assert self._socket is not None
        self.resumed += 1
        since = self.state.cursor
        reply = await self._socket.ask("subscribe", chatId=self._chat_id, since=since, tail=200)
        before = self._socket.untaken()  # as the subscription that was brought it
        if self._next is not None:
            self._check([f for f in before if f["op"] in ("event", "notice")])
        if not reply["ok"]:
            assert reply["error"]["code"] == "notFound", reply
            self.state, self._next = State(), None
            raise Gone
        await self._begin(reply["data"])

    async def _begin(self, data: Frame) -> None:
        for event in data.get("events", ()):
            self.state.apply(event)
        if data["mode"] == "snapshot":
            self.state = State()
            self.state.messages = {m["messageId"]: m for m in data["messages"]}
            self.state.stand_at(data["head"])
            await self._look_around()
        for message in data["open"]:
            self.state.keep(message)
        assert data["head"] == self.state.cursor
        self._next = self.state.seq + 1

    async def look(self, accident: Accident = list) -> None:
        """Take what has come, after an accident on the way; resume where something is missing."""
        if self._socket is None:
            await self.connect()
            return
        if self.state.cursor is None:
            await self.resume()
            return
        frames = [f for f in await self._socket.take() if f["op"] in ("event", "notice")]
        self._check(frames)
        for frame in accident(frames):
            if frame["op"] == "notice":
                await self._heed(frame)
                return
            if frame["seq"] > self.state.seq + 1:
                await self.resume()
                return
            if frame["seq"] == self.state.seq + 1:
                self.state.apply(frame)

    def _check(self, frames: list[Frame]) -> None:
        """What the server promises of each subscription: number after number, until a notice;
        and nothing from one's own removal on."""
        for frame in frames:
            if frame["op"] == "notice":
                self._next = None
            else:
                assert frame["seq"] == self._next, (frame, self._next)
                assert not self._is_own_removal(frame)
                self._next += 1

    def _is_own_removal(self, event: Frame) -> bool:
        return event["type"] == "member_left" and event["data"]["user"]["id"] == self._user.pk

    async def _heed(self, notice: Frame) -> None:
        assert notice["chatId"] == self._chat_id
        if notice["type"] == "subscriptionRevoked":
            self.state = State()
            raise Gone
        assert notice["type"] == "positionLost"
        await self.resume()

    async def sync(self) -> None:
        """Take what has come; a lost last event shows in the heads that a ping tells."""
        await self.look()
        assert self._socket is not None
        for _ in range(5):
            heads = (await self._socket.do("ping"))["heads"]
            if heads.get(self._chat_id) == self.state.cursor:
                return
            await self.resume()
            await self.look()
        raise AssertionError(f"{heads} was not reached from {self.state.cursor}")


class StreamClient(Client):
    """Reads a stream of server-sent events, and comes back with its cursor where that breaks."""

    def __init__(self, api: Poller, user: User, chat: Chat) -> None:
        super().__init__(api)
        self._user, self._chat = user, chat
        self._stream: EventStream | None = None
        self._next: int | None = None  # the number that this stream brings next

    async def connect(self) -> None:
        if self.state.cursor is None:
            await self.start_anew()
        since = f"{self._chat.pk}={self.state.cursor}"
        stream = EventStream(stream_path(self._chat, since=since), await with_token(self._user))
        await stream.open()
        if stream.status == 404:
            await stream.body()
            self.state = State()
            raise Gone
        assert stream.status == 200
        self._stream, self._next = stream, self.state.seq + 1

    async def cut(self) -> None:
        """The connection breaks, with whatever was on its way."""
        if self._stream is not None:
            await self._stream.leave()
            self._stream = None

    async def look(self) -> None:
        """Take what has come; after a break, go on from where it was."""
        if self._stream is None:
            await self.connect()
        await self._take(self._stream.take_ready())

    async def sync(self) -> None:
        """What has happened comes by itself, or the loss of the position."""
        await self.look()
        head = (await self._get(""))["head"]
        async with asyncio.timeout(10):
            while self.state.cursor != head:
                await self._take([await self._stream.until(lambda _: True)])

    async def _take(self, frames: list[Frame]) -> None:
        for frame in frames:
            if frame["op"] == "event":
                assert frame["seq"] == self._next or self._next is None
                self._next = frame["seq"] + 1
                # Once the position was lost, what was loaded may be newer than what still comes.
                if frame["epoch"] == self.state.epoch and frame["seq"] > self.state.seq:
                    self.state.apply(frame)
            elif frame.get("type") == "positionLost":
                self._next = None
                await self._load()
            elif frame.get("type") == "subscriptionRevoked":
                self.state = State()
                await self._end()
                raise Gone

    async def _load(self) -> None:
        try:
            await self.start_anew()
        except Gone:
            await self.cut()  # it has no more to say than that
            raise

    async def _end(self) -> None:
        assert (await self._stream.ended())[-1]["error"]["code"] == "notFound"
        self._stream = None
