"""A sign-in ends and no signal says so: what is committed after it leaves by no door, still."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError
from knox.models import AuthToken

from chatrouting import endings as gate
from chatrouting import subscribing
from chatrouting.process import process
from chatrouting.reading import read
from messages import endings
from messages.access import access_to, actor_of
from messages.api import events
from messages.errors import Unavailable
from messages.membership import remove_member
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect, Listen
from tests.doors.fake_log import until
from tests.doors.polling import Poller, hang_up, poller, waiters
from tests.doors.sockets import Socket, commit, page, script

pytestmark = pytest.mark.django_db(transaction=True)


def _change(user: User, **fields: Any) -> None:
    User.objects.filter(pk=user.pk).update(**fields)


# As the ORM does not tell of it, or as another process whose word is lost.
ENDS: dict[str, tuple[Any, Callable[[User], Any]]] = {
    "session": (page, lambda _: Session.objects.all()._raw_delete("default")),
    "token": (script, lambda bob: AuthToken.objects.filter(user=bob)._raw_delete("default")),
    "account": (script, lambda bob: _change(bob, is_active=False)),
    "password": (page, lambda bob: _change(bob, password=make_password("new"))),
}
every_end = pytest.mark.parametrize("how, end", ENDS.values(), ids=ENDS)


@every_end
async def test_no_event_after_the_end_is_heard(
    how: Any, end: Callable[[User], Any], connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    bobs, anns = await connect(bob, how=how), await connect(ann, how=script)
    for socket in (bobs, anns):
        await socket.do("subscribe", chatId=chat.pk)
    await commit(say, ann, chat, "before")
    await bobs.next("event")
    await read(end, bob)
    await commit(say, ann, chat, "after")
    assert await bobs.closed() == 4501
    assert [event["message"]["content"] for event in bobs.events()] == ["before"]
    await anns.until(lambda f: f["op"] == "event" and f["message"]["content"] == "after")


async def test_where_the_number_was_not_read_it_is_looked_all_the_same(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database went away between the commit and the question."""

    def fail() -> int:
        raise InterfaceError

    bobs, anns = await connect(bob, how=script), await connect(ann, how=page)
    for socket in (bobs, anns):
        await socket.do("subscribe", chatId=chat.pk)
    await read(lambda: AuthToken.objects.all()._raw_delete("default"))
    with monkeypatch.context() as away:
        away.setattr(endings, "newest", fail)
        await commit(say, ann, chat, "after")
    assert (await anns.next("event"))["message"]["content"] == "after"
    assert await bobs.closed() == 4501
    assert bobs.events() == []


async def test_no_event_after_the_end_is_in_a_stream(
    listen: Listen, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await listen(bob, chat)
    await commit(say, ann, chat, "before")
    await bobs.next("event")
    await read(lambda: AuthToken.objects.all()._raw_delete("default"))
    await commit(say, ann, chat, "after")
    await bobs.ended()
    contents = [frame["message"]["content"] for frame in bobs.heard if frame["op"] == "event"]
    assert contents == ["before"]


@pytest.fixture
async def bobs(sockets: list[Socket], bob: User, chat: Chat) -> AsyncIterator[Poller]:
    yield await poller(bob, chat)
    await hang_up()


async def test_whoever_waits_for_an_event_is_refused_at_once(
    bobs: Poller, bob: User, chat: Chat
) -> None:
    head = str((await read(access_to, await read(actor_of, bob), chat.pk)).head)
    task = asyncio.create_task(bobs.error(after=head, wait=25))
    await until(waiters)
    await read(lambda: AuthToken.objects.all()._raw_delete("default"))
    await process.endings.tick()
    assert await task == (401, "unauthenticated")


async def test_what_was_read_after_the_end_is_not_answered(
    bobs: Poller, ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed in when it was asked, and no longer when the log was read."""
    missed = events.missed

    def end_and_miss(*args: Any, **limits: Any) -> Any:
        AuthToken.objects.all()._raw_delete("default")
        say(ann, chat, "after")
        return missed(*args, **limits)

    monkeypatch.setattr(events, "missed", end_and_miss)
    assert await bobs.error() == (401, "unauthenticated")


async def test_a_sign_in_that_ends_while_it_connects_hears_nothing(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looked up before its end, and among the connections only after the end was told to them."""
    identity_of = process.identity_of

    async def identify_and_end(credential: Any) -> Any:
        identity = await identity_of(credential)
        await read(lambda: AuthToken.objects.all()._raw_delete("default"))
        await process.endings.tick()
        return identity

    await process.endings.tick()
    monkeypatch.setattr(process, "identity_of", identify_and_end)
    bobs = await script(bob, f"/ws/chat/{chat.pk}/")
    await bobs.open()
    assert await bobs.closed() == 4501
    assert [frame["op"] for frame in bobs.heard] == ["error"]


async def test_what_is_caught_up_with_waits_too(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A subscribe whose log is read after the end is not answered."""
    bobs = await connect(bob, how=script)
    resume = subscribing.resume

    def end_and_resume(*args: Any, **how: Any) -> Any:
        AuthToken.objects.all()._raw_delete("default")
        say(ann, chat, "after")
        return resume(*args, **how)

    monkeypatch.setattr(subscribing, "resume", end_and_resume)
    await bobs.begin("subscribe", chatId=chat.pk)
    assert await bobs.closed() == 4501
    assert [frame["op"] for frame in bobs.heard] == ["hello", "error"]


async def test_an_answer_does_not_grow_after_the_end(
    connect: Connect, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob, how=script)
    await bobs.do("subscribe", chatId=chat.pk)
    await read(lambda: AuthToken.objects.all()._raw_delete("default"))
    process.tell_delta(chat.pk, '{"op": "ephemeral", "type": "aiDelta"}', "of no message")
    assert await bobs.closed() == 4501
    assert "ephemeral" not in [frame["op"] for frame in bobs.heard]


async def test_an_answer_does_not_grow_for_whoever_was_removed(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody here has heard of the removal yet when the delta comes."""
    bobs, anns = await connect(bob), await connect(ann)
    for socket in (bobs, anns):
        await socket.do("subscribe", chatId=chat.pk)
    with monkeypatch.context() as silent:
        silent.setattr(process, "publish", lambda *_: None)
        await commit(remove_member, await read(actor_of, ann), chat.pk, bob.pk)
    process.tell_delta(chat.pk, '{"op": "ephemeral", "type": "aiDelta"}', "of no message")
    await bobs.next("notice", "subscriptionRevoked")
    await anns.next("ephemeral", "aiDelta")
    assert "aiDelta" not in [frame.get("type") for frame in await bobs.everything()]


async def test_where_nobody_can_look_the_rooms_read_later_what_they_miss(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    anns = await connect(ann, how=script)
    await anns.do("subscribe", chatId=chat.pk)
    look = gate.since

    def fail(_: int) -> Any:
        raise OperationalError

    monkeypatch.setattr(gate, "since", fail)
    await read(lambda: _change(bob, is_active=False))
    await commit(say, ann, chat, "late")
    with pytest.raises(Unavailable):
        await process.endings.look()
    assert anns.events() == []
    monkeypatch.setattr(gate, "since", look)
    await process.registry.tick()
    assert (await anns.next("event"))["message"]["content"] == "late"
