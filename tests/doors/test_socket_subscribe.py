"""Subscribing: where somebody starts, what they are told, and which of several counts."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models import F
from pytest_django import Settings

from chatrouting.process import process
from chatrouting.reading import read
from messages.access import LONGEST_WAIT_MS, access_to, actor_of
from messages.chats import create_chat, rename_chat, set_frozen
from messages.clock import now_ms
from messages.log import events_since
from messages.log import head_of as head_and_oldest
from messages.membership import add_member
from messages.models import Chat, Event
from messages.moderation import change_member
from tests.domain.talk import VIDEO, edit, remove, say
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)

OWNER = {
    "read": True,
    "send": True,
    "sendSystem": False,
    "rename": True,
    "freeze": True,
    "setHistory": True,
    "manageMembers": True,
    "invite": True,
    "moderate": False,
}
MANAGING = ("rename", "freeze", "setHistory", "manageMembers", "invite")
MEMBER = OWNER | dict.fromkeys(MANAGING, False)
READING_ALONG = {
    "read": True,
    "send": False,
    "sendSystem": False,
    "rename": True,
    "freeze": True,
    "setHistory": True,
    "manageMembers": True,
    "invite": True,
    "moderate": True,
}


@pytest.fixture(autouse=True)
def _limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "1000/1h"


@pytest.fixture
async def anns(connect: Connect, ann: User, chat: Chat) -> Socket:
    return await connect(ann)


@pytest.fixture
async def bobs(connect: Connect, bob: User, chat: Chat) -> Socket:
    return await connect(bob)


def head_of(user: User, chat: Chat) -> str:
    return str(access_to(actor_of(user), chat.pk).head)


def contents(data: dict[str, Any]) -> list[str]:
    return [message["content"] for message in data["messages"]]


# --- what the answer says -------------------------------------------------------------------------


async def test_without_a_position_the_answer_is_a_snapshot(
    anns: Socket, ann: User, chat: Chat
) -> None:
    first = await commit(say, ann, chat, "one")
    await commit(say, ann, chat, "two")
    data = await anns.do("subscribe", chatId=chat.pk)
    budget = data["limits"].pop("budget")
    assert budget.keys() == {"remaining", "resetMs"}
    assert data == {
        "mode": "snapshot",
        "messages": data["messages"],
        "head": await read(head_of, ann, chat),
        "oldestSeq": 1,
        "open": [],
        "presence": [{"id": ann.pk, "name": "ann"}],
        "permissions": OWNER,
        "mutedForMs": None,
        "limits": {"contentChars": 16_384, "frameBytes": 65_536, "slowModeSeconds": 0},
    }
    assert contents(data) == ["one", "two"]
    assert data["messages"][0] == first


async def test_with_the_newest_position_nothing_was_missed(
    anns: Socket, ann: User, chat: Chat
) -> None:
    await commit(say, ann, chat, "read already")
    head = await read(head_of, ann, chat)
    for _ in range(2):  # the second time the room knows it all
        data = await anns.do("subscribe", chatId=chat.pk, since=head)
        assert data["mode"] == "live"
        assert data["head"] == head
        assert not data.keys() & {"messages", "events"}
        assert data.keys() >= {"oldestSeq", "open", "presence", "permissions", "limits"}


async def test_what_was_missed_is_replayed_as_it_is_now(
    anns: Socket, ann: User, chat: Chat
) -> None:
    since = await read(head_of, ann, chat)
    edited = await commit(say, ann, chat, "first wording")
    removed = await commit(say, ann, chat, "a secret")
    await commit(edit, ann, edited, "second wording")
    await commit(remove, ann, removed)
    data = await anns.do("subscribe", chatId=chat.pk, since=since)
    assert data["mode"] == "replay"
    assert "messages" not in data
    events = data["events"]
    assert [event["type"] for event in events] == [
        *("user_message", "user_message", "user_message_update", "message_removed"),
    ]
    assert "op" not in events[0]
    seqs = [event["seq"] for event in events]
    assert seqs == list(range(seqs[0], seqs[0] + 4))
    assert [event["message"]["content"] for event in events] == [
        *("second wording", "", "second wording", ""),
    ]
    assert "secret" not in str(data)
    assert data["head"].endswith(f":{seqs[-1]}")


def log_after(chat: Chat, seq: int) -> list[dict[str, Any]]:
    head, _ = head_and_oldest(chat.pk)
    return [event.as_dict() for event in events_since(chat.pk, head.epoch, seq)]


@pytest.mark.parametrize("heard", ["as it happened", "from the log"])
async def test_a_room_that_is_open_replays_what_the_log_would(
    heard: str, anns: Socket, bobs: Socket, ann: User, mod: User, chat: Chat
) -> None:
    """Whichever way the room has heard of it, and whether it still remembers it or not."""
    head = (await bobs.do("subscribe", chatId=chat.pk))["head"]
    epoch, start = head.split(":")
    if heard == "from the log":
        process.loop, loop = None, process.loop  # nobody announces
    video = await commit(say, ann, chat, "", type="youtube", metadata={"url": VIDEO})
    edited, removed = [await commit(say, ann, chat, word) for word in ("first", "a secret")]
    edited = await commit(edit, ann, edited, "second")
    await commit(add_member, actor_of(ann), chat.pk, mod.pk)
    await commit(remove, ann, removed)
    await commit(rename_chat, actor_of(ann), chat.pk, "Dinner")
    await commit(edit, ann, edited, "third **word**")
    await commit(remove, ann, video)
    if heard == "from the log":
        process.loop = loop
        await process.registry.tick()
    while len(bobs.events()) < 9:
        await bobs.next("event")
    await anns.do("subscribe", chatId=chat.pk)  # from here on the room knows ann
    for seq in range(int(start) - 1, int(start) + 9):
        data = await anns.do("subscribe", chatId=chat.pk, since=f"{epoch}:{seq}")
        assert data["mode"] == "replay"
        assert data["events"] == await read(log_after, chat, seq)
        assert data["open"] == []


async def test_what_a_room_no_longer_remembers_is_replayed_from_the_log(
    anns: Socket, bobs: Socket, ann: User, chat: Chat
) -> None:
    head = (await bobs.do("subscribe", chatId=chat.pk))["head"]
    for number in range(70):
        await commit(say, ann, chat, str(number) * 300)
    await anns.do("subscribe", chatId=chat.pk)
    data = await anns.do("subscribe", chatId=chat.pk, since=head)
    assert data["events"] == await read(log_after, chat, int(head.split(":")[1]))
    assert len(data["events"]) == 70


@pytest.mark.parametrize("tail, expected", [(0, []), (1, ["c"]), (2, ["b", "c"]), (200, [*"abc"])])
async def test_the_tail_bounds_a_snapshot(
    tail: int, expected: list[str], anns: Socket, ann: User, chat: Chat
) -> None:
    for content in "abc":
        await commit(say, ann, chat, content)
    data = await anns.do("subscribe", chatId=chat.pk, tail=tail)
    assert data["mode"] == "snapshot"
    assert contents(data) == expected


async def test_a_snapshot_has_the_newest_fifty_unless_asked_otherwise(
    anns: Socket, ann: User, chat: Chat
) -> None:
    for number in range(52):
        await commit(say, ann, chat, str(number))
    assert contents(await anns.do("subscribe", chatId=chat.pk)) == [str(n) for n in range(2, 52)]
    # The tail is of messages: a replay is whole or not at all.
    since = await read(lambda: Chat.objects.get().epoch) + ":1"
    data = await anns.do("subscribe", chatId=chat.pk, since=since, tail=1)
    assert len(data["events"]) == 53


@pytest.mark.parametrize("where", ["another epoch", "below the oldest", "ahead of the head"])
async def test_a_position_that_cannot_be_read_on_from_gives_a_snapshot(
    where: str, anns: Socket, ann: User, chat: Chat
) -> None:
    for content in "abcd":
        await commit(say, ann, chat, content)
    await read(lambda: Event.objects.filter(seq__lt=4).delete())
    await read(lambda: Chat.objects.update(oldest_seq=4))
    epoch, seq = (await read(head_of, ann, chat)).split(":")
    lost = {
        "another epoch": f"{epoch[::-1]}x:{seq}",
        "below the oldest": f"{epoch}:2",
        "ahead of the head": f"{epoch}:{int(seq) + 1}",
    }[where]
    data = await anns.do("subscribe", chatId=chat.pk, since=lost)
    assert data["mode"] == "snapshot"
    assert data["head"] == f"{epoch}:{seq}"
    assert data["oldestSeq"] == 4
    last_whole = await anns.do("subscribe", chatId=chat.pk, since=f"{epoch}:3")
    assert [event["seq"] for event in last_whole["events"]] == list(range(4, int(seq) + 1))


async def test_what_another_process_has_pruned_is_known_by_the_next_comparing_of_heads(
    anns: Socket, ann: User, chat: Chat
) -> None:
    for content in "abcd":
        await commit(say, ann, chat, content)
    head = await read(head_of, ann, chat)
    for _ in range(2):  # from the log, then from memory
        data = await anns.do("subscribe", chatId=chat.pk, since=head)
        assert (data["mode"], data["oldestSeq"]) == ("live", 1)
    await read(lambda: Event.objects.filter(seq__lt=4).delete())
    await read(lambda: Chat.objects.update(oldest_seq=4))
    await process.registry.tick()
    for _ in range(2):
        data = await anns.do("subscribe", chatId=chat.pk, since=head)
        assert (data["mode"], data["oldestSeq"]) == ("live", 4)


async def test_five_hundred_events_are_replayed_and_one_more_is_not(
    anns: Socket, ann: User, chat: Chat
) -> None:
    def talk_long() -> None:
        """As 510 renamings would leave it."""
        head = Chat.objects.get().last_seq
        Event.objects.bulk_create(
            Event(chat=chat, seq=head + n, at=0, type="chat_renamed", data={"title": "x"})
            for n in range(1, 511)
        )
        Chat.objects.update(last_seq=F("last_seq") + 510)

    await read(talk_long)
    epoch, head = (await read(head_of, ann, chat)).split(":")
    for missed, mode in ((500, "replay"), (501, "snapshot")):
        since = f"{epoch}:{int(head) - missed}"
        data = await anns.do("subscribe", chatId=chat.pk, since=since)
        assert data["mode"] == mode
        assert data["head"] == f"{epoch}:{head}"
        if mode == "replay":
            seqs = [event["seq"] for event in data["events"]]
            assert seqs == list(range(int(head) - 499, int(head) + 1))


async def test_messages_still_being_generated_come_as_they_are_now(
    anns: Socket, bobs: Socket, ann: User, chat: Chat
) -> None:
    await bobs.do("subscribe", chatId=chat.pk)  # so that the room hears of them
    video = await commit(say, ann, chat, "", type="youtube", metadata={"url": VIDEO})
    await commit(say, ann, chat, "Why?", type="ai")
    head = await read(head_of, ann, chat)
    for since in (head, None):
        data = await anns.do("subscribe", chatId=chat.pk, since=since, tail=0)
        assert [m["type"] for m in data["open"]] == ["youtube", "ai"]
        assert data["open"][0] == video
        assert data["open"][1]["status"] == "pending"
    await commit(remove, ann, video)
    head = await read(head_of, ann, chat)
    data = await anns.do("subscribe", chatId=chat.pk, since=head)
    assert [m["type"] for m in data["open"]] == ["ai"]


async def test_everybody_is_told_what_they_may_do(
    connect: Connect, anns: Socket, bobs: Socket, ann: User, mod: User, chat: Chat
) -> None:
    mods = await connect(mod)
    assert (await anns.do("subscribe", chatId=chat.pk))["permissions"] == OWNER
    assert (await bobs.do("subscribe", chatId=chat.pk))["permissions"] == MEMBER
    assert (await mods.do("subscribe", chatId=chat.pk))["permissions"] == READING_ALONG
    await commit(set_frozen, actor_of(ann), chat.pk, frozen=True)
    head = await read(head_of, ann, chat)
    for _ in range(2):
        frozen = await bobs.do("subscribe", chatId=chat.pk, since=head)
        assert frozen["permissions"] == MEMBER | {"send": False}
    await commit(set_frozen, actor_of(ann), chat.pk, frozen=False)
    head = await read(head_of, ann, chat)
    assert (await bobs.do("subscribe", chatId=chat.pk, since=head))["permissions"] == MEMBER


async def test_who_is_muted_is_told_for_how_long(
    anns: Socket, bobs: Socket, ann: User, bob: User, chat: Chat
) -> None:
    far = now_ms() + 100 * LONGEST_WAIT_MS
    since = await read(head_of, ann, chat)
    for until, wait in ((far, LONGEST_WAIT_MS), (None, None)):
        await commit(change_member, actor_of(ann), chat.pk, bob.pk, muted=True, until=until)
        head = await read(head_of, ann, chat)
        # The second time the room knows it all.
        for position, mode in (
            (None, "snapshot"),
            (since, "replay"),
            (head, "live"),
            (head, "live"),
        ):
            data = await bobs.do("subscribe", chatId=chat.pk, since=position)
            assert (data["mode"], data["mutedForMs"]) == (mode, wait)
            assert data["permissions"] == MEMBER | {"send": False}
        assert (await anns.do("subscribe", chatId=chat.pk))["mutedForMs"] is None


async def test_the_budget_is_what_is_left(
    anns: Socket, ann: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEND = "5/1h"
    await anns.do("send", chatId=chat.pk, clientMessageId="1", type="user", content="Hi")
    data = await anns.do("subscribe", chatId=chat.pk)
    assert data["limits"]["budget"]["remaining"] == 4
    assert 0 < data["limits"]["budget"]["resetMs"] <= 3_601_000
    again = await anns.do("subscribe", chatId=chat.pk, since=data["head"])
    assert again["limits"]["budget"]["remaining"] == 4
    settings.RATE_LIMIT_SEND = "0"
    assert (await anns.do("subscribe", chatId=chat.pk))["limits"]["budget"] is None


# --- refusals -------------------------------------------------------------------------------------


async def test_the_outsider_gets_the_answer_of_a_chat_that_does_not_exist(
    connect: Connect, anns: Socket, ann: User, eve: User, chat: Chat
) -> None:
    eves = await connect(eve)
    head = await read(head_of, ann, chat)
    await anns.do("subscribe", chatId=chat.pk, since=head)  # the room is open, and knows its head
    refusals = [
        await eves.refused("subscribe", chatId=chat_id, since=since)
        for chat_id in (chat.pk, "no-such-chat")
        for since in (None, head)
    ]
    assert all(refusal == refusals[0] for refusal in refusals)
    assert refusals[0]["code"] == "notFound"
    await commit(say, ann, chat, "between us")
    await eves.everything()
    assert {frame["op"] for frame in eves.heard} == {"hello", "reply"}
    assert (await eves.do("ping"))["heads"] == {}


@pytest.mark.parametrize("chat_id", [None, "", 1, True, [], {}, "-a", "a b", "é", "x" * 65, "a\n"])
async def test_what_is_no_chat_id_is_refused(chat_id: object, anns: Socket) -> None:
    assert (await anns.refused("subscribe", chatId=chat_id))["code"] == "badChatId"
    assert (await anns.refused("subscribe"))["code"] == "badChatId"
    assert (await anns.refused("unsubscribe", chatId=chat_id))["code"] == "badChatId"


@pytest.mark.parametrize(
    "fields",
    [
        *({"since": value} for value in ("", "x", "x:", ":1", "x:01", "x:-1", "X:1", 1, True, [])),
        *({"since": value} for value in ("x:9223372036854775808", "x:1 ", "x:1:1", {"seq": 1})),
        *({"tail": value} for value in (-1, 201, 1.0, "50", None, True, [], 2**62)),
    ],
    ids=str,
)
async def test_a_malformed_position_is_refused(
    fields: dict[str, Any], anns: Socket, chat: Chat
) -> None:
    refusal = await anns.refused("subscribe", chatId=chat.pk, **fields)
    assert refusal["code"] == "badRequest"
    assert refusal["details"] == {"field": next(iter(fields))}
    assert (await anns.do("ping"))["heads"] == {}


async def test_a_connection_listens_to_so_many_chats_and_no_more(
    anns: Socket, chat: Chat, monkeypatch: pytest.MonkeyPatch, ann: User
) -> None:
    monkeypatch.setattr("chatrouting.subscribing.MAX_SUBSCRIPTIONS", 2)
    others = [await commit(create_chat, actor_of(ann), title) for title in ("B", "C")]
    await anns.do("subscribe", chatId=chat.pk)
    for _ in range(3):  # what is refused or given up takes no place
        assert (await anns.refused("subscribe", chatId="no-such-chat"))["code"] == "notFound"
        await anns.do("subscribe", chatId=others[0])
        await anns.do("unsubscribe", chatId=others[0])
    await anns.do("subscribe", chatId=others[0])
    assert (await anns.refused("subscribe", chatId=others[1]))["code"] == "tooLarge"
    await anns.do("subscribe", chatId=others[0])
    await anns.do("unsubscribe", chatId=chat.pk)
    await anns.do("subscribe", chatId=others[1])


# --- again, and no more ---------------------------------------------------------------------------


async def test_events_follow_the_answer_and_each_comes_once(
    anns: Socket, bobs: Socket, ann: User, chat: Chat
) -> None:
    head = (await bobs.do("subscribe", chatId=chat.pk))["head"]
    sent = [await commit(say, ann, chat, content) for content in "abc"]
    await bobs.everything()
    assert [event["message"] for event in bobs.events()] == sent
    first = int(head.split(":")[1]) + 1
    assert [event["seq"] for event in bobs.events()] == [first, first + 1, first + 2]
    assert bobs.events()[0].keys() == {
        *("op", "type", "chatId", "epoch", "seq", "at", "actor", "message"),
    }


async def test_a_second_subscribe_takes_the_place_of_the_first(
    bobs: Socket, ann: User, chat: Chat
) -> None:
    first = await bobs.do("subscribe", chatId=chat.pk)
    await commit(say, ann, chat, "one")
    await bobs.everything()
    second = await bobs.do("subscribe", chatId=chat.pk, since=first["head"])
    assert [event["message"]["content"] for event in second["events"]] == ["one"]
    await commit(say, ann, chat, "two")
    await bobs.everything()
    assert [event["message"]["content"] for event in bobs.events()] == ["one", "two"]
    assert len(process.registry.rooms[chat.pk].audience.live) == 1


async def test_of_several_subscribes_under_way_the_last_counts(
    bobs: Socket, ann: User, chat: Chat
) -> None:
    ids = [await bobs.begin("subscribe", chatId=chat.pk, tail=n) for n in range(5)]
    replies = [await bobs.reply(frame_id) for frame_id in ids]
    assert [reply["ok"] for reply in replies] == [False] * 4 + [True]
    assert {reply["error"]["code"] for reply in replies[:4]} == {"conflict"}
    await commit(say, ann, chat, "once")
    await bobs.everything()
    assert len(bobs.events()) == 1


async def test_a_subscribe_of_another_chat_supersedes_nothing(
    bobs: Socket, ann: User, bob: User, chat: Chat
) -> None:
    other = await commit(create_chat, actor_of(bob), "Dinner")
    ids = [await bobs.begin("subscribe", chatId=chat_id) for chat_id in (chat.pk, other)]
    assert [(await bobs.reply(frame_id))["ok"] for frame_id in ids] == [True, True]


async def test_after_unsubscribe_nothing_is_heard(bobs: Socket, ann: User, chat: Chat) -> None:
    await bobs.do("subscribe", chatId=chat.pk)
    assert await bobs.do("unsubscribe", chatId=chat.pk) == {}
    await commit(rename_chat, actor_of(ann), chat.pk, "Dinner")
    await bobs.everything()
    assert bobs.events() == []
    assert (await bobs.do("ping"))["heads"] == {}
    assert await bobs.do("unsubscribe", chatId=chat.pk) == {}
    assert await bobs.do("unsubscribe", chatId="no-such-chat") == {}


async def test_unsubscribe_overtakes_a_subscribe_under_way(
    bobs: Socket, ann: User, chat: Chat
) -> None:
    subscribing = await bobs.begin("subscribe", chatId=chat.pk)
    await bobs.do("unsubscribe", chatId=chat.pk)
    assert (await bobs.reply(subscribing))["error"]["code"] == "conflict"
    await commit(say, ann, chat, "unheard")
    await bobs.everything()
    assert bobs.events() == []
