"""Frames that are no actions: answered, counted, and never the end of anybody else's connection."""

import json
import logging
from typing import Any

import pytest
from django.contrib.auth.models import User

from chatrouting import actions
from chatrouting.process import process
from messages.models import Chat
from tests.domain.talk import say
from tests.doors.conftest import Connect
from tests.doors.sockets import Socket, commit

pytestmark = pytest.mark.django_db(transaction=True)

BAD_FRAMES = [
    "",
    "hello",
    "null",
    "[]",
    "1",
    '"ping"',
    "{}",
    '{"action": "ping"}',
    '{"action": "ping", "id": null}',
    '{"action": "ping", "id": true}',
    '{"action": "ping", "id": 1.5}',
    '{"action": "ping", "id": []}',
    '{"action": "ping", "id": 9223372036854775808}',
    '{"action": "ping", "id": 1e999}',
    '{"action": "ping", "id": NaN}',
    '{"action": "ping", "id": 1, "id": 2}',
    '{"action": "ping", "id": 1, "x": {"a": 1, "a": 1}}',
    '{"action": "ping", "id": 1, "x": ' + "[" * 20 + "]" * 20 + "}",
    '{"action": "ping", "id": 1, "x": ' + "[" * 10_000 + "]" * 10_000 + "}",
    '{"action": "ping", "id": "\\u0000"}',
    '{"action": "ping", "id": "\\ud800"}',
    '{"action": "ping", "id": 1, "x": "\\udfff"}',
    '{"action": "ping", "id": 1, "x": "\ud800"}',
    '{"action": "ping", "id": 1} {}',
    '{"action": "ping", "id": "' + "x" * 129 + '"}',
]


@pytest.fixture
async def anns(connect: Connect, ann: User, chat: Chat) -> Socket:
    return await connect(ann)


@pytest.mark.parametrize("text", BAD_FRAMES, ids=lambda text: ascii(text)[:40])
async def test_what_is_no_action_is_answered_without_an_id(text: str, anns: Socket) -> None:
    await anns.say_text(text)
    reply = await anns.reply(None)
    assert reply.keys() == {"op", "id", "ok", "error"}
    assert reply["ok"] is False
    assert reply["error"]["code"] == "badRequest"
    assert reply["error"]["retryable"] is False
    assert (await anns.do("ping"))["heads"] == {}


async def test_a_binary_frame_is_answered_without_an_id(anns: Socket) -> None:
    await anns.say_bytes(b'{"action": "ping", "id": 1}')
    assert (await anns.reply(None))["error"]["code"] == "badRequest"
    await anns.do("ping")


@pytest.mark.parametrize("frame_id", [0, -1, 2**63 - 1, "", "a", "é👋", "x" * 128])
async def test_the_reply_has_the_id_as_it_was_sent(frame_id: object, anns: Socket) -> None:
    await anns.say({"action": "ping", "id": frame_id})
    reply = await anns.until(lambda frame: frame["op"] == "reply")
    assert reply["id"] == frame_id
    assert type(reply["id"]) is type(frame_id)


async def test_the_same_id_twice_is_answered_twice(anns: Socket) -> None:
    for _ in range(2):
        await anns.say({"action": "ping", "id": "same"})
    for _ in range(2):
        assert (await anns.reply("same"))["ok"]


@pytest.mark.parametrize(
    "action", ["", "Ping", "ping ", "hello", "__init__", "subscribed", "x" * 60_000, None, 1, []]
)
async def test_an_unknown_action_is_a_bad_request(action: object, anns: Socket) -> None:
    await anns.say({"action": action, "id": 7})
    reply = await anns.reply(7)
    assert reply["error"]["code"] == "badRequest"
    assert reply["error"]["details"] == {"field": "action"}


async def test_unknown_fields_are_ignored(anns: Socket) -> None:
    await anns.do("ping", chatId=[], deep=[[[[]]]], op="reply", ok=False)


