"""Sending over a socket: what is stored, what it costs, in which order, and what is refused."""

import threading
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting import actions
from chatrouting.process import process
from chatrouting.reading import read
from messages import history
from messages.access import Actor, Reach, actor_of
from messages.chats import create_chat, set_frozen
from messages.drafts import Draft
from messages.membership import add_member, remove_member
from messages.message_id_generator import is_message_id, new_message_id
from messages.models import Chat, Membership, Message
from messages.rendering import render
from messages.writer import writer
from tests.domain.talk import VIDEO, say
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE_KEYS = {
    *("messageId", "chatId", "type", "content", "timestamp", "status", "metadata"),
    *("seq", "rev", "author", "clientMessageId", "replyTo", "html", "error", "editedAt", "removed"),
}


@pytest.fixture(autouse=True)
def _limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "1000/1h"


@pytest.fixture
async def anns(connect: Connect, ann: User, chat: Chat) -> Socket:
    return await connect(ann)


def body(chat: Chat, content: str = "Olá", key: str = "9b2e", **fields: Any) -> dict[str, Any]:
    sent = {"chatId": chat.pk, "clientMessageId": key, "type": "user", "content": content}
    return sent | fields


def stored(chat: Chat) -> list[str]:
    return [message["content"] for message in history.newest(Reach(chat.pk), 200).history]


# --- what is stored -------------------------------------------------------------------------------


async def test_a_message_is_answered_stored_and_told_to_the_chat(
    anns: Socket, bobs: Socket, ann: User, chat: Chat
) -> None:
    data = await anns.do("send", **body(chat, "Olá **you**"))
    assert data.keys() == {"message", "duplicate", "budget"}
    assert data["duplicate"] is False
    assert data["budget"].keys() == {"remaining", "resetMs"}
    assert data["budget"]["remaining"] == 999
    message = data["message"]
    assert message.keys() == MESSAGE_KEYS
    assert is_message_id(message["messageId"])
    assert (
        message
        | {
            "chatId": chat.pk,
            "type": "user",
            "content": "Olá **you**",
            "timestamp": int(message["messageId"][:13]),
            "status": "completed",
            "metadata": {},
            "rev": 1,
            "author": {"id": ann.pk, "name": "ann"},
            "clientMessageId": "9b2e",
            "replyTo": None,
            "html": render("Olá **you**"),
            "error": None,
            "editedAt": None,
            "removed": None,
        }
        == message
    )
    event = await bobs.next("event", "user_message")
    assert event["message"] == message
    assert event["seq"] == message["seq"]
    assert event["actor"] == {"id": ann.pk, "name": "ann"}
    assert await read(history.one, Reach(chat.pk), message["messageId"]) == message


async def test_a_sender_needs_no_subscription(anns: Socket, bobs: Socket, chat: Chat) -> None:
    await anns.do("send", **body(chat))
    await bobs.next("event")
    await anns.everything()
    assert anns.events() == []


async def test_the_sender_hears_the_event_too(bobs: Socket, chat: Chat) -> None:
    data = await bobs.do("send", **body(chat))
    assert (await bobs.next("event"))["message"] == data["message"]


async def test_a_video_waits_to_be_processed(anns: Socket, bobs: Socket, chat: Chat) -> None:
    sent = body(chat, "", type="youtube", metadata={"url": VIDEO, "title": "not ours to say"})
    message = (await anns.do("send", **sent))["message"]
    assert message["type"] == "youtube"
    assert message["status"] == "pending"
    assert message["content"] == ""
    assert message["metadata"] == {"source": "youtube", "url": VIDEO}
    assert (await bobs.next("event", "youtube_message"))["message"] == message


async def test_a_question_is_two_messages(
    anns: Socket, bobs: Socket, ann: User, chat: Chat
) -> None:
    data = await anns.do("send", **body(chat, "Why?", type="ai"))
    assert data.keys() == {"message", "placeholder", "duplicate", "budget"}
    prompt, placeholder = data["message"], data["placeholder"]
    assert (prompt["type"], prompt["status"], prompt["content"]) == ("user", "completed", "Why?")
    assert prompt["author"] == {"id": ann.pk, "name": "ann"}
    assert (placeholder["type"], placeholder["status"]) == ("ai", "pending")
    assert (placeholder["content"], placeholder["author"]) == ("", None)
    assert placeholder["replyTo"] == prompt["messageId"]
    assert placeholder["seq"] == prompt["seq"] + 1
    assert data["budget"]["remaining"] == 999
    events = [await bobs.next("event"), await bobs.next("event")]
    assert [event["type"] for event in events] == ["user_message", "ai_message"]
    assert [event["message"] for event in events] == [prompt, placeholder]


