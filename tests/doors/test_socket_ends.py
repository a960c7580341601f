"""How connections end: signed out, removed, silent, stuck, and when the server goes away."""

import asyncio
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from chatrouting import consumers, dialogue
from chatrouting.actions import ACTIONS
from chatrouting.asgi import application
from chatrouting.outbox import MAX_BYTES
from chatrouting.process import process
from chatrouting.protocol import CloseCode
from chatrouting.reading import read
from messages import sign_ins
from messages.access import actor_of
from messages.chats import create_chat
from messages.errors import Unavailable
from messages.models import Chat, SignIn
from messages.writer import writer
from tests.domain.talk import say
from tests.doors.conftest import Connect, Listen
from tests.doors.sockets import (
    HOST,
    ORIGIN,
    Socket,
    commit,
    cookie_of,
    page,
    program,
    script,
    token_of,
)

pytestmark = pytest.mark.django_db(transaction=True)

UNAUTHENTICATED = {
    "op": "error",
    "error": {
        "code": "unauthenticated",
        "message": "Please sign in.",
        "retryable": False,
        "details": {},
    },
}


async def assert_signed_out(socket: Socket) -> None:
    assert await socket.closed() == 4501
    assert socket.heard[-1] == UNAUTHENTICATED


async def assert_alive(socket: Socket) -> None:
    await socket.do("ping")


# --- signed out -----------------------------------------------------------------------------------


async def test_a_session_that_is_ended_from_elsewhere_ends_its_sockets_alone(
    connect: Connect, ann: User
) -> None:
    there, here = await connect(ann), await connect(ann)
    row = await read(SignIn.objects.earliest, "at", "pk")
    await commit(lambda: sign_ins.end(ann, row.pk))
    await assert_signed_out(there)
    await assert_alive(here)


async def test_signing_out_ends_the_sockets_of_that_session_alone(
    connect: Connect, ann: User, chat: Chat
) -> None:
    client = Client()
    await read(client.force_login, ann)

    async def same_session(_: User, path: str) -> Socket:
        cookie = f"sessionid={client.cookies['sessionid'].value}"
        return Socket(path, headers={"cookie": cookie, "origin": ORIGIN})

    tabs = [await connect(ann, how=same_session) for _ in range(2)]
    elsewhere = [await connect(ann, how=how) for how in (page, script)]
    await tabs[0].do("subscribe", chatId=chat.pk)
    await commit(client.logout)
    for tab in tabs:
        await assert_signed_out(tab)
    for socket in elsewhere:
        await assert_alive(socket)


async def test_a_deleted_token_ends_its_sockets_alone(
    connect: Connect, ann: User, bob: User
) -> None:
    first, second = await connect(ann, how=script), await connect(ann, how=program)
    bobs = await connect(bob, how=script)
    oldest = await read(lambda: AuthToken.objects.filter(user=ann).order_by("created")[0])
    await commit(oldest.delete)
    await assert_signed_out(first)
    await assert_alive(second)
    await assert_alive(bobs)


@pytest.mark.parametrize("change", ["deactivated", "deleted"])
async def test_an_account_that_is_gone_ends_all_its_sockets(
    change: str, connect: Connect, ann: User, bob: User
) -> None:
    anns = [await connect(ann, how=how) for how in (page, script, program)]
    bobs = await connect(bob)
    if change == "deactivated":
        ann.is_active = False
        await commit(ann.save)
    else:
        await commit(ann.delete)
        await process.connections.tick()
    for socket in anns:
        await assert_signed_out(socket)
    await assert_alive(bobs)


async def test_another_password_ends_sessions_and_not_tokens(connect: Connect, ann: User) -> None:
    by_cookie, by_token = await connect(ann), await connect(ann, how=script)
    ann.set_password("another")
    await commit(ann.save)
    await assert_signed_out(by_cookie)
    await assert_alive(by_token)


@pytest.mark.parametrize(
    "change",
    [
        lambda: Session.objects.update(expire_date=timezone.now()),
        lambda: AuthToken.objects.update(expiry=timezone.now()),
        lambda: User.objects.update(is_active=False),
        lambda: Session.objects.all()._raw_delete("default"),
    ],
    ids=["expired", "expired token", "deactivated", "deleted"],
)
async def test_what_nobody_announced_is_found_at_the_next_tick(
    change: Any, connect: Connect, ann: User, request: pytest.FixtureRequest
) -> None:
    how = script if "token" in request.node.name else page
    socket = await connect(ann, how=how)
    await process.connections.tick()
    await assert_alive(socket)
    await read(change)
    await process.connections.tick()
    await assert_signed_out(socket)


