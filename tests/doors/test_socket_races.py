"""Between a look and a leap: answers that grow old on their way, and what other processes do."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from knox.models import AuthToken
from pytest_django import Settings

from chatrouting.crowds import of_user
from chatrouting.identities import session_credential, token_credential
from chatrouting.process import Process, process
from chatrouting.protocol import decision
from chatrouting.reading import read
from messages import resumption
from messages.access import access_to, actor_of
from messages.history import open_messages
from messages.log import LoggedEvent, events_since
from messages.membership import add_member, remove_member
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect
from tests.doors.fake_log import until
from tests.doors.sockets import ORIGIN, Socket, commit, cookie_of, script, token_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def head_of(user: User, chat: Chat) -> str:
    return str(access_to(actor_of(user), chat.pk).head)


class HeldUp:
    """Answers of `subscribe`'s reading, held back until they may arrive."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.were_read = asyncio.Event()
        self.may_arrive = asyncio.Event()
        monkeypatch.setattr(process.endings, "read", self._read)

    async def _read(self, function: Any, *args: Any) -> Any:
        answer = await read(function, *args)
        self.were_read.set()
        await self.may_arrive.wait()
        return answer


@pytest.fixture
async def held_up(sockets: list[Socket], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HeldUp]:
    held_up = HeldUp(monkeypatch)
    yield held_up
    held_up.may_arrive.set()


