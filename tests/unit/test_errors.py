"""Refusals: their codes are those of the protocol, and all have one shape."""

import pytest
from django.utils import translation

from messages import errors
from messages.errors import ChatError, Code

REFUSALS: list[type[ChatError]] = [
    value
    for value in vars(errors).values()
    if isinstance(value, type) and issubclass(value, ChatError) and value is not ChatError
]


def refusal_of(kind: type[ChatError]) -> ChatError:
    if kind is errors.RateLimited:
        return errors.RateLimited(scope="chat", limit=20, retry_after_ms=1)
    return errors.Muted(until=None) if kind is errors.Muted else kind()


def test_the_codes_are_those_of_the_protocol() -> None:
    assert {code.value for code in Code} == {
        *("badRequest", "badMessageId", "badChatId", "unauthenticated", "forbidden", "muted"),
        *("chatFrozen", "notFound", "idConflict", "conflict", "badTransition", "staleCursor"),
        *("tooLarge", "rateLimited", "unavailable", "internal"),
    }


def test_every_code_is_given_by_one_kind_of_refusal() -> None:
    assert sorted(kind.code for kind in REFUSALS) == sorted(Code)


@pytest.mark.parametrize("kind", REFUSALS, ids=lambda kind: kind.__name__)
def test_a_refusal_on_the_wire(kind: type[ChatError]) -> None:
    wire = refusal_of(kind).as_dict()
    assert set(wire) - {"retryAfterMs"} == {"code", "message", "retryable", "details"}
    assert type(wire["code"]) is str
    assert isinstance(wire["message"], str)
    assert wire["message"]
    assert wire["retryable"] is (wire["code"] in ("rateLimited", "unavailable", "internal"))


def test_a_time_to_come_back_is_said_where_there_is_one() -> None:
    assert errors.Unavailable(retry_after_ms=0).as_dict()["retryAfterMs"] == 0
    limited = errors.RateLimited(scope="chat", limit=20, retry_after_ms=4100)
    assert limited.as_dict() == {
        "code": "rateLimited",
        "message": "Too many messages; please wait a moment.",
        "retryable": True,
        "details": {"scope": "chat"},
        "retryAfterMs": 4100,
    }


def test_a_bad_request_names_its_field() -> None:
    assert errors.BadRequest(field="limit").as_dict()["details"] == {"field": "limit"}
    assert errors.BadRequest().as_dict()["details"] == {}


@pytest.mark.parametrize("until", [None, 1709234567890])
def test_a_mute_says_until_when(until: int | None) -> None:
    assert errors.Muted(until=until).as_dict()["details"] == {"until": until}


def test_details_are_the_refusal_s_own() -> None:
    given = {"rev": 2}
    refusal = errors.Conflict(details=given)
    given["rev"] = 3
    assert refusal.details == {"rev": 2}


def test_the_sentence_is_said_in_the_reader_s_language() -> None:
    refusal = errors.NotFound()
    with translation.override("en"):
        assert refusal.as_dict()["message"] == "There is no such thing here."
    with translation.override("pt-br"):
        assert refusal.as_dict()["code"] == "notFound"


def test_a_refusal_says_what_it_is_in_a_log() -> None:
    assert str(errors.NotFound()) == "There is no such thing here."
    assert str(errors.BadRequest("A chat has a title.")) == "A chat has a title."