async def test_only_staff_send_system_messages(
    connect: Connect, anns: Socket, bobs: Socket, ann: User, mod: User, eve: User, chat: Chat
) -> None:
    sent = body(chat, "Down for lunch", type="system")
    assert (await anns.refused("send", **sent))["code"] == "forbidden"
    mods, eves = await connect(mod), await connect(eve)
    assert (await mods.refused("send", **sent))["code"] == "forbidden"  # reading along only
    assert (await eves.refused("send", **sent))["code"] == "notFound"
    await commit(add_member, actor_of(ann), chat.pk, mod.pk)
    message = (await mods.do("send", **sent))["message"]
    assert (message["type"], message["author"]) == ("system", None)
    event = await bobs.next("event", "system_message")
    assert event["message"] == message
    assert event["actor"] == {"id": mod.pk, "name": "mod"}


async def test_a_reply_names_a_message_of_its_own_chat(anns: Socket, ann: User, chat: Chat) -> None:
    first = (await anns.do("send", **body(chat)))["message"]
    reply = await anns.do("send", **body(chat, "Yes", "2", replyTo=first["messageId"]))
    assert reply["message"]["replyTo"] == first["messageId"]
    other = await commit(create_chat, actor_of(ann), "Dinner")
    elsewhere = await commit(say, ann, other)
    for message_id in (elsewhere["messageId"], new_message_id()):
        refusal = await anns.refused("send", **body(chat, "Yes", "3", replyTo=message_id))
        assert (refusal["code"], refusal["details"]) == ("badRequest", {"field": "replyTo"})


@pytest.mark.parametrize(
    "content", ["x" * 16_384, "👋" * 16_000, " a ", "\r\n\ta", "<b>", "a\u2028b", "\U0010ffff"]
)
async def test_content_is_kept_verbatim(content: str, anns: Socket, chat: Chat) -> None:
    message = (await anns.do("send", **body(chat, content)))["message"]
    assert message["content"] == content
    assert (await read(history.one, Reach(chat.pk), message["messageId"]))["content"] == content


async def test_unknown_fields_are_ignored(anns: Socket, chat: Chat) -> None:
    extra = {"messageId": "x", "status": "error", "author": {"id": 1}, "seq": -5, "z": [[{}]]}
    message = (await anns.do("send", **body(chat, **extra)))["message"]
    assert message["status"] == "completed"
    assert is_message_id(message["messageId"])


# --- once -----------------------------------------------------------------------------------------


