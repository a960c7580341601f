"""A WebSocket of a test's own, through the whole application, without a network in between."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any, TypeVar

import orjson
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken

from chatrouting.asgi import application
from chatrouting.protocol import SUBPROTOCOL, TOKEN_SUBPROTOCOL
from chatrouting.reading import read
from messages.models import Chat
from messages.writer import writer

PATIENCE = 10.0
HOST = "testserver"
ORIGIN = f"http://{HOST}"

Frame = dict[str, Any]
T = TypeVar("T")


class Closed(Exception):
    """The server has closed the connection."""


class Socket:
    """`heard` has every frame in the order it came; asking and waiting only look at it."""

    def __init__(
        self,
        path: str = "/ws/chat/",
        *,
        headers: Mapping[str, str] | None = None,
        subprotocols: Iterable[str] = (SUBPROTOCOL,),
    ) -> None:
        everything = {"host": HOST} | dict(headers or {})
        self._wire = WebsocketCommunicator(
            application,
            path,
            headers=[(name.encode(), value.encode()) for name, value in everything.items()],
            subprotocols=list(subprotocols),
        )
        self.heard: list[Frame] = []
        self._unread: deque[Frame] = deque()
        self._ids = count(1)
        self.subprotocol: str | None = None
        self.close_code: int | None = None
        self.is_accepted = False
        self.has_left = False

    # --- the connection ------------------------------------------------------------------------

    @property
    def scope(self) -> Frame:
        scope: Frame = self._wire.scope
        return scope

    async def open(self) -> "Socket":
        self.is_accepted, answer = await self._wire.connect(timeout=PATIENCE)
        if self.is_accepted:
            self.subprotocol = answer
        else:
            self.close_code = answer
        return self

    async def leave(self) -> None:
        """Go away without a word, and see the server let go; raises what it raised."""
        self.has_left = True
        if not self._wire.future.done():
            await self._wire.send_input({"type": "websocket.disconnect", "code": 1006})
        await self._wire.wait(timeout=PATIENCE)

    async def closed(self) -> int:
        """The code it is closed with; what was heard before is in `heard`."""
        while self.close_code is None:
            try:
                self._unread.append(await self._receive())
            except Closed:
                break
        await self.leave()
        assert self.close_code is not None
        return self.close_code

    # --- frames --------------------------------------------------------------------------------

    async def say(self, frame: Any) -> None:
        await self.say_text(orjson.dumps(frame).decode())

    async def say_text(self, text: str) -> None:
        await self._wire.send_input({"type": "websocket.receive", "text": text})

    async def say_bytes(self, data: bytes) -> None:
        await self._wire.send_input({"type": "websocket.receive", "bytes": data})

    async def ask(self, action: str, **fields: Any) -> Frame:
        """The reply to an action; what comes before it waits."""
        frame_id = await self.begin(action, **fields)
        return await self.reply(frame_id)

    async def begin(self, action: str, **fields: Any) -> int:
        """Ask without waiting; `reply` waits."""
        frame_id = next(self._ids)
        await self.say({"action": action, "id": frame_id, **fields})
        return frame_id

    async def reply(self, frame_id: Any) -> Frame:
        return await self.until(lambda f: f["op"] == "reply" and f["id"] == frame_id)

    async def do(self, action: str, **fields: Any) -> Frame:
        """The data of a reply that has to be good."""
        reply = await self.ask(action, **fields)
        assert reply["ok"], reply
        assert reply.keys() == {"op", "id", "ok", "data"}
        data: Frame = reply["data"]
        return data

    async def refused(self, action: str, **fields: Any) -> Frame:
        """The error of a reply that has to be a refusal."""
        reply = await self.ask(action, **fields)
        assert not reply["ok"], reply
        assert reply.keys() == {"op", "id", "ok", "error"}
        error: Frame = reply["error"]
        assert error.keys() - {"retryAfterMs"} == {"code", "message", "retryable", "details"}
        return error

    async def until(self, fits: Callable[[Frame], bool]) -> Frame:
        """The first frame that fits, of those nobody waited for yet or of those to come."""
        for frame in self._unread:
            if fits(frame):
                self._unread.remove(frame)
                return frame
        while not fits(frame := await self._receive()):
            self._unread.append(frame)
        return frame

    async def next(self, op: str, kind: str | None = None, chat: Chat | None = None) -> Frame:
        """The next event, ephemeral frame or notice, whatever lies between."""
        return await self.until(
            lambda f: (
                f["op"] == op
                and kind in (None, f.get("type"))
                and (chat is None or f.get("chatId") == chat.pk)
            )
        )

    async def everything(self) -> list[Frame]:
        """All that was heard up to now: an answer comes after what was sent before it."""
        await self.ask("ping")
        return self.heard

    async def take(self) -> list[Frame]:
        """The same, of what nobody has waited for yet; nobody will wait for it any more."""
        await self.everything()
        return self.untaken()

    def untaken(self) -> list[Frame]:
        """What came before the last answer, and nobody has waited for yet."""
        taken, self._unread = list(self._unread), deque()
        return taken

    def events(self, chat: Chat | None = None) -> list[Frame]:
        """The pushed events among what was heard."""
        return [
            f for f in self.heard if f["op"] == "event" and (chat is None or f["chatId"] == chat.pk)
        ]

    async def _receive(self) -> Frame:
        if self.close_code is not None:
            raise Closed(self.close_code)
        message = await self._wire.receive_output(timeout=PATIENCE)
        if message["type"] == "websocket.close":
            self.close_code = message["code"]
            raise Closed(self.close_code)
        frame: Frame = orjson.loads(message["text"])
        self.heard.append(frame)
        return frame


# --- signing in -----------------------------------------------------------------------------------


def cookie_of(user: User) -> str:
    """A new session's cookie header."""
    client = Client()
    client.force_login(user)
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def token_of(user: User) -> str:
    """A new API token."""
    _, token = AuthToken.objects.create(user)
    return str(token)


async def page(user: User, path: str = "/ws/chat/") -> Socket:
    """A socket as a page opens it: session cookie and Origin."""
    return Socket(path, headers={"cookie": await read(cookie_of, user), "origin": ORIGIN})


async def script(user: User, path: str = "/ws/chat/") -> Socket:
    """A socket as a program opens it: with a token."""
    return Socket(path, headers={"authorization": f"Bearer {await read(token_of, user)}"})


async def program(user: User, path: str = "/ws/chat/") -> Socket:
    """A socket of a client that can set no headers: the token is a subprotocol."""
    token = await read(token_of, user)
    return Socket(path, subprotocols=[SUBPROTOCOL, TOKEN_SUBPROTOCOL + token])


# --- the rest of the world ------------------------------------------------------------------------


async def commit(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Change something as another door would; it is announced when this returns."""
    return await asyncio.wrap_future(writer.submit_call(function, *args, **kwargs))
