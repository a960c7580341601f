"""Editing, removing, fetching and marking as read over a socket."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting.reading import read
from messages import history
from messages.access import Reach, access_to, actor_of
from messages.chats import create_chat, set_frozen
from messages.membership import add_member, remove_member
from messages.message_id_generator import new_message_id
from messages.models import Chat, Membership
from messages.rendering import render
from messages.representation import WireMessage
from tests.domain.talk import VIDEO, say
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
async def anns(connect: Connect, ann: User, chat: Chat) -> Socket:
    return await connect(ann)


@pytest.fixture
async def message(ann: User, chat: Chat, bobs: Socket) -> WireMessage:
    """Ann's, which bob has heard of."""
    written = await commit(say, ann, chat, "one")
    await bobs.next("event")
    return written


def editing(message: WireMessage, content: object = "two", **fields: Any) -> dict[str, Any]:
    return {
        "messageId": message["messageId"],
        "rev": message["rev"],
        "content": content,
    } | fields


# --- edit -----------------------------------------------------------------------------------------


async def test_an_edit_is_answered_stored_and_told(
    anns: Socket, bobs: Socket, ann: User, chat: Chat, message: WireMessage
) -> None:
    data = await anns.do("edit", **editing(message, "two *stars*"))
    edited = data.pop("message")
    assert data == {}
    assert edited["editedAt"] >= message["timestamp"]
    assert edited == message | {
        "content": "two *stars*",
        "html": render("two *stars*"),
        "rev": 2,
        "editedAt": edited["editedAt"],
    }
    event = await bobs.next("event")
    assert event["type"] == "user_message_update"
    assert event["data"] == {"change": "edit"}
    assert event["message"] == edited
    assert event["actor"] == {"id": ann.pk, "name": "ann"}
    assert await read(history.one, Reach(chat.pk), message["messageId"]) == edited


async def test_an_old_version_is_a_conflict(
    anns: Socket, bobs: Socket, message: WireMessage
) -> None:
    await anns.do("edit", **editing(message, "two"))
    refusal = await anns.refused("edit", **editing(message, "three"))
    assert (refusal["code"], refusal["details"]) == ("conflict", {"rev": 2})
    assert (await anns.refused("edit", **editing(message, "x", rev=3)))["code"] == "conflict"
    await bobs.everything()
    assert [event["message"]["content"] for event in bobs.events()][1:] == ["two"]


async def test_edits_and_sends_of_one_connection_keep_their_order(
    anns: Socket, bobs: Socket, chat: Chat, message: WireMessage
) -> None:
    send = {"chatId": chat.pk, "type": "user"}
    await anns.begin("send", **send, clientMessageId="1", content="before")
    await anns.begin("edit", **editing(message, "# two"))
    await anns.begin("send", **send, clientMessageId="2", content="after")
    await anns.begin("remove", messageId=message["messageId"])
    heard = [(await bobs.next("event"))["message"]["content"] for _ in range(4)]
    assert heard == ["before", "# two", "after", ""]