# --- answers that grow old ------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["open", "not open yet"])
async def test_an_answer_read_before_a_removal_lets_nobody_in_after_it(
    room: str,
    connect: Connect,
    ann: User,
    bob: User,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anns, bobs = await connect(ann), await connect(bob)
    if room == "open":
        await anns.do("subscribe", chatId=chat.pk)
    held_up = HeldUp(monkeypatch)
    asked = await bobs.begin("subscribe", chatId=chat.pk)
    await held_up.were_read.wait()
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    held_up.may_arrive.set()
    assert (await bobs.reply(asked))["ok"]  # it was true when it was read
    await anns.do("subscribe", chatId=chat.pk)  # keeps the room open
    assert (await bobs.next("notice"))["type"] == "subscriptionRevoked"
    await commit(say, ann, chat, "among us")
    await anns.next("event", "user_message")
    for since in (await read(head_of, ann, chat), None):
        refusal = await bobs.refused("subscribe", chatId=chat.pk, since=since)
        assert refusal["code"] == "notFound"
    await bobs.everything()
    assert bobs.events() == []


async def test_nobody_is_remembered_past_their_removal(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    anns, bobs = await connect(ann), await connect(bob)
    await anns.do("subscribe", chatId=chat.pk)
    for _ in range(2):
        head = (await bobs.do("subscribe", chatId=chat.pk))["head"]
        assert (await bobs.do("subscribe", chatId=chat.pk, since=head))["mode"] == "live"
        await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
        await bobs.next("notice")
        head = await read(head_of, ann, chat)
        assert (await bobs.refused("subscribe", chatId=chat.pk, since=head))["code"] == "notFound"
        await commit(add_member, actor_of(ann), chat.pk, bob.pk)


async def test_events_committed_while_an_answer_is_on_its_way_follow_it(
    connect: Connect, held_up: HeldUp, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob)
    asked = await bobs.begin("subscribe", chatId=chat.pk)
    await held_up.were_read.wait()
    sent = [await commit(say, ann, chat, content) for content in "abc"]
    held_up.may_arrive.set()
    await bobs.reply(asked)
    assert [(await bobs.next("event"))["message"] for _ in sent] == sent
    await bobs.everything()
    assert len(bobs.events()) == 3


async def test_a_chat_in_full_swing_is_replayed_and_not_begun_anew(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event between the reading of the others and that of the head is no reason to give up."""
    since = await read(head_of, ann, chat)
    await commit(say, ann, chat, "before")

    def read_and_be_overtaken(*args: Any, **kwargs: Any) -> list[LoggedEvent]:
        events = events_since(*args, **kwargs)
        monkeypatch.setattr(resumption, "events_since", events_since)
        say(ann, chat, "in between")
        return events

    monkeypatch.setattr(resumption, "events_since", read_and_be_overtaken)
    bobs = await connect(bob)
    data = await bobs.do("subscribe", chatId=chat.pk, since=since)
    assert data["mode"] == "replay"
    contents = [event["message"]["content"] for event in data["events"]]
    assert contents == ["before"]
    assert (await bobs.next("event"))["message"]["content"] == "in between"


async def test_messages_generated_after_a_removal_are_in_no_answer(
    connect: Connect, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = await read(head_of, ann, chat)

    def be_overtaken(chat_id: str) -> Any:
        remove_member(actor_of(ann), chat_id, bob.pk)
        say(ann, chat, "Why did bob have to go?", type="ai")
        return open_messages(chat_id)

    bobs = await connect(bob)
    monkeypatch.setattr(resumption, "open_messages", be_overtaken)
    assert (await bobs.refused("subscribe", chatId=chat.pk, since=since))["code"] == "notFound"


async def test_whoever_leaves_while_an_answer_is_on_its_way_is_in_no_room(
    connect: Connect, held_up: HeldUp, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob)
    await bobs.begin("subscribe", chatId=chat.pk)
    await held_up.were_read.wait()
    await bobs.leave()
    held_up.may_arrive.set()
    await read(lambda: None)
    await asyncio.sleep(0.02)
    assert all(room.audience.is_empty for room in process.registry.rooms.values())


async def test_numbers_that_begin_anew_under_an_answer_cost_another_reading(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    anns, bobs = await connect(ann), await connect(bob)
    await anns.do("subscribe", chatId=chat.pk)
    await read(lambda: Chat.objects.update(epoch="another"))
    data = await bobs.do("subscribe", chatId=chat.pk)
    assert data["head"].startswith("another:")
    assert (await anns.next("notice"))["type"] == "positionLost"
    await commit(say, ann, chat, "anew")
    assert (await bobs.next("event"))["epoch"] == "another"
    await anns.do("subscribe", chatId=chat.pk)
    await commit(say, ann, chat, "once more")
    assert (await anns.next("event"))["message"]["content"] == "once more"


async def test_a_lost_position_does_not_end_a_socket_of_one_chat(
    connect: Connect, ann: User, chat: Chat
) -> None:
    anns = await connect(ann, f"/ws/chat/{chat.pk}/")
    await anns.reply(None)
    await read(lambda: Chat.objects.update(epoch="another"))
    await process.registry.tick()
    assert await anns.next("notice") == {"op": "notice", "type": "positionLost", "chatId": chat.pk}
    await anns.do("subscribe", chatId=chat.pk)
    await commit(say, ann, chat, "anew")
    assert (await anns.next("event"))["epoch"] == "another"


async def test_a_deleted_chat_ends_subscriptions_and_the_sockets_of_that_chat(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    many, one = await connect(ann), await connect(bob, f"/ws/chat/{chat.pk}/")
    await many.do("subscribe", chatId=chat.pk)
    await one.reply(None)
    await read(lambda: Chat.objects.all().delete())
    await process.registry.tick()
    assert (await many.next("notice"))["type"] == "subscriptionRevoked"
    assert await one.closed() == 4502
    assert (await many.refused("subscribe", chatId=chat.pk))["code"] == "notFound"


# --- another process ------------------------------------------------------------------------------


@pytest.fixture
async def other(shared_layer: None, sockets: list[Socket]) -> AsyncIterator[Process]:
    other = Process()
    other.start()
    await until(lambda: process.doorbell._joined and other.doorbell._joined)
    yield other
    await other.stop()


async def test_a_session_that_ends_in_another_process_ends_its_sockets_here(
    other: Process, sockets: list[Socket], ann: User
) -> None:
    cookie = await read(cookie_of, ann)
    socket = await Socket(headers={"cookie": cookie, "origin": ORIGIN}).open()
    sockets.append(socket)
    key = cookie.partition("=")[2]
    await read(lambda: Session.objects.filter(pk=key)._raw_delete("default"))
    other.recheck(credential=session_credential(key))
    assert await socket.closed() == 4501


async def test_a_token_deleted_and_a_user_changed_elsewhere_are_heard_of(
    other: Process, sockets: list[Socket], connect: Connect, ann: User, bob: User
) -> None:
    token = await read(token_of, ann)
    anns = await Socket(headers={"authorization": f"Bearer {token}"}).open()
    sockets.append(anns)
    bobs = await connect(bob, how=script)
    await read(lambda: AuthToken.objects.filter(user=ann)._raw_delete("default"))
    other.recheck(credential=token_credential(token))
    assert await anns.closed() == 4501
    await bobs.do("ping")
    await read(lambda: User.objects.filter(pk=bob.pk).update(is_active=False))
    other.recheck(user_id=bob.pk)
    assert await bobs.closed() == 4501


async def test_an_ended_session_is_told_to_the_other_processes(
    other: Process, connect: Connect, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(other.exchange, "_recheck", heard.append)
    anns = await connect(ann, how=script)
    await commit(lambda: AuthToken.objects.all().delete())
    assert await anns.closed() == 4501
    await until(lambda: heard)
    assert heard[0]["credential"][0] == "token"


async def test_what_one_person_is_told_reaches_them_from_any_process(
    other: Process, anns: Socket, bobs: Socket, bob: User, chat: Chat
) -> None:
    other.tell_person(bob.pk, chat.pk, decision({"chatId": chat.pk, "verb": "warn"}))
    assert (await bobs.next("ephemeral", "decision"))["decision"] == {"verb": "warn"}
    await anns.everything()
    assert not [f for f in anns.heard if f.get("type") == "decision"]


async def test_connections_to_another_process_count_too(
    other: Process, connect: Connect, ann: User, bob: User, settings: Settings
) -> None:
    settings.MAX_CONNECTIONS_USER = 3
    settings.MAX_CONNECTIONS_ADDRESS = 2
    for _ in range(2):
        await connect(ann)
    process.connections.at_address["192.0.2.7"] = 2
    process.say_crowd()
    there = other.connections
    await until(lambda: there.crowds.of(of_user(ann.pk)) == 2)
    assert there.has_room_for(ann.pk)
    for place, is_room in (("192.0.2.7", False), ("192.0.2.8", True)):
        with there.at(place) as has_room:
            assert has_room is is_room
    settings.MAX_CONNECTIONS_USER = 2
    assert not there.has_room_for(ann.pk)
    assert there.has_room_for(bob.pk)
    process.connections.at_address.clear()
    settings.MAX_CONNECTIONS_USER = 0  # nobody is counted: said once more, and no longer
    process.say_crowd()
    await until(lambda: there.crowds.of(of_user(ann.pk)) == 0)


async def test_what_a_process_without_sockets_commits_is_heard(
    shared_layer: None, connect: Connect, ann: User, chat: Chat, settings: Settings
) -> None:
    """As a command or a worker does; on Redis only, since memory is not shared."""
    if settings.REDIS_URL == "redis://in-memory":
        pytest.skip("one process")
    await until(lambda: process.doorbell._joined)
    anns = await connect(ann)
    await anns.do("subscribe", chatId=chat.pk)
    event = await read(_commit_unannounced, ann, chat)
    await asyncio.to_thread(Process().publish, [event], 0)
    assert (await anns.next("event"))["seq"] == event.seq


def _commit_unannounced(user: User, chat: Chat) -> LoggedEvent:
    loop, process.loop = process.loop, None
    publish, Process.publish = Process.publish, lambda *_: None  # type: ignore[method-assign]
    try:
        message = say(user, chat, "from elsewhere")
    finally:
        process.loop, Process.publish = loop, publish  # type: ignore[method-assign]
    head = access_to(actor_of(user), chat.pk).head
    (event,) = events_since(chat.pk, head.epoch, message["seq"] - 1)
    return event
