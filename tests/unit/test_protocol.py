"""Frames as text: what is taken from clients, and what goes out to them, byte for byte."""

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrouting import protocol
from chatrouting.protocol import CloseCode, Notice, decode, event_frame
from messages.access import Actor
from messages.errors import BadRequest, NotFound, RateLimited, TooLarge, Unauthenticated
from messages.log import LoggedEvent

WIRE = Path(__file__).parent.parent / "wire"
ANN = Actor(7, "Ann")
BOB = Actor(8, "Bob")


def wire(name: str) -> dict[str, Any]:
    frames: dict[str, Any] = json.loads((WIRE / f"{name}.json").read_text())
    return frames


def frame(**fields: Any) -> str:
    return json.dumps({"action": "ping", "id": 1, **fields})


# --- from clients ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", wire("client"))
def test_every_frame_of_the_page_is_understood(name: str) -> None:
    sent = wire("client")[name]
    decoded = decode(json.dumps(sent))
    assert decoded.action == name
    assert decoded.id == sent["id"]
    assert decoded.fields == sent


@pytest.mark.parametrize(
    "frame_id", [0, -1, 1, 2**63 - 1, -(2**63), "", "a", "é", "x" * 128, "9b2e-…"]
)
def test_texts_and_whole_numbers_are_ids(frame_id: str | int) -> None:
    decoded = decode(frame(id=frame_id))
    assert decoded.id == frame_id
    assert type(decoded.id) is type(frame_id)


@pytest.mark.parametrize("frame_id", [None, True, False, 1.0, 1.5, [], [1], {}, "x" * 129])
def test_nothing_else_is_an_id(frame_id: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        decode(frame(id=frame_id))
    assert refusal.value.details == {"field": "id"}


def test_an_id_has_to_be_there() -> None:
    with pytest.raises(BadRequest) as refusal:
        decode('{"action": "ping"}')
    assert refusal.value.details == {"field": "id"}


@pytest.mark.parametrize(
    "text", ["", " ", "null", "1", '"ping"', "[]", "[{}]", "true", "{", '{"id":1}x', "{'id':1}"]
)
def test_what_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(BadRequest):
        decode(text)


def test_a_binary_frame_is_refused() -> None:
    with pytest.raises(BadRequest):
        decode(None)


@pytest.mark.parametrize("action", [None, 1, [], {}, True])
def test_an_action_of_another_type_is_no_action(action: object) -> None:
    assert decode(frame(action=action)).action == ""


@pytest.mark.parametrize("character", ["x", "é", "…", "👋"], ids=[1, 2, 3, 4])
def test_a_frame_is_measured_in_bytes(character: str) -> None:
    envelope = len(frame(pad="").encode())
    size = len(character.encode())
    count, rest = divmod(protocol.MAX_FRAME - envelope, size)
    exact = json.dumps(
        {"action": "ping", "id": 1, "pad": character * count + "y" * rest}, ensure_ascii=False
    )
    assert len(exact.encode()) == protocol.MAX_FRAME
    assert decode(exact).id == 1
    with pytest.raises(TooLarge):
        decode(exact + " ")


def test_half_a_surrogate_pair_in_a_large_frame_is_refused_and_not_a_crash() -> None:
    with pytest.raises(BadRequest):
        decode(frame(pad="x" * 20_000)[:-2] + '\ud800"}')
    with pytest.raises(TooLarge):
        decode("\ud800" * 30_000)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_is_a_frame_or_refused(text: str) -> None:
    with contextlib.suppress(BadRequest):
        decode(text)


# --- to clients -----------------------------------------------------------------------------------


def test_hello() -> None:
    text = protocol.hello(ANN, version="0.1.0", now=1709234567000, ping_interval_ms=25_000)
    assert json.loads(text) == wire("server")["hello"]


def test_replies_and_refusals() -> None:
    live = wire("server")["live"]
    assert json.loads(protocol.reply(1, live["data"])) == live
    limited = RateLimited(scope="chat", limit=20, retry_after_ms=4100)
    assert json.loads(protocol.refusal(8, limited)) == wire("server")["rateLimited"]
    assert json.loads(protocol.refusal(1, NotFound())) == wire("server")["notFound"]
    assert json.loads(protocol.reply(None, {}))["id"] is None


def test_an_error_before_a_close() -> None:
    assert json.loads(protocol.error(Unauthenticated())) == wire("server")["error"]


def test_ephemeral_frames_and_notices() -> None:
    server = wire("server")
    assert json.loads(protocol.typing("lunch", BOB.as_author(), on=True)) == server["typing"]
    left = protocol.presence("lunch", BOB.as_author(), online=False)
    assert json.loads(left) == server["left"]
    decision = server["decision"]
    told = {"chatId": "lunch"} | decision["decision"]
    assert json.loads(protocol.decision(told)) == decision
    revoked = protocol.notice(Notice.SUBSCRIPTION_REVOKED, "lunch")
    assert json.loads(revoked) == server["revoked"]
    assert json.loads(protocol.notice(Notice.GOING_AWAY)) == {"op": "notice", "type": "goingAway"}


def test_codes_below_4500_mean_come_back_and_the_others_stop() -> None:
    back = {code.name for code in CloseCode if code < 4500}
    assert back == {"SERVER_ERROR", "GOING_AWAY", "TOO_SLOW", "SILENT", "TOO_MANY"}
    assert {code.value for code in CloseCode} == {
        *(4000, 4001, 4002, 4003, 4008),
        *(4500, 4501, 4502, 4503, 4504),
    }


# --- events ---------------------------------------------------------------------------------------


def message(**fields: Any) -> dict[str, Any]:
    return {"messageId": "m", "seq": 1, "status": "completed", "removed": None, **fields}


def event(kind: str = "user_message", **fields: Any) -> LoggedEvent:
    return LoggedEvent(
        "lunch", "k3v9x2", 41, 1709234567891, kind, {"id": 7, "name": "Ann"}, **fields
    )


def test_an_event_frame_is_the_event_with_its_op() -> None:
    logged = event(message=message(content="Olá 👋"))
    encoded = event_frame(logged)
    assert json.loads(encoded.text or "") == {
        "op": "event",
        "type": "user_message",
        "chatId": "lunch",
        "epoch": "k3v9x2",
        "seq": 41,
        "at": 1709234567891,
        "actor": {"id": 7, "name": "Ann"},
        "message": message(content="Olá 👋"),
    }
    assert (encoded.chat_id, encoded.epoch, encoded.seq) == ("lunch", "k3v9x2", 41)


def test_an_event_without_message_or_data_has_no_such_keys() -> None:
    keys = json.loads(event_frame(event("chat_frozen")).text or "").keys()
    assert keys == {"op", "type", "chatId", "epoch", "seq", "at", "actor"}


@pytest.mark.parametrize(
    "fields, is_open",
    [
        ({"status": "pending"}, True),
        ({"status": "processing"}, True),
        ({"status": "completed"}, False),
        ({"status": "error"}, False),
        ({"status": "pending", "removed": "author"}, False),
    ],
)
def test_a_frame_says_whether_its_message_is_still_being_generated(
    fields: dict[str, Any], *, is_open: bool
) -> None:
    encoded = event_frame(event(message=message(**fields)))
    assert (encoded.open_id, encoded.closed_id) == (("m", None) if is_open else (None, "m"))


def test_a_frame_says_whose_membership_it_is_about() -> None:
    left = event("member_left", data={"user": BOB.as_author()})
    assert event_frame(left).user_id == 8
    assert event_frame(event("chat_renamed", data={"title": "Dinner"})).user_id is None