@pytest.mark.parametrize(
    "fields, code, field",
    [
        ({"messageId": None}, "badMessageId", "messageId"),
        ({"messageId": 1}, "badMessageId", "messageId"),
        ({"messageId": "x"}, "badMessageId", "messageId"),
        ({"rev": None}, "badRequest", "rev"),
        ({"rev": 0}, "badRequest", "rev"),
        ({"rev": "1"}, "badRequest", "rev"),
        ({"rev": True}, "badRequest", "rev"),
        ({"rev": 1.0}, "badRequest", "rev"),
        ({"content": None}, "badRequest", "content"),
        ({"content": ""}, "badRequest", "content"),
        ({"content": " "}, "badRequest", "content"),
        ({"content": 1}, "badRequest", "content"),
        ({"content": "x" * 16_385}, "tooLarge", "content"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_a_malformed_edit_is_refused(
    fields: dict[str, Any], code: str, field: str, anns: Socket, chat: Chat, message: WireMessage
) -> None:
    refusal = await anns.refused("edit", **(editing(message) | fields))
    assert (refusal["code"], refusal["details"]) == (code, {"field": field})
    assert await read(history.one, Reach(chat.pk), message["messageId"]) == message


async def test_words_of_a_video_may_become_empty(anns: Socket, ann: User, chat: Chat) -> None:
    video = await commit(say, ann, chat, "Look!", type="youtube", metadata={"url": VIDEO})
    assert (await anns.do("edit", **editing(video, "")))["message"]["content"] == ""


async def test_only_the_author_edits(
    connect: Connect,
    bobs: Socket,
    ann: User,
    mod: User,
    eve: User,
    chat: Chat,
    message: WireMessage,
) -> None:
    assert (await bobs.refused("edit", **editing(message)))["code"] == "forbidden"
    await commit(add_member, actor_of(ann), chat.pk, mod.pk)
    mods, eves = await connect(mod), await connect(eve)
    assert (await mods.refused("edit", **editing(message)))["code"] == "forbidden"
    there = await eves.refused("edit", **editing(message))
    nowhere = await eves.refused("edit", **editing(message, messageId=new_message_id()))
    assert there == nowhere
    assert there["code"] == "notFound"
    assert await read(history.one, Reach(chat.pk), message["messageId"]) == message


async def test_nothing_is_edited_in_a_frozen_chat(
    anns: Socket, ann: User, chat: Chat, message: WireMessage
) -> None:
    await commit(set_frozen, actor_of(ann), chat.pk, frozen=True)
    assert (await anns.refused("edit", **editing(message)))["code"] == "chatFrozen"


async def test_an_author_who_was_removed_from_the_chat_edits_nothing(
    connect: Connect, ann: User, bob: User, chat: Chat
) -> None:
    bobs = await connect(bob)
    message = await commit(say, bob, chat, "mine")
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    assert (await bobs.refused("edit", **editing(message)))["code"] == "notFound"
    refusal = await bobs.refused("remove", messageId=message["messageId"])
    assert refusal["code"] == "notFound"


# --- remove ---------------------------------------------------------------------------------------


async def test_removing_empties_a_message_for_everybody(
    anns: Socket, bobs: Socket, chat: Chat, message: WireMessage
) -> None:
    data = await anns.do("remove", messageId=message["messageId"])
    gone = message | {"content": "", "html": "", "removed": "author", "rev": 2}
    assert data == {"message": gone}
    event = await bobs.next("event")
    assert (event["type"], event["data"]) == ("message_removed", {"by": "author"})
    assert event["message"] == gone
    assert await anns.do("remove", messageId=message["messageId"]) == data
    await bobs.everything()
    assert len(bobs.events()) == 2
    assert (await anns.refused("edit", **editing(gone)))["code"] == "badTransition"


async def test_staff_remove_what_others_wrote_and_members_do_not(
    connect: Connect, bobs: Socket, mod: User, eve: User, message: WireMessage
) -> None:
    wanted = {"messageId": message["messageId"]}
    assert (await bobs.refused("remove", **wanted))["code"] == "forbidden"
    eves, mods = await connect(eve), await connect(mod)
    there = await eves.refused("remove", **wanted)
    assert there == await eves.refused("remove", messageId=new_message_id())
    assert there["code"] == "notFound"
    assert (await mods.do("remove", **wanted))["message"]["removed"] == "staff"
    assert (await bobs.next("event"))["data"] == {"by": "staff"}


async def test_what_is_no_message_id_is_not_removed(anns: Socket) -> None:
    for message_id in (None, 1, "", "x", [], new_message_id().upper(), new_message_id() + "\n"):
        assert (await anns.refused("remove", messageId=message_id))["code"] == "badMessageId"


# --- fetch ----------------------------------------------------------------------------------------


async def test_wanted_messages_come_by_their_ids(
    anns: Socket, ann: User, chat: Chat, message: WireMessage
) -> None:
    other = await commit(create_chat, actor_of(ann), "Dinner")
    elsewhere = await commit(say, ann, other)
    nowhere = new_message_id()
    wanted = [message["messageId"], elsewhere["messageId"], nowhere, nowhere]
    data = await anns.do("fetch", chatId=chat.pk, messageIds=wanted)
    assert data == {
        "results": {
            message["messageId"]: message,
            elsewhere["messageId"]: {"error": "notFound"},
            nowhere: {"error": "notFound"},
        }
    }


async def test_one_to_a_hundred_ids_are_fetched_at_once(anns: Socket, chat: Chat) -> None:
    ids = [new_message_id() for _ in range(101)]
    data = await anns.do("fetch", chatId=chat.pk, messageIds=ids[:100])
    assert list(data["results"]) == ids[:100]
    no_list, no_ids = ([], ids, None, "x", {}), (["x"], [1], [None], [ids])
    for bad in (*no_list, *no_ids):
        refusal = await anns.refused("fetch", chatId=chat.pk, messageIds=bad)
        code = "badRequest" if bad in no_list else "badMessageId"
        assert (refusal["code"], refusal["details"]) == (code, {"field": "messageIds"})
    assert (await anns.refused("fetch", messageIds=ids[:1]))["code"] == "badChatId"


async def test_the_outsider_fetches_nothing_and_learns_nothing(
    connect: Connect, eve: User, mod: User, chat: Chat, message: WireMessage
) -> None:
    eves = await connect(eve)
    for ids in ([message["messageId"]], [new_message_id()], [], None):
        there = await eves.refused("fetch", chatId=chat.pk, messageIds=ids)
        assert there == await eves.refused("fetch", chatId="no-such-chat", messageIds=ids)
        assert there["code"] == "notFound"
    mods = await connect(mod)
    data = await mods.do("fetch", chatId=chat.pk, messageIds=[message["messageId"]])
    assert data["results"] == {message["messageId"]: message}


# --- read -----------------------------------------------------------------------------------------


def pointer(user: User, chat: Chat) -> int:
    return Membership.objects.get(user=user, chat=chat).read_seq


async def test_the_read_pointer_moves_forward_only_and_never_past_the_head(
    bobs: Socket, bob: User, ann: User, chat: Chat, message: WireMessage
) -> None:
    last = message["seq"]
    assert await bobs.do("read", chatId=chat.pk, seq=last) == {"seq": last}
    assert await bobs.do("read", chatId=chat.pk, seq=0) == {"seq": last}
    assert await bobs.do("read", chatId=chat.pk, seq=2**63 - 1) == {"seq": last}
    assert await read(pointer, bob, chat) == last
    assert (await read(access_to, actor_of(ann), chat.pk)).standing.read_seq < last


@pytest.mark.parametrize("seq", [None, -1, "1", 1.0, True, [], {}])
async def test_a_malformed_read_is_refused(seq: object, bobs: Socket, chat: Chat) -> None:
    refusal = await bobs.refused("read", chatId=chat.pk, seq=seq)
    assert (refusal["code"], refusal["details"]) == ("badRequest", {"field": "seq"})


async def test_only_members_have_a_read_pointer(
    connect: Connect, eve: User, mod: User, chat: Chat
) -> None:
    eves, mods = await connect(eve), await connect(mod)
    there = await eves.refused("read", chatId=chat.pk, seq=1)
    assert there == await eves.refused("read", chatId="no-such-chat", seq=1)
    assert there["code"] == "notFound"
    assert (await mods.refused("read", chatId=chat.pk, seq=1))["code"] == "notFound"
    assert (await mods.refused("read", chatId="-", seq=1))["code"] == "badChatId"