async def test_the_same_again_is_a_duplicate(
    anns: Socket, bobs: Socket, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEND = "5/1h"
    first = await anns.do("send", **body(chat, "Why?", type="ai"))
    again = await anns.do("send", **body(chat, "Why?", type="ai"))
    assert first.pop("budget")["remaining"] == again.pop("budget")["remaining"] == 4
    assert again == first | {"duplicate": True}
    await bobs.next("event", "ai_message")
    await bobs.everything()
    assert len(bobs.events()) == 2


async def test_a_duplicate_is_the_message_as_it_is_now(anns: Socket, chat: Chat) -> None:
    message = (await anns.do("send", **body(chat, "one")))["message"]
    edit = {"messageId": message["messageId"], "rev": 1, "content": "two"}
    edited = (await anns.do("edit", **edit))["message"]
    assert (await anns.do("send", **body(chat, "one")))["message"] == edited


async def test_another_body_under_the_same_key_is_a_conflict(
    anns: Socket, bobs: Socket, chat: Chat
) -> None:
    await anns.do("send", **body(chat, "one"))
    other_bodies = [
        body(chat, "two"),
        body(chat, "one", type="ai"),
        body(chat, "one", type="youtube", metadata={"url": VIDEO}),
    ]
    for other in other_bodies:
        assert (await anns.refused("send", **other))["code"] == "idConflict"
    assert (await bobs.do("send", **body(chat, "two")))["duplicate"] is False
    assert await read(stored, chat) == ["one", "two"]


async def test_fifty_identical_sends_at_once_make_one_message(
    connect: Connect, anns: Socket, ann: User, chat: Chat
) -> None:
    connections = [anns, *[await connect(ann) for _ in range(4)]]
    asked = [
        (socket, await socket.begin("send", **body(chat, "once")))
        for _ in range(10)
        for socket in connections
    ]
    replies = [(await socket.reply(frame_id))["data"] for socket, frame_id in asked]
    assert sorted(reply["duplicate"] for reply in replies) == [False] + [True] * 49
    assert len({reply["message"]["messageId"] for reply in replies}) == 1
    assert await read(Message.objects.count) == 1


# --- in order -------------------------------------------------------------------------------------


@pytest.fixture
def go_on(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set, it lets the rendering of the content "slow" go on."""
    event = threading.Event()
    draft_from = actions.draft_from

    def draft_slowly(actor: Actor, chat_id: object, fields: dict[str, Any]) -> Draft:
        assert fields["content"] != "slow" or event.wait(10)
        return draft_from(actor, chat_id, fields)

    monkeypatch.setattr(actions, "_is_slow", lambda content: content == "slow")
    monkeypatch.setattr(actions, "draft_from", draft_slowly)
    return event


async def test_a_message_that_takes_long_to_render_keeps_its_place(
    anns: Socket, bobs: Socket, chat: Chat, go_on: threading.Event
) -> None:
    for number, content in enumerate(["first", "slow", "third"]):
        await anns.say({"action": "send", "id": number, **body(chat, content, str(number))})
    assert (await anns.reply(0))["ok"]
    go_on.set()
    assert (await anns.reply(1))["ok"]
    assert (await anns.reply(2))["ok"]
    heard = [(await bobs.next("event"))["message"]["content"] for _ in range(3)]
    assert heard == ["first", "slow", "third"]


async def test_slow_rendering_holds_up_nobody_else(
    anns: Socket, bobs: Socket, chat: Chat, go_on: threading.Event
) -> None:
    asked = await anns.begin("send", **body(chat, "slow"))
    await bobs.do("send", **body(chat, "quick"))
    assert (await bobs.next("event"))["message"]["content"] == "quick"
    go_on.set()
    assert (await anns.reply(asked))["ok"]


async def test_a_hundred_sends_in_a_row_are_stored_in_their_order(
    anns: Socket, bobs: Socket, chat: Chat
) -> None:
    contents = [f"*{n}*" if n % 3 else str(n) for n in range(100)]
    ids = [await anns.begin("send", **body(chat, c, str(n))) for n, c in enumerate(contents)]
    replies = [(await anns.reply(frame_id))["data"]["message"] for frame_id in ids]
    seqs = [message["seq"] for message in replies]
    assert seqs == list(range(seqs[0], seqs[0] + 100))
    heard = [(await bobs.next("event"))["message"]["content"] for _ in range(100)]
    assert heard == contents


# --- what it costs --------------------------------------------------------------------------------


async def test_only_what_is_accepted_costs(
    connect: Connect, anns: Socket, ann: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEND = "3/1h"
    await anns.do("send", **body(chat, "a", "1"))
    await anns.do("send", **body(chat, "a", "1"))
    await anns.refused("send", **body(chat, "b", "1"))
    await anns.refused("send", **body(chat, "", "2"))
    await anns.refused("send", **body(chat, "c", "2", type="system"))
    assert (await anns.do("send", **body(chat, "d", "2")))["budget"]["remaining"] == 1
    other_tab = await connect(ann)
    assert (await other_tab.do("send", **body(chat, "e", "3")))["budget"]["remaining"] == 0
    refusal = await anns.refused("send", **body(chat, "f", "4"))
    assert refusal["code"] == "rateLimited"
    assert refusal["retryable"] is True
    assert refusal["details"] == {"scope": "chat"}
    assert 0 < refusal["retryAfterMs"] <= 3_601_000
    assert (await anns.do("send", **body(chat, "e", "3")))["duplicate"] is True
    other = await commit(create_chat, actor_of(ann), "Dinner")
    elsewhere = body(chat, "f", "4", chatId=other)
    assert (await anns.do("send", **elsewhere))["budget"]["remaining"] == 2


async def test_without_a_limit_there_is_no_budget(
    anns: Socket, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEND = "0"
    assert (await anns.do("send", **body(chat)))["budget"] is None


# --- refusals -------------------------------------------------------------------------------------

BAD = [
    ({"content": ""}, "badRequest", "content"),
    ({"content": " \n\t"}, "badRequest", "content"),
    ({"content": None}, "badRequest", "content"),
    ({"content": 1}, "badRequest", "content"),
    ({"content": ["a"]}, "badRequest", "content"),
    ({"content": "x" * 16_385}, "tooLarge", "content"),
    ({"content": "", "type": "ai"}, "badRequest", "content"),
    ({"type": None}, "badRequest", "type"),
    ({"type": "USER"}, "badRequest", "type"),
    ({"type": ["user"]}, "badRequest", "type"),
    ({"clientMessageId": None}, "badRequest", "clientMessageId"),
    ({"clientMessageId": ""}, "badRequest", "clientMessageId"),
    ({"clientMessageId": 1}, "badRequest", "clientMessageId"),
    ({"clientMessageId": "x" * 65}, "badRequest", "clientMessageId"),
    ({"clientMessageId": "a b"}, "badRequest", "clientMessageId"),
    ({"clientMessageId": "a\n"}, "badRequest", "clientMessageId"),
    ({"replyTo": "x"}, "badMessageId", "replyTo"),
    ({"replyTo": 1}, "badMessageId", "replyTo"),
    ({"replyTo": ""}, "badMessageId", "replyTo"),
    ({"type": "youtube"}, "badRequest", "metadata.url"),
    ({"type": "youtube", "metadata": []}, "badRequest", "metadata.url"),
    (
        {"type": "youtube", "metadata": {"url": "https://evil.example"}},
        "badRequest",
        "metadata.url",
    ),
]


@pytest.mark.parametrize("fields, code, field", BAD, ids=lambda value: str(value)[:40])
async def test_what_is_wrong_is_named_and_the_connection_lives_on(
    fields: dict[str, Any], code: str, field: str, anns: Socket, chat: Chat
) -> None:
    refusal = await anns.refused("send", **(body(chat) | fields))
    assert (refusal["code"], refusal["details"]) == (code, {"field": field})
    assert refusal["retryable"] is False
    assert (await anns.do("send", **body(chat)))["duplicate"] is False
    assert await read(Message.objects.count) == 1


async def test_the_outsider_gets_the_answer_of_a_chat_that_does_not_exist(
    connect: Connect, bobs: Socket, eve: User, chat: Chat
) -> None:
    eves = await connect(eve)
    bodies: list[dict[str, Any]] = [{}, *[fields for fields, *_ in BAD], {"type": "ai"}]
    for fields in bodies:
        refusals = [
            await eves.refused("send", **(body(chat) | fields | {"chatId": chat_id}))
            for chat_id in (chat.pk, "no-such-chat")
        ]
        assert refusals[0] == refusals[1]
        assert refusals[0]["code"] == "notFound", fields
    await bobs.everything()
    assert bobs.events() == []
    assert await read(Message.objects.count) == 0


async def test_a_malformed_chat_id_comes_before_everything_else(anns: Socket, chat: Chat) -> None:
    assert (await anns.refused("send", **body(chat, "", chatId="-")))["code"] == "badChatId"


async def test_in_a_frozen_chat_only_staff_send(
    connect: Connect, anns: Socket, bobs: Socket, ann: User, mod: User, chat: Chat
) -> None:
    await commit(add_member, actor_of(ann), chat.pk, mod.pk)
    await anns.do("send", **body(chat, "before"))
    await commit(set_frozen, actor_of(ann), chat.pk, frozen=True)
    for socket in (anns, bobs):
        assert (await socket.refused("send", **body(chat, "now", "2")))["code"] == "chatFrozen"
    assert (await anns.do("send", **body(chat, "before")))["duplicate"] is True
    await (await connect(mod)).do("send", **body(chat, "calm down", "3"))
    await commit(set_frozen, actor_of(ann), chat.pk, frozen=False)
    await anns.do("send", **body(chat, "after", "4"))


async def test_a_muted_member_sends_nothing(
    anns: Socket, bob: User, bobs: Socket, chat: Chat
) -> None:
    await read(lambda: Membership.objects.filter(user=bob).update(muted=True))
    refusal = await bobs.refused("send", **body(chat))
    assert (refusal["code"], refusal["details"]) == ("muted", {"until": None})
    await anns.do("send", **body(chat))


async def test_whoever_was_removed_sends_nothing_from_a_socket_still_open(
    bobs: Socket, ann: User, bob: User, chat: Chat
) -> None:
    await bobs.do("send", **body(chat))
    await commit(remove_member, actor_of(ann), chat.pk, bob.pk)
    for key in ("9b2e", "another"):
        assert (await bobs.refused("send", **body(chat, key=key)))["code"] == "notFound"


async def test_a_writer_that_takes_nothing_is_unavailable_and_worth_another_try(
    anns: Socket, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "_closed", True)
    refusal = await anns.refused("send", **body(chat))
    assert (refusal["code"], refusal["retryable"]) == ("unavailable", True)
    monkeypatch.setattr(writer, "_closed", False)
    await anns.do("send", **body(chat))


async def test_an_answer_to_somebody_who_left_harms_nobody(
    anns: Socket, bobs: Socket, chat: Chat
) -> None:
    for number in range(5):
        await anns.begin("send", **body(chat, str(number), str(number)))
    await anns.leave()
    heard = [(await bobs.next("event"))["message"]["content"] for _ in range(5)]
    assert heard == [*"01234"]
    assert len(process.connections) == 1
