"""How streams end: chats that are lost, sign-ins that are over, readers that read nothing."""

import asyncio
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client
from knox.models import AuthToken
from pytest_django import Settings

from chatrouting import streams
from chatrouting.asgi import application
from chatrouting.outbox import MAX_BYTES
from chatrouting.process import process
from chatrouting.reading import read
from messages.access import actor_of
from messages.chats import create_chat
from messages.membership import add_member, remove_member
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect, Listen
from tests.doors.event_streams import EventStream, stream_path, with_token
from tests.doors.fake_log import until
from tests.doors.sockets import HOST, Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
def dinner(ann: User, bob: User) -> Chat:
    return Chat.objects.get(pk=create_chat(actor_of(ann), "Dinner", members=[actor_of(bob)]))


async def live(stream: EventStream, *chats: Chat) -> EventStream:
    """A stream whose chats are all listened to."""
    await until(lambda: all(process.registry.ready(c.pk) for c in chats))
    await until(lambda: all(process.registry.rooms[c.pk].audience.live for c in chats))
    return stream


# --- chats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["rung", "found by comparing heads"])
async def test_a_removal_in_mid_stream_is_told_and_nothing_after_it(
    how: str,
    listen: Listen,
    ann: User,
    bob: User,
    chat: Chat,
    dinner: Chat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bobs = await live(await listen(bob, chat, dinner), chat, dinner)
    if how != "rung":
        monkeypatch.setattr(process, "publish", lambda _: None)
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    await commit(say, ann, chat, "among us")
    await process.registry.tick()
    assert (await bobs.next("notice")) == {
        "op": "notice",
        "type": "subscriptionRevoked",
        "chatId": chat.pk,
    }
    message = await commit(say, ann, dinner, "still here")
    await process.registry.tick()
    assert (await bobs.next("event", chat=dinner))["message"] == message
    assert bobs.seqs(chat) == []
    assert chat.pk not in (bobs.last_id or "")


async def test_a_stream_ends_with_its_last_chat(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await live(await listen(bob, chat), chat)
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    *_, notice, error = await bobs.ended()
    assert notice["type"] == "subscriptionRevoked"
    assert error["error"]["code"] == "notFound"


async def test_who_is_removed_before_the_room_is_open_hears_nothing(
    listen: Listen, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_open, opens = asyncio.Event(), process.registry.open

    async def open_late(chat_id: str) -> Any:
        await may_open.wait()
        return await opens(chat_id)

    monkeypatch.setattr(process.registry, "open", open_late)
    bobs = await listen(bob, chat)
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    await commit(say, ann, chat, "among us")
    may_open.set()
    assert [f["op"] for f in await bobs.ended()] == ["hello", "notice", "error"]


async def test_who_was_staff_is_let_go(listen: Listen, ann: User, mod: User, chat: Chat) -> None:
    mods = await live(await listen(mod, chat), chat)
    mod.is_staff = False
    await commit(mod.save)
    await mods.ended()
    assert mods.notices() == [("subscriptionRevoked", chat.pk)]


async def test_a_deleted_chat_is_told(listen: Listen, bob: User, chat: Chat) -> None:
    bobs = await live(await listen(bob, chat), chat)
    await read(lambda: Chat.objects.all().delete())
    await process.registry.tick()
    await bobs.ended()
    assert bobs.notices() == [("subscriptionRevoked", chat.pk)]


async def test_numbers_that_begin_anew_in_mid_stream_lose_the_position_once(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await live(await listen(bob, chat), chat)
    await read(lambda: Chat.objects.filter(pk=chat.pk).update(epoch="another"))
    await process.registry.tick()
    assert (await bobs.next("notice"))["type"] == "positionLost"
    message = await commit(say, ann, chat, "from here on")
    event = await bobs.next("event")
    assert (event["epoch"], event["message"]) == ("another", message)
    assert len(bobs.notices()) == 1
    assert bobs.last_id == f"{chat.pk}=another:{event['seq']}"


async def test_what_happens_between_the_head_and_the_notice_comes_after_it(
    listen: Listen, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever loads the chat on hearing the notice must not miss what came before they asked."""
    were_read, may_arrive = asyncio.Event(), asyncio.Event()
    bobs = await live(await listen(bob, chat), chat)

    async def late(function: Any, *args: Any) -> Any:
        answer = await read(function, *args)
        were_read.set()
        await may_arrive.wait()
        return answer

    monkeypatch.setattr(streams, "read", late)
    await read(lambda: Chat.objects.filter(pk=chat.pk).update(epoch="another"))
    await process.registry.tick()
    await were_read.wait()
    message = await commit(say, ann, chat, "in between")
    may_arrive.set()
    assert (await bobs.next("notice"))["type"] == "positionLost"
    assert (await bobs.next("event"))["message"] == message


async def test_who_comes_back_into_a_chat_opens_the_stream_anew(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await live(await listen(bob, chat), chat)
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    await bobs.ended()
    await commit(add_member, actor_of(ann), chat.pk, bob.pk)
    again = await listen(bob, chat, since=bobs.last_id or "")
    assert [(await again.next("event"))["type"] for _ in range(2)] == [
        "member_left",
        "member_joined",
    ]


# --- sign-ins -------------------------------------------------------------------------------------


async def test_a_logout_a_deleted_token_and_a_deactivated_account_end_it(
    listen: Listen, sockets: list[Socket], ann: User, bob: User, chat: Chat
) -> None:
    client = Client()
    await read(client.force_login, bob)
    cookie = {"cookie": f"sessionid={client.cookies['sessionid'].value}"}
    by_session = await EventStream(stream_path(chat), cookie).open()
    by_token, anns = await listen(bob, chat), await listen(ann, chat)
    await commit(client.logout)
    assert (await by_session.ended())[-1]["error"]["code"] == "unauthenticated"
    await commit(say, ann, chat, "on")
    await by_token.next("event")
    tokens = await read(lambda: list(AuthToken.objects.filter(user=bob)))
    await commit(tokens[0].delete)
    assert (await by_token.ended())[-1]["error"]["code"] == "unauthenticated"
    ann.is_active = False
    await commit(ann.save)
    assert (await anns.ended())[-1]["error"]["code"] == "unauthenticated"


# --- readers --------------------------------------------------------------------------------------


class FrozenReader:
    """Takes what it is sent only while it reads."""

    def __init__(self, headers: dict[str, str], chat: Chat) -> None:
        self.taken: list[dict[str, Any]] = []
        self.reads, self._gone = asyncio.Event(), asyncio.Event()
        self.reads.set()
        query = stream_path(chat).partition("?")[2]
        scope: dict[str, Any] = {"type": "http", "method": "GET", "path": "/api/v1/stream/"}
        scope |= {"query_string": query.encode(), "headers": [(b"host", HOST.encode())]}
        scope["headers"] += [(n.encode(), v.encode()) for n, v in headers.items()]
        self.task = asyncio.create_task(application(scope, self._receive, self.send))

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.taken.append(message)

    def seqs(self) -> list[int]:
        lines = b"".join(m.get("body", b"") for m in self.taken).decode().split("\n")
        frames = [orjson.loads(line[6:]) for line in lines if line.startswith("data: ")]
        return [frame["seq"] for frame in frames if frame["op"] == "event"]

    async def leave(self) -> None:
        self.reads.set()
        self._gone.set()
        async with asyncio.timeout(10):
            await self.task

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}


@pytest.fixture
async def frozen(sockets: list[Socket], bob: User, chat: Chat) -> Any:
    reader = FrozenReader(await with_token(bob), chat)
    await until(lambda: len(reader.taken) == 2)
    await until(lambda: process.registry.ready(chat.pk))
    reader.reads.clear()
    yield reader
    await reader.leave()


async def test_a_slow_reader_costs_so_much_and_gets_everything_when_it_wakes_up(
    connect: Connect, frozen: FrozenReader, ann: User, chat: Chat
) -> None:
    anns = await connect(ann)
    await anns.do("subscribe", chatId=chat.pk)
    (stream,) = [c for c in process.connections if isinstance(c, streams.Stream)]
    sent = [await commit(say, ann, chat, "x" * 15_000) for _ in range(60)]
    last = sent[-1]["seq"]
    await anns.until(lambda f: f["op"] == "event" and f["seq"] == last)
    await anns.do("typing", chatId=chat.pk, on=True)
    assert stream.outbox._bytes < MAX_BYTES + 100_000
    assert process.registry.rooms[chat.pk].audience.behind
    frozen.reads.set()
    await until(lambda: frozen.seqs()[-1:] == [last])
    assert frozen.seqs() == [message["seq"] for message in sent]
    await until(lambda: process.registry.rooms[chat.pk].audience.live)


async def test_a_reader_that_takes_nothing_for_half_a_minute_is_dropped(
    frozen: FrozenReader, ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    aborted: list[Any] = []
    monkeypatch.setattr(streams, "GOODBYE", 0.02)
    monkeypatch.setattr(streams, "abort_http", aborted.append)
    (stream,) = process.connections
    await commit(say, ann, chat, "unread")
    await until(lambda: not stream.outbox.is_idle)
    now = asyncio.get_running_loop().time()
    monkeypatch.setattr(stream.outbox, "_clock", lambda: now + 29.0)
    await process.connections.tick()
    assert not stream._over.is_set()
    monkeypatch.setattr(stream.outbox, "_clock", lambda: now + 31.0)
    await process.connections.tick()
    async with asyncio.timeout(10):
        await frozen.task
    assert aborted == [frozen.send]
    assert len(process.connections) == 0


# --- the server -----------------------------------------------------------------------------------


async def test_leaving_says_goodbye_and_ends_it(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await live(await listen(bob, chat), chat)
    message = await commit(say, ann, chat, "last words")
    await process.leave()
    heard = await bobs.ended()
    assert heard[1]["message"] == message
    assert heard[2] == {"op": "notice", "type": "goingAway"}
    assert heard[3]["error"]["retryable"] is True
    stream = await EventStream(stream_path(chat), await with_token(bob)).open()
    assert stream.status == 503
    assert (await stream.body())["error"]["code"] == "unavailable"


async def test_a_failure_in_mid_stream_ends_it(
    listen: Listen, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> None:
        raise ValueError

    monkeypatch.setattr(process.registry, "open_at", fail)
    bobs = await listen(bob, chat)
    assert (await bobs.ended())[-1]["error"]["code"] == "internal"


async def test_a_stream_that_begins_while_the_server_leaves_is_sent_elsewhere(
    sockets: list[Socket], bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle = process.connections.settle

    async def leave_first(connection: Any) -> None:
        monkeypatch.setattr(process, "is_leaving", True)  # it has told everybody by now
        await settle(connection)

    monkeypatch.setattr(process.connections, "settle", leave_first)
    stream = await EventStream(stream_path(chat), await with_token(bob)).open()
    (refusal,) = await stream.ended()
    assert refusal["error"]["code"] == "unavailable"
    assert refusal["error"]["retryable"] is True