async def test_twenty_bad_frames_in_a_row_end_the_connection(anns: Socket) -> None:
    for _ in range(20):
        await anns.say_text("[[[")
    assert await anns.closed() == 4500
    *replies, error = anns.heard[1:]
    assert [reply["id"] for reply in replies] == [None] * 20
    assert error["op"] == "error"
    assert error["error"]["code"] == "badRequest"


async def test_one_good_frame_begins_the_count_anew(anns: Socket) -> None:
    for _ in range(3):
        for _ in range(19):
            await anns.say_bytes(b"\xff")
        await anns.refused("no such action")  # has an id, so it counts as good
    await anns.do("ping")


async def test_a_frame_of_64_kib_is_taken_and_a_longer_one_ends_the_connection(
    anns: Socket,
) -> None:
    frame = json.dumps({"action": "ping", "id": 1, "pad": ""})
    fitting = frame[:-2] + "é" * ((65_536 - len(frame)) // 2) + '"}'
    fitting += " " * (65_536 - len(fitting.encode()))
    await anns.say_text(fitting)
    assert (await anns.reply(1))["ok"]
    await anns.say_text(fitting + " ")
    assert await anns.closed() == 4504
    assert anns.heard[-1]["op"] == "error"
    assert anns.heard[-1]["error"]["code"] == "tooLarge"


async def test_nothing_is_answered_after_the_end(anns: Socket) -> None:
    await anns.say_text("x" * 65_537)
    await anns.begin("ping")
    await anns.closed()
    assert [frame["op"] for frame in anns.heard] == ["hello", "error"]


async def test_one_bad_client_costs_the_others_nothing(
    connect: Connect, anns: Socket, bob: User, chat: Chat
) -> None:
    await anns.do("subscribe", chatId=chat.pk)
    bobs = await connect(bob)
    await bobs.do("subscribe", chatId=chat.pk)
    for text in BAD_FRAMES[:19]:
        await bobs.say_text(text)
    await bobs.say_text("x" * 70_000)
    assert await bobs.closed() == 4504
    await commit(say, bob, chat, "still here")
    assert (await anns.next("event"))["message"]["content"] == "still here"


# --- mistakes of ours -----------------------------------------------------------------------------


async def fails_later(*_: Any) -> Any:
    raise RuntimeError("a mistake of ours")


def fails_at_once(*_: Any) -> Any:
    raise RuntimeError("a mistake of ours")


@pytest.mark.parametrize(
    "failing",
    [
        fails_at_once,
        fails_later,
        lambda *_: actions.ToWrite(fails_at_once),
        lambda *_: actions.ToWrite(lambda: {"what": object()}),
        lambda *_: actions.InOrder(fails_later()),
        lambda *_: {"what": object()},
    ],
    ids=["at once", "later", "in the writer", "in what was written", "in order", "in its answer"],
)
async def test_a_mistake_in_an_action_is_answered_and_the_connection_lives_on(
    failing: Any, anns: Socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(actions.ACTIONS, "fail", failing)
    with caplog.at_level(logging.ERROR):
        error = await anns.refused("fail")
    assert error["code"] == "internal"
    assert error["details"].keys() == {"traceId"}
    assert "mistake" not in str(error)
    assert error["details"]["traceId"] in caplog.text
    assert (await anns.do("ping"))["heads"] == {}


async def test_a_mistake_past_the_guard_lets_go_of_everything(
    connect: Connect, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    bobs = await connect(bob)
    await bobs.do("subscribe", chatId=chat.pk)
    (connection,) = process.connections
    monkeypatch.setattr(connection._dialogue, "hear", fails_later)
    await bobs.begin("ping")
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        await bobs.leave()
    assert len(process.connections) == 0
    assert process.registry.rooms[chat.pk].audience.is_empty
    for _ in range(2):
        await process.registry.tick()
    assert process.registry.rooms == {}