@pytest.mark.parametrize("how", [page, script], ids=["session", "token"])
async def test_who_is_signed_in_for_minutes_yet_is_told_once(
    how: Any, connect: Connect, listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    def end_soon() -> None:
        soon = timezone.now() + timedelta(minutes=4)
        Session.objects.update(expire_date=soon)
        AuthToken.objects.update(expiry=soon)

    anns = await connect(ann, how=how)
    stream = await listen(bob, chat)
    await process.connections.tick()
    await read(end_soon)
    later = await connect(ann, how=how)
    for _ in range(2):
        await process.connections.tick()
    expiring = {"op": "notice", "type": "sessionExpiring"}
    assert await anns.next("notice") == expiring
    assert await stream.next("notice") == expiring
    for socket in (anns, later):
        await assert_alive(socket)
    assert [frame for frame in anns.heard if frame["op"] == "notice"] == [expiring]


async def test_nothing_is_heard_after_signing_out(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob, how=script)
    await bobs.do("subscribe", chatId=chat.pk)
    await commit(lambda: AuthToken.objects.filter(user=bob).delete())
    await asyncio.sleep(0)
    await commit(say, ann, chat, "after")
    await assert_signed_out(bobs)
    # The look-up takes a moment; from the error on nothing follows.
    assert [frame["op"] for frame in bobs.heard].index("error") == len(bobs.heard) - 1


async def test_a_new_name_and_new_rights_are_noticed(
    connect: Connect, ann: User, bob: User, mod: User, chat: Chat
) -> None:
    bobs, anns, mods = await connect(bob), await connect(ann), await connect(mod)
    for socket in (bobs, anns, mods):
        await socket.do("subscribe", chatId=chat.pk)
    bob.first_name = "Bobby"
    await commit(bob.save)
    await commit(lambda: None)
    await process.connections.tick()
    await bobs.do("typing", chatId=chat.pk, on=True)
    assert (await anns.next("ephemeral", "typing"))["user"] == {"id": bob.pk, "name": "Bobby"}


async def test_whoever_is_no_longer_staff_stops_reading_along(
    connect: Connect, ann: User, mod: User, chat: Chat
) -> None:
    anns, mods = await connect(ann), await connect(mod)
    own = await commit(create_chat, await read(actor_of, mod), "Mine")
    head = (await anns.do("subscribe", chatId=chat.pk))["head"]
    await mods.do("subscribe", chatId=own)
    await mods.do("subscribe", chatId=chat.pk)
    mod.is_staff = False
    await commit(mod.save)
    await process.connections.tick()
    notice = await mods.next("notice")
    assert notice == {"op": "notice", "type": "subscriptionRevoked", "chatId": chat.pk}
    await commit(say, ann, chat, "among us")
    await anns.next("event")
    await mods.everything()
    assert mods.events() == []
    assert (await mods.do("ping"))["heads"].keys() == {own}
    assert (await mods.refused("subscribe", chatId=chat.pk, since=head))["code"] == "notFound"


async def test_whoever_is_no_longer_staff_does_not_come_back_from_memory(
    connect: Connect, ann: User, mod: User, chat: Chat
) -> None:
    """They had left the room before; the room, kept open by ann, remembers what they might do."""
    anns, mods = await connect(ann), await connect(mod)
    await anns.do("subscribe", chatId=chat.pk)
    head = (await mods.do("subscribe", chatId=chat.pk))["head"]
    await mods.do("unsubscribe", chatId=chat.pk)
    mod.is_staff = False
    await commit(mod.save)
    await process.connections.tick()
    assert (await mods.refused("subscribe", chatId=chat.pk, since=head))["code"] == "notFound"


# --- silent and stuck -----------------------------------------------------------------------------


async def test_sixty_seconds_of_silence_end_a_connection(
    connect: Connect, ann: User, bob: User
) -> None:
    anns, bobs = await connect(ann), await connect(bob)
    for connection in process.connections:
        connection._dialogue.heard_at -= 45.0
    await process.connections.tick()
    await assert_alive(anns)
    (silent,) = (c for c in process.connections if c.identity.actor.id == bob.pk)
    silent._dialogue.heard_at -= 20.0
    await process.connections.tick()
    assert await bobs.closed() == 4003
    error = bobs.heard[-1]["error"]
    assert (error["code"], error["retryable"]) == ("unavailable", True)
    await assert_alive(anns)


async def test_any_frame_breaks_the_silence(connect: Connect, ann: User) -> None:
    anns = await connect(ann)
    (connection,) = process.connections
    for say_something in (anns.do("ping"), anns.say_text("nonsense"), anns.say_bytes(b"\0")):
        connection._dialogue.heard_at -= 59.0
        await say_something
        await anns.everything()
        assert connection.silent_for < 30
    connection._dialogue.heard_at -= 61.0
    await process.connections.tick()
    assert await anns.closed() == 4003


class FrozenClient:
    """A client that asks and, from some moment on, takes nothing: what the server sees of it."""

    def __init__(self) -> None:
        self.asked: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue()
        self.taken: list[Mapping[str, Any]] = []
        self.reads = asyncio.Event()
        self.reads.set()
        self.is_aborted = False

    async def send(self, message: Mapping[str, Any]) -> None:
        await self.reads.wait()
        self.taken.append(message)

    def ask(self, count: int, **fields: Any) -> None:
        for number in range(count):
            text = orjson.dumps({"id": number, "action": "ping", **fields}).decode()
            self.asked.put_nowait({"type": "websocket.receive", "text": text})

    def gone(self) -> None:
        self.asked.put_nowait({"type": "websocket.disconnect", "code": 1006})

    def connect(self, token: str) -> "asyncio.Task[None]":
        self.asked.put_nowait({"type": "websocket.connect"})
        headers = [(b"host", HOST.encode()), (b"authorization", b"Bearer " + token.encode())]
        scope = {
            "type": "websocket",
            "path": "/ws/chat/",
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        return asyncio.create_task(application(scope, self.asked.get, self.send))

    async def until(self, fits: Any) -> None:
        async with asyncio.timeout(10):
            while not fits():
                await asyncio.sleep(0.005)


@pytest.fixture
async def frozen(sockets: list[Socket], ann: User) -> Any:
    """One that has signed in, reads no more, and has asked until nobody listened to it."""
    client = FrozenClient()
    task = client.connect(await read(token_of, ann))
    await client.until(lambda: len(client.taken) == 2)
    client.reads.clear()
    client.ask(4 * MAX_BYTES // 60_000, action="x" * 60_000)
    for connection in process.connections:
        while not connection.outbox.is_full:
            connection.push_always("y" * 100_000)
        break
    client.ask(200)
    await client.until(lambda: client.asked.qsize() >= 200)
    yield client, connection, task
    client.gone()
    client.reads.set()
    async with asyncio.timeout(10):
        await task


async def test_a_client_that_takes_nothing_is_listened_to_no_more(frozen: Any) -> None:
    client, connection, _ = frozen
    await asyncio.sleep(0.05)
    waiting = client.asked.qsize()
    assert waiting >= 200
    client.reads.set()
    await client.until(lambda: client.asked.qsize() == 0)
    await client.until(lambda: connection.outbox.is_idle)
    replies = [orjson.loads(m["text"]) for m in client.taken[2:] if m["text"][0] == "{"]
    assert sum(reply["ok"] for reply in replies) == 200


async def test_a_client_that_takes_nothing_for_half_a_minute_is_dropped(
    frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, connection, task = frozen
    monkeypatch.setattr(consumers, "GOODBYE", 0.02)
    transport = SimpleNamespace(is_ready=False, abort=client.gone, flush=lambda: None)
    monkeypatch.setattr(connection.outbox, "direct", transport)
    now = asyncio.get_running_loop().time()
    monkeypatch.setattr(connection.outbox, "_clock", lambda: now + 29.0)
    await process.connections.tick()
    assert not connection._dialogue.is_over
    monkeypatch.setattr(connection.outbox, "_clock", lambda: now + 31.0)
    await process.connections.tick()
    async with asyncio.timeout(10):
        await task
    assert len(process.connections) == 0
    assert all(message["type"] != "websocket.close" for message in client.taken)


async def test_a_slow_client_that_reads_again_in_time_hears_why_it_is_ended(
    frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, connection, task = frozen
    now = asyncio.get_running_loop().time()
    monkeypatch.setattr(connection.outbox, "_clock", lambda: now + 31.0)
    await process.connections.tick()
    client.reads.set()
    await client.until(lambda: client.taken[-1]["type"] == "websocket.close")
    assert client.taken[-1]["code"] == 4002
    assert orjson.loads(client.taken[-2]["text"])["op"] == "error"
    client.gone()
    await task


async def test_a_frozen_client_that_is_cut_off_is_let_go_of(frozen: Any) -> None:
    """The transport breaks while the server waits for room: nobody tells but the transport."""
    client, connection, task = frozen

    async def broken(_: Any) -> None:
        raise ConnectionResetError

    connection.outbox._send = broken
    client.gone()
    client.reads.set()
    async with asyncio.timeout(10):
        await task
    assert len(process.connections) == 0


async def test_so_many_actions_are_under_way_and_no_more(
    sockets: list[Socket], ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = asyncio.Event()

    async def slow(*_: Any) -> dict[str, Any]:
        await answered.wait()
        return {}

    monkeypatch.setitem(ACTIONS, "slow", slow)
    client = FrozenClient()
    task = client.connect(await read(token_of, ann))
    await client.until(lambda: len(client.taken) == 2)
    client.ask(100, action="slow")
    await client.until(lambda: client.asked.qsize() == 100 - dialogue.MAX_UNDER_WAY)
    await asyncio.sleep(0.02)
    assert client.asked.qsize() == 100 - dialogue.MAX_UNDER_WAY
    answered.set()
    await client.until(lambda: len(client.taken) == 102)
    client.gone()
    await task


async def test_an_ended_connection_is_let_go_of_though_its_actions_hang(
    sockets: list[Socket], ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setitem(ACTIONS, "hang", hang)
    client = FrozenClient()
    task = client.connect(await read(token_of, ann))
    await client.until(lambda: len(client.taken) == 2)
    client.ask(100, action="hang")
    await client.until(lambda: client.asked.qsize() == 100 - dialogue.MAX_UNDER_WAY)
    await asyncio.sleep(0.02)
    (connection,) = process.connections
    connection.end(CloseCode.SILENT, Unavailable())
    client.gone()
    async with asyncio.timeout(10):
        await task
    assert len(process.connections) == 0


# --- the server goes away -------------------------------------------------------------------------


async def test_leaving_says_goodbye_after_answering_what_was_asked(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    anns, bobs = await connect(ann), await connect(bob)
    await bobs.do("subscribe", chatId=chat.pk)
    send = {"chatId": chat.pk, "type": "user", "content": "last words"}
    asked = [await anns.begin("send", **send, clientMessageId=str(n)) for n in range(5)]
    await anns.do("ping")
    await process.leave()
    for socket in (anns, bobs):
        assert await socket.closed() == 4001
        notice = {"op": "notice", "type": "goingAway"}
        assert notice in socket.heard
        assert socket.heard[-1]["op"] == "error"
        assert socket.heard[-1]["error"]["retryable"] is True
    for frame_id in asked:
        assert (await anns.reply(frame_id))["ok"]
    assert len(bobs.events()) == 5


async def test_a_goodbye_is_said_before_what_is_under_way_is_waited_for(
    connect: Connect, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both waits are held until it is heard: said any later, nobody would ever hear it."""
    anns, is_heard, waited = await connect(ann), threading.Event(), []

    def held(name: str, wait: Callable[..., Any]) -> Callable[..., Any]:
        def wait_for_it(*seconds: float) -> Any:
            assert is_heard.wait(10)
            waited.append(name)
            return wait(*seconds)

        return wait_for_it

    monkeypatch.setattr(process.engine, "stop", held("engine", process.engine.stop))
    monkeypatch.setattr(writer, "drain", held("writer", writer.drain))
    leaving = asyncio.create_task(process.leave())
    await anns.next("notice", "goingAway")
    assert (waited, anns.close_code) == ([], None)
    is_heard.set()
    await leaving
    assert (waited, await anns.closed()) == (["engine", "writer"], 4001)


async def test_nobody_new_comes_in_while_leaving(
    sockets: list[Socket], ann: User, chat: Chat
) -> None:
    await process.leave()
    for path in ("/ws/chat/", f"/ws/chat/{chat.pk}/"):
        socket = await page(ann, path)
        sockets.append(socket)
        await socket.open()
        assert await socket.closed() == 4001
        assert [frame["op"] for frame in socket.heard] == ["error"]


async def test_what_is_sent_while_leaving_is_unavailable(
    connect: Connect, ann: User, chat: Chat
) -> None:
    anns = await connect(ann)
    await asyncio.to_thread(writer.drain)
    send = {"chatId": chat.pk, "type": "user", "content": "late", "clientMessageId": "1"}
    refusal = await anns.refused("send", **send)
    assert (refusal["code"], refusal["retryable"]) == ("unavailable", True)
    await process.leave()
    assert await anns.closed() == 4001


async def test_leaving_twice_is_leaving_once(connect: Connect, ann: User) -> None:
    anns = await connect(ann)
    await asyncio.gather(process.leave(), process.leave())
    assert await anns.closed() == 4001
    assert [frame.get("type") for frame in anns.heard].count("goingAway") == 1
    assert await read(cookie_of, ann)
