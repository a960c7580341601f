"""What a newcomer hears, where newcomers see only what comes after they joined."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from chatrouting import protocol
from chatrouting.process import process
from chatrouting.reading import read
from messages.access import actor_of
from messages.chats import set_history
from messages.membership import add_member
from messages.models import Chat, Message, MessageType
from messages.representation import WireMessage
from tests.domain.talk import accept, edit, say
from tests.doors.conftest import Connect, listening
from tests.doors.event_streams import EventStream
from tests.doors.fake_log import until
from tests.doors.polling import poller
from tests.doors.sockets import Socket, commit
from tests.people import make_moderator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def old(ann: User, chat: Chat) -> WireMessage:
    set_history(actor_of(ann), chat.pk, "sinceJoining")
    return say(ann, chat, "long ago")


@pytest.fixture
def carl(ann: User, chat: Chat, old: WireMessage) -> User:
    user = User.objects.create_user("carl")
    add_member(actor_of(ann), chat.pk, user.pk)
    return user


@pytest.fixture
async def carls(connect: Connect, carl: User, chat: Chat) -> Socket:
    return await listening(connect, carl, chat)


async def test_a_snapshot_begins_with_the_joining(
    connect: Connect, ann: User, carl: User, chat: Chat
) -> None:
    carls = await connect(carl)
    found = await carls.do("subscribe", chatId=chat.pk)
    assert (found["mode"], found["messages"], found["oldestSeq"]) == ("snapshot", [], 5)
    stale = await carls.do("subscribe", chatId=chat.pk, since=f"{chat.epoch}:3")
    assert stale["mode"] == "snapshot"
    live = await carls.do("subscribe", chatId=chat.pk, since=f"{chat.epoch}:5")
    assert live["mode"] == "live"


async def test_a_change_of_an_older_message_has_its_number_and_no_message(
    connect: Connect, carls: Socket, ann: User, bob: User, chat: Chat, old: WireMessage
) -> None:
    bobs = await listening(connect, bob, chat)
    edited = await commit(edit, ann, old, "long, long ago")
    new = await commit(say, ann, chat, "welcome")
    assert [(await carls.next("event")).get("message") for _ in range(2)] == [None, new]
    assert [(await bobs.next("event")).get("message") for _ in range(2)] == [edited, new]
    assert [event["seq"] for event in carls.events()] == [6, 7]
    assert "long" not in str(carls.heard)


async def test_from_memory_as_from_the_log_nothing_older_comes(
    connect: Connect, carls: Socket, carl: User, ann: User, chat: Chat, old: WireMessage
) -> None:
    await commit(edit, ann, old, "long, long ago")
    again = await connect(carl)
    found = await again.do("subscribe", chatId=chat.pk, since=f"{chat.epoch}:5")
    assert [event.get("message") for event in found["events"]] == [None]
    results = (await again.do("fetch", chatId=chat.pk, messageIds=[old["messageId"]]))["results"]
    assert results == {old["messageId"]: {"error": "notFound"}}
    for action in ("edit", "remove", "retry", "cancel"):
        error = await again.refused(action, messageId=old["messageId"], rev=1, content="x")
        assert error["code"] == "notFound"


async def test_an_older_answer_that_is_written_again_is_not_overheard(
    connect: Connect, ann: User, chat: Chat, old: WireMessage
) -> None:
    asked: Any = await commit(accept, ann, chat, "Why?", type=MessageType.AI)
    user = await read(lambda: User.objects.create_user("dora"))
    await commit(add_member, await read(actor_of, ann), chat.pk, user.pk)
    doras, anns = await listening(connect, user, chat), await listening(connect, ann, chat)
    newer: Any = await commit(accept, ann, chat, "And now?", type=MessageType.AI)
    for accepted in (asked, newer):
        message_id = accepted.placeholder["messageId"]
        text = protocol.ai_delta(chat.pk, message_id, rev=1, start=0, text="So")
        process.tell_delta(chat.pk, text, message_id)
    for socket, told in ((anns, [asked, newer]), (doras, [newer])):
        for accepted in told:
            delta = await socket.next("ephemeral", "aiDelta")
            assert delta["messageId"] == accepted.placeholder["messageId"]
        assert not [f for f in await socket.take() if f.get("type") == "aiDelta"]


async def test_long_polls_and_streams_say_no_more(
    carl: User, ann: User, chat: Chat, old: WireMessage, listen: Any
) -> None:
    stream: EventStream = await listen(carl, chat)
    asks = await poller(carl, chat)
    await commit(edit, ann, old, "long, long ago")
    assert "message" not in await stream.next("event")
    page = await asks.events(after=f"{chat.epoch}:5")
    assert ["message" in event for event in page["events"]] == [False]
    assert await asks.error(after=f"{chat.epoch}:2") == (410, "staleCursor")
    whole = await asks.events()
    assert [event["seq"] for event in whole["events"]] == [5, 6]
    _, history = await asks.get("messages/")
    assert (history["messages"], history["oldestSeq"], history["moreBefore"]) == ([], 5, False)


async def test_who_no_longer_moderates_hears_what_members_hear(
    connect: Connect, ann: User, carl: User, chat: Chat, old: WireMessage
) -> None:
    await read(make_moderator, carl)
    carls = await listening(connect, carl, chat)
    await commit(edit, ann, old, "once")
    assert (await carls.next("event"))["message"]["content"] == "once"
    await commit(carl.groups.clear)
    await process.connections.tick()
    room = process.registry.rooms[chat.pk]
    await until(lambda: room.audience.newcomers)
    message = await read(lambda: Message.objects.values("rev").get(pk=old["messageId"]))
    await commit(edit, ann, old, "twice", rev=message["rev"])
    assert "message" not in await carls.next("event")
