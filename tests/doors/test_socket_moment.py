"""What is true for the moment only: typing, who is here, and how far each chat is."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting import actions
from chatrouting.presence import LEAVE_DELAY
from chatrouting.process import process
from chatrouting.reading import read
from messages import chats
from messages.access import actor_of
from messages.chats import create_chat
from messages.membership import remove_member
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect, Listen
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


class Clock:
    """Two clocks set by hand: the registry's seconds and the actions' milliseconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def seconds(self) -> float:
        return self.now

    def ms(self) -> int:
        return int(self.now * 1000)


@pytest.fixture
def clock(anns: Socket, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(process.registry, "_clock", clock.seconds)
    monkeypatch.setattr(actions, "now_ms", clock.ms)
    return clock


async def ephemerals(socket: Socket, kind: str) -> list[tuple[str, bool]]:
    """Whose ephemeral frames of this kind were heard up to now, and whether they say yes."""
    flag = {"typing": "on", "presence": "online"}[kind]
    await socket.everything()
    return [
        (f["user"]["name"], f[flag])
        for f in socket.heard
        if f["op"] == "ephemeral" and f["type"] == kind
    ]


# --- typing ---------------------------------------------------------------------------------------


async def test_the_others_see_somebody_typing(
    connect: Connect, anns: Socket, bobs: Socket, bob: User, chat: Chat, clock: Clock
) -> None:
    second_tab = await connect(bob)
    await second_tab.do("subscribe", chatId=chat.pk)
    assert await bobs.do("typing", chatId=chat.pk, on=True) == {}
    assert await anns.next("ephemeral", "typing") == {
        "op": "ephemeral",
        "type": "typing",
        "chatId": chat.pk,
        "user": {"id": bob.pk, "name": "bob"},
        "on": True,
    }
    await bobs.do("typing", chatId=chat.pk, on=False)
    assert (await anns.next("ephemeral", "typing"))["on"] is False
    for own in (bobs, second_tab):
        assert await ephemerals(own, "typing") == []


async def test_typing_moves_no_cursor_and_is_not_kept(
    anns: Socket, bobs: Socket, chat: Chat
) -> None:
    before = (await anns.do("ping"))["heads"]
    await bobs.do("typing", chatId=chat.pk, on=True)
    assert (await anns.do("ping"))["heads"] == before
    data = await anns.do("subscribe", chatId=chat.pk, since=before[chat.pk])
    assert data["mode"] == "live"


async def test_typing_too_often_is_dropped_and_not_refused(
    anns: Socket, bobs: Socket, chat: Chat, clock: Clock
) -> None:
    for _ in range(3):
        await bobs.do("typing", chatId=chat.pk, on=True)
    assert await ephemerals(anns, "typing") == [("bob", True)]
    clock.now += 0.5
    await bobs.do("typing", chatId=chat.pk, on=True)
    assert await ephemerals(anns, "typing") == [("bob", True)] * 2


async def test_switching_on_and_off_does_not_get_around_that(
    anns: Socket, bobs: Socket, chat: Chat, clock: Clock
) -> None:
    for _ in range(50):
        await bobs.do("typing", chatId=chat.pk, on=True)
        await bobs.do("typing", chatId=chat.pk, on=False)
    heard = await ephemerals(anns, "typing")
    assert heard == [("bob", True), ("bob", False)]


async def test_somebody_may_type_in_two_chats(
    anns: Socket, bobs: Socket, ann: User, bob: User, chat: Chat, clock: Clock
) -> None:
    other = await commit(create_chat, actor_of(ann), "Dinner", members=[actor_of(bob)])
    for socket in (anns, bobs):
        await socket.do("subscribe", chatId=other)
    for chat_id in (chat.pk, other):
        await bobs.do("typing", chatId=chat_id, on=True)
    for chat_id in (chat.pk, other):
        await bobs.do("typing", chatId=chat_id, on=False)
    assert await ephemerals(anns, "typing") == [("bob", True)] * 2 + [("bob", False)] * 2


async def test_typing_needs_a_subscription(
    connect: Connect, anns: Socket, eve: User, bob: User, chat: Chat
) -> None:
    eves, unsubscribed = await connect(eve), await connect(bob)
    there = await eves.refused("typing", chatId=chat.pk, on=True)
    assert there == await eves.refused("typing", chatId="no-such-chat", on=True)
    assert there["code"] == "notFound"
    assert (await unsubscribed.refused("typing", chatId=chat.pk, on=True)) == there
    assert await ephemerals(anns, "typing") == []


@pytest.mark.parametrize("on", [None, 1, 0, "true", [], {}])
async def test_typing_is_on_or_off(on: object, bobs: Socket, chat: Chat) -> None:
    refusal = await bobs.refused("typing", chatId=chat.pk, on=on)
    assert (refusal["code"], refusal["details"]) == ("badRequest", {"field": "on"})
    assert (await bobs.refused("typing", chatId=1, on=True))["code"] == "badChatId"


async def test_whoever_was_removed_types_unseen(
    anns: Socket, bobs: Socket, ann: User, bob: User, chat: Chat
) -> None:
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    assert (await bobs.refused("typing", chatId=chat.pk, on=True))["code"] == "notFound"
    assert await ephemerals(anns, "typing") == []


# --- who is here ----------------------------------------------------------------------------------


async def test_whoever_comes_is_told_who_is_here_and_the_others_are_told_of_them(
    connect: Connect, anns: Socket, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob)
    data = await bobs.do("subscribe", chatId=chat.pk)
    people = sorted(data["presence"], key=lambda person: str(person["name"]))
    assert people == [{"id": ann.pk, "name": "ann"}, {"id": bob.pk, "name": "bob"}]
    assert await anns.next("ephemeral", "presence") == {
        "op": "ephemeral",
        "type": "presence",
        "chatId": chat.pk,
        "user": {"id": bob.pk, "name": "bob"},
        "online": True,
    }
    assert await ephemerals(bobs, "presence") == []


async def test_a_second_tab_and_a_reload_are_no_news(
    connect: Connect, anns: Socket, bobs: Socket, bob: User, chat: Chat, clock: Clock
) -> None:
    second = await connect(bob)
    await second.do("subscribe", chatId=chat.pk)
    await second.do("subscribe", chatId=chat.pk)
    await bobs.leave()
    clock.now += LEAVE_DELAY * 2
    await process.registry.tick()
    await second.leave()
    clock.now += LEAVE_DELAY - 1
    await process.registry.tick()
    third = await connect(bob)
    data = await third.do("subscribe", chatId=chat.pk)
    clock.now += LEAVE_DELAY * 2
    await process.registry.tick()
    assert len(data["presence"]) == 2
    assert await ephemerals(anns, "presence") == [("bob", True)]


@pytest.mark.parametrize("how", ["leaves", "unsubscribes"])
async def test_whoever_is_gone_for_a_while_has_left(
    how: str, anns: Socket, bobs: Socket, chat: Chat, clock: Clock
) -> None:
    if how == "leaves":
        await bobs.leave()
    else:
        await bobs.do("unsubscribe", chatId=chat.pk)
    clock.now += LEAVE_DELAY - 1
    await process.registry.tick()
    assert await ephemerals(anns, "presence") == [("bob", True)]
    clock.now += 1
    await process.registry.tick()
    assert await ephemerals(anns, "presence") == [("bob", True), ("bob", False)]
    data = await anns.do("subscribe", chatId=chat.pk)
    assert [person["name"] for person in data["presence"]] == ["ann"]


async def test_whoever_was_removed_is_gone_at_the_next_tick(
    anns: Socket, bobs: Socket, ann: User, bob: User, chat: Chat, clock: Clock
) -> None:
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    await process.registry.tick()
    assert await ephemerals(anns, "presence") == [("bob", True), ("bob", False)]


async def test_the_outsider_is_never_present(
    connect: Connect, anns: Socket, eve: User, chat: Chat
) -> None:
    eves = await connect(eve)
    await eves.refused("subscribe", chatId=chat.pk)
    assert await ephemerals(anns, "presence") == []
    assert [p["name"] for p in (await anns.do("subscribe", chatId=chat.pk))["presence"]] == ["ann"]


async def test_in_a_crowd_nobodys_coming_is_told(
    connect: Connect, anns: Socket, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatrouting.rooms.MAX_PRESENCE", 1)
    monkeypatch.setattr("chatrouting.subscribing.MAX_PRESENCE", 1)
    bobs = await connect(bob)
    data = await bobs.do("subscribe", chatId=chat.pk)
    assert len(data["presence"]) == 1
    assert await ephemerals(anns, "presence") == []


# --- ping -----------------------------------------------------------------------------------------


async def test_ping_tells_the_head_of_each_chat_and_the_time(
    anns: Socket, ann: User, chat: Chat, clock: Clock
) -> None:
    other = await commit(create_chat, actor_of(ann), "Dinner")
    head = (await anns.do("subscribe", chatId=other))["head"]
    message = await commit(say, ann, chat, "Hi")
    event = await anns.next("event")
    assert await anns.do("ping") == {
        "heads": {chat.pk: f"{event['epoch']}:{message['seq']}", other: head},
        "now": clock.ms(),
    }
    await anns.do("unsubscribe", chatId=chat.pk)
    assert (await anns.do("ping"))["heads"] == {other: head}


async def test_without_subscriptions_there_are_no_heads(connect: Connect, eve: User) -> None:
    eves = await connect(eve)
    assert (await eves.do("ping"))["heads"] == {}
    assert await read(lambda: True)


# --- how far one has read -------------------------------------------------------------------------


async def test_what_is_read_anywhere_is_told_to_that_persons_own_connections(
    connect: Connect, listen: Listen, anns: Socket, bobs: Socket, ann: User, bob: User, chat: Chat
) -> None:
    phone, elsewhere = await connect(bob), await connect(bob)
    await phone.do("subscribe", chatId=chat.pk)
    stream = await listen(bob, chat)
    seq = (await commit(say, ann, chat, "Hello"))["seq"]
    await bobs.do("read", chatId=chat.pk, seq=seq)
    told = {"op": "ephemeral", "type": "read", "chatId": chat.pk, "seq": seq}
    for one in (bobs, phone, stream):
        assert await one.next("ephemeral", "read") == told
    await commit(chats.mark_read, actor_of(bob), chat.pk, seq)  # no news
    await bobs.do("read", chatId=chat.pk, seq=1)
    for one in (anns, elsewhere, phone):
        await one.everything()
    assert [f["type"] for f in anns.heard + elsewhere.heard if f.get("type") == "read"] == []
    assert [f for f in phone.heard if f.get("type") == "read"] == [told]


async def test_the_api_tells_it_too_and_nothing_of_a_chat_that_was_left(
    connect: Connect, bobs: Socket, ann: User, bob: User, chat: Chat
) -> None:
    for _ in range(2):
        seq = (await commit(say, ann, chat, "Hello"))["seq"]
    await commit(chats.mark_read, actor_of(bob), chat.pk, seq - 1)
    assert (await bobs.next("ephemeral", "read"))["seq"] == seq - 1
    await bobs.do("unsubscribe", chatId=chat.pk)
    await commit(chats.mark_read, actor_of(bob), chat.pk, seq)
    await bobs.everything()
    assert len([f for f in bobs.heard if f.get("type") == "read"]) == 1
