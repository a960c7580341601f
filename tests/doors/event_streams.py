"""A stream of server-sent events of a test's own, read as a browser reads one."""

from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlencode

import orjson
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import User

from chatrouting.asgi import application
from chatrouting.reading import read
from messages.models import Chat
from tests.doors.sockets import HOST, PATIENCE, Frame, cookie_of, token_of


class Ended(Exception):
    """The answer has come to its end."""


class EventStream:
    """`heard` has every frame in the order it came, `ids` the id that came with it or None."""

    def __init__(self, path: str, headers: dict[str, str], *, method: str = "GET") -> None:
        address, _, query = path.partition("?")
        everything = {"host": HOST} | headers
        scope = {
            "type": "http",
            "method": method,
            "path": address,
            "query_string": query.encode(),
            "headers": [(n.encode(), v.encode("latin-1")) for n, v in everything.items()],
        }
        self._wire = ApplicationCommunicator(application, scope)
        self.status = 0
        self.headers: dict[str, str] = {}
        self.heard: list[Frame] = []
        self.ids: list[str | None] = []
        self.last_id: str | None = None
        self.comments = 0
        self.retry = 0
        self.has_left = False
        self.is_over = False
        self._unread: list[Frame] = []
        self._rest = ""

    async def open(self) -> Self:
        await self._wire.send_input({"type": "http.request", "body": b"", "more_body": False})
        start = await self._wire.receive_output(timeout=PATIENCE)
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self

    async def body(self) -> Any:
        """The whole of an answer that is no stream."""
        message = await self._wire.receive_output(timeout=PATIENCE)
        await self.leave()
        assert not message.get("more_body", False)
        assert int(self.headers["content-length"]) == len(message["body"])
        return orjson.loads(message["body"])

    async def leave(self) -> None:
        """Go away without a word, and see the server let go; raises what it raised."""
        self.has_left = True
        if not self._wire.future.done():
            await self._wire.send_input({"type": "http.disconnect"})
        await self._wire.wait(timeout=PATIENCE)

    async def ended(self) -> list[Frame]:
        """All that was heard, once the server has ended it."""
        while not self.is_over:
            await self._read()
        await self.leave()
        return self.heard

    async def until(self, fits: Callable[[Frame], bool]) -> Frame:
        """The first frame that fits, of those nobody waited for yet or of those to come."""
        while True:
            for frame in self._unread:
                if fits(frame):
                    self._unread.remove(frame)
                    return frame
            await self._read()

    async def next(self, op: str, kind: str | None = None, chat: Chat | None = None) -> Frame:
        return await self.until(
            lambda f: (
                f["op"] == op
                and kind in (None, f.get("type"))
                and (chat is None or f.get("chatId") == chat.pk)
            )
        )

    async def until_seq(self, seq: int, chat: Chat) -> list[int]:
        """The numbers of a chat's events up to this one."""
        await self.until(lambda f: f["op"] == "event" and (f["chatId"], f["seq"]) == (chat.pk, seq))
        return self.seqs(chat)

    async def until_comment(self) -> None:
        before = self.comments
        while self.comments == before:
            await self._read()

    def seqs(self, chat: Chat) -> list[int]:
        return [f["seq"] for f in self.heard if f["op"] == "event" and f["chatId"] == chat.pk]

    def notices(self) -> list[tuple[str, str | None]]:
        return [(f["type"], f.get("chatId")) for f in self.heard if f["op"] == "notice"]

    def take_ready(self) -> list[Frame]:
        """What has come and nobody has waited for; nobody will wait for it any more."""
        while not self._wire.output_queue.empty():
            self._take_piece(self._wire.output_queue.get_nowait())
        taken, self._unread = self._unread, []
        return taken

    async def _read(self) -> None:
        if self.is_over:
            raise Ended
        self._take_piece(await self._wire.receive_output(timeout=PATIENCE))

    def _take_piece(self, message: Frame) -> None:
        assert message["type"] == "http.response.body"
        *blocks, self._rest = (self._rest + message["body"].decode()).split("\n\n")
        for block in blocks:
            self._take_block(block)
        if not message.get("more_body", False):
            assert self._rest == ""
            self.is_over = True

    def _take_block(self, block: str) -> None:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if line != ":")
        self.comments += not fields
        assert fields.keys() <= {"data", "id", "retry"}, block
        self.retry = int(fields.get("retry", self.retry))
        if "data" in fields:
            frame: Frame = orjson.loads(fields["data"])
            self.last_id = fields.get("id", self.last_id)
            self.heard.append(frame)
            self.ids.append(fields.get("id"))
            self._unread.append(frame)


def stream_path(*chats: Chat, **query: str) -> str:
    return "/api/v1/stream/?" + urlencode({"chats": ",".join(c.pk for c in chats)} | query)


async def with_token(user: User) -> dict[str, str]:
    return {"authorization": f"Bearer {await read(token_of, user)}"}


async def with_cookie(user: User) -> dict[str, str]:
    """As a page has it: a GET of the same site has no Origin."""
    return {"cookie": await read(cookie_of, user)}
