"""Whoever is cut off hears nothing more, at any door that stays open, and it is written down."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from knox.models import AuthToken

from chatrouting.outbox import Outbox
from chatrouting.process import process
from chatrouting.reading import read
from messages.access import actor_of
from messages.membership import ban, remove_member
from messages.models import Chat, Revocation
from tests.domain.talk import say
from tests.doors.conftest import Connect, Listen, listening
from tests.doors.sockets import commit, page, script

pytestmark = pytest.mark.django_db(transaction=True)


async def records(count: int) -> list[tuple[Any, ...]]:
    """What is written down, once there is that much."""
    rows = Revocation.objects.order_by("pk").values_list("user__username", "cause", "sent_seq")
    async with asyncio.timeout(10):
        while len(found := await read(list, rows.exclude(sent_seq=None))) < count:
            await asyncio.sleep(0.01)
    return list(found)


async def test_a_ban_ends_sockets_and_streams_before_anything_later(
    connect: Connect, listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    many, own, stream = (
        await listening(connect, bob, chat),
        await connect(bob, f"/ws/chat/{chat.pk}/"),
        await listen(bob, chat),
    )
    await own.until(lambda frame: frame["op"] == "reply")
    for _ in range(2):
        await commit(say, ann, chat, "before")
    await stream.next("event")
    await stream.next("event")
    await commit(ban, await read(actor_of, ann), chat.pk, bob.pk)
    await commit(say, ann, chat, "after")
    assert (await many.next("notice"))["type"] == "subscriptionRevoked"
    assert await own.closed() == 4502
    await stream.ended()
    for heard in (await many.everything(), own.heard, stream.heard):
        assert [f["seq"] for f in heard if f["op"] == "event"] == [3, 4]
    assert await records(1) == [("bob", "banned", 4)]
    assert (await read(Revocation.objects.get)).seq == 5


ENDS: dict[str, Callable[[User], Any]] = {
    "session": lambda bob: Session.objects.all().delete(),
    "token": lambda bob: AuthToken.objects.filter(user=bob).delete(),
    "account": lambda bob: _change(bob, is_active=False),
    "session, by another password": lambda bob: _change(bob, password=make_password("new")),
}


def _change(user: User, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()


@pytest.mark.parametrize("what", ENDS)
async def test_the_end_of_a_sign_in_is_written_down(
    what: str, connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob, how=script if what == "token" else page)
    await bobs.do("subscribe", chatId=chat.pk)
    await commit(say, ann, chat, "before")
    await bobs.next("event")
    await commit(ENDS[what], bob)
    await commit(say, ann, chat, "after")
    assert await bobs.closed() == 4501
    sent = [frame["seq"] for frame in bobs.heard if frame["op"] == "event"][-1]
    assert await records(1) == [("bob", what.partition(",")[0], sent)]
    assert bobs.heard[-1]["op"] == "error"


async def test_after_the_end_of_a_sign_in_no_room_writes_to_it(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    """Not even while its client takes its time to go."""
    bobs = await listening(connect, bob, chat)
    await commit(AuthToken.objects.all().delete)
    await commit(Session.objects.all().delete)
    await bobs.until(lambda frame: frame["op"] == "error")
    assert process.registry.rooms[chat.pk].audience.live == set()
    await commit(say, ann, chat, "after")
    assert await bobs.closed() == 4501
    assert bobs.events() == []


async def test_what_waits_for_whoever_is_signed_out_is_dropped() -> None:
    """The frame on its way goes out, and what is said after; nothing in between."""
    went: list[str] = []
    may_go = asyncio.Event()

    async def send(message: Any) -> None:
        await may_go.wait()
        went.append(message["text"])

    outbox = Outbox(send, clock=asyncio.get_running_loop().time)
    for text in ("first", "second", "third"):
        assert outbox.push(text)
    outbox.forget()
    outbox.push_always("error")
    may_go.set()
    await outbox.drained()
    assert went == ["first", "error"]
    assert not outbox.is_full
    assert outbox._bytes == 0


@pytest.mark.parametrize("door", ["socket", "stream"])
async def test_what_was_dropped_is_not_recorded_as_sent(
    door: str, connect: Connect, listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    """The client takes nothing for a while: one event is on its way, another waits behind it."""
    bobs = await (listening(connect, bob, chat) if door == "socket" else listen(bob, chat))
    (connection,) = process.connections
    may_go, send = asyncio.Event(), connection.outbox._send

    async def send_late(message: Any) -> None:
        await may_go.wait()
        await send(message)

    connection.outbox._send = send_late
    for _ in range(2):
        await commit(say, ann, chat, "before")
    await commit(lambda: _change(bob, is_active=False))
    cause, sent = (await records(1))[0][1:]
    may_go.set()
    await (bobs.closed() if door == "socket" else bobs.ended())
    seqs = [frame["seq"] for frame in bobs.heard if frame["op"] == "event"]
    assert (cause, [sent]) == ("account", seqs)


async def test_what_was_asked_before_is_not_answered_after(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    bobs = await connect(bob)
    may_read = asyncio.Event()
    whole = process.registry.open

    async def open_late(chat_id: str) -> Any:
        await may_read.wait()
        return await whole(chat_id)

    monkeypatch.setattr(process.registry, "open", open_late)
    await bobs.begin("subscribe", chatId=chat.pk)
    await commit(Session.objects.all().delete)
    await bobs.until(lambda frame: frame["op"] == "error")
    may_read.set()
    assert await bobs.closed() == 4501
    assert [frame["op"] for frame in bobs.heard] == ["hello", "error"]


async def test_leaving_is_written_down_with_the_most_that_any_tab_got(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    tabs = [await listening(connect, bob, chat) for _ in range(2)]
    await commit(say, ann, chat, "before")
    await commit(remove_member, await read(actor_of, bob), chat.pk, bob.pk)
    for tab in tabs:
        await tab.next("notice", "subscriptionRevoked")
    assert await records(1) == [("bob", "left", 3)]
