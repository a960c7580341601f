"""What the HTTP door limits: how often, how much, how deep, and in which form."""

import json
import time

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages.api.parsers import MAX_BODY
from messages.models import Chat, Message
from tests.doors.browsing import say
from tests.doors.calling import API, Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


def _limit(answer: object) -> list[int]:
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    return [int(answer[name]) for name in names]  # type: ignore[index]


def test_a_limited_send_says_when_to_come_back(ann: User, chat: Chat, settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "2/d"
    caller, path = Caller(ann), chat_path(chat, "messages/")
    for remaining in (1, 0):
        sent = caller.post(path, draft(f"key-{remaining}"))
        assert sent.status_code == 201
        limit, left, reset = _limit(sent)
        assert (limit, left, sent.json()["budget"]["remaining"]) == (2, remaining, remaining)
        assert 0 < reset * 1000 - sent.json()["budget"]["resetMs"] + 1 <= 1000
    late = caller.post(path, draft("key-3"))
    assert refused(late) == (429, "rateLimited")
    error = error_of(late)
    assert (error["retryable"], error["details"]) == (True, {"scope": "chat"})
    assert int(late["Retry-After"]) == -(-error["retryAfterMs"] // 1000)
    assert _limit(late)[:2] == [2, 0]
    assert Message.objects.count() == 2


def test_only_accepted_sends_cost(ann: User, chat: Chat, settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "2/d"
    caller, path = Caller(ann), chat_path(chat, "messages/")
    assert _limit(caller.post(path, draft(type="ai")))[1] == 1
    for body, status in (
        (draft(type="ai"), 200),
        (draft("other", type="x"), 400),
        ([], 400),
        (b"{", 400),
    ):
        answer = caller.post(path, body)
        assert answer.status_code == status
        assert _limit(answer)[:2] == [2, 1]
        assert "Retry-After" not in answer


def test_without_a_limit_there_is_no_budget(ann: User, chat: Chat, settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"
    sent = Caller(ann).post(chat_path(chat, "messages/"), draft())
    assert sent.json()["budget"] is None
    assert "RateLimit-Limit" not in sent


def test_whatever_is_limited_says_how_much_is_left(
    ann: User, chat: Chat, settings: Settings
) -> None:
    for name in ("SEARCH", "INVITATIONS", "CHANGES", "CHATS"):
        setattr(settings, f"RATE_LIMIT_{name}", "2/d")
    caller = Caller(ann)
    for ask in (
        lambda _: caller.get(chat_path(chat, "search/?q=hello")),
        lambda _: caller.post(chat_path(chat, "invitations/"), {}),
        lambda number: caller.patch(chat_path(chat), {"title": f"Lunch {number}"}),
        lambda _: caller.post("chats/", {"title": "Other"}),
    ):
        answers = [ask(number) for number in range(3)]
        assert [_limit(answer)[:2] for answer in answers] == [[2, 1], [2, 0], [2, 0]]
        assert answers[2].status_code == 429
        assert _limit(answers[2])[2] == int(answers[2]["Retry-After"]) > 0
    page = caller.client.get(f"/chats/{chat.pk}/search/?q=hello")
    assert (page.status_code, _limit(page)[:2]) == (429, [2, 0])
    assert _limit(page)[2] == int(page["Retry-After"])
    assert "RateLimit-Limit" not in caller.get(chat_path(chat))


def test_chats_begun_and_changed_without_end_are_refused_at_every_door(
    ann: User, bob: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_CHATS, settings.RATE_LIMIT_CHANGES = "2/d", "4/d"
    caller, found = Caller(ann), []
    for number in range(3):
        found.append(caller.post("chats/", {"title": f"Chat {number}"}).status_code)
        found.append(caller.patch(chat_path(chat), {"title": f"Lunch {number}"}).status_code)
        found.append(caller.delete(chat_path(chat, f"members/{bob.pk}/")).status_code)
        found.append(caller.post(chat_path(chat, "members/"), {"userId": bob.pk}).status_code)
    assert found == [201, 200, 204, 201, 201, 200, 429, 200, 429, 429, 429, 200]
    settings_page = caller.client.post(
        f"/chats/{chat.pk}/settings/", {"act": "change", "title": "Dinner"}
    )
    new_chat = caller.client.post("/new/", {"title": "One more", "people": "bob"})
    for page in (settings_page, new_chat):
        assert page.status_code == 429
        assert "Too many attempts" in page.content.decode()
        assert int(page["Retry-After"]) > 0


def test_slow_mode_is_set_by_who_manages_and_says_when_to_come_back(
    ann: User, bob: User, eve: User, chat: Chat
) -> None:
    change = {"slowModeSeconds": 60}
    assert [Caller(who).patch(chat_path(chat), change).status_code for who in (eve, bob)] == [
        *(404, 403)
    ]
    assert Caller(ann).patch(chat_path(chat), change).json()["slowModeSeconds"] == 60
    path = chat_path(chat, "messages/")
    before = time.monotonic()
    assert Caller(bob).post(path, draft("a")).status_code == 201
    late = Caller(bob).post(path, draft("b"))
    passed = time.monotonic() - before
    assert refused(late) == (429, "rateLimited")
    assert error_of(late)["details"] == {"scope": "slowMode"}
    assert _limit(late)[:2] == [1, 0]
    assert 59 - passed < int(late["Retry-After"]) <= 61
    assert Caller(bob).post(path, draft("a")).status_code == 200
    for value in (-1, 21_601, "60", None, True):
        answer = Caller(ann).patch(chat_path(chat), {"slowModeSeconds": value})
        assert refused(answer) == (400, "badRequest")


def _nested(depth: int) -> bytes:
    return b'{"title":"x","a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


REFUSED = {
    "an array": (b"[]", 400),
    "a string": (b'"title"', 400),
    "a number": (b"1", 400),
    "null": (b"null", 400),
    "true": (b"true", 400),
    "half an object": (b'{"title":', 400),
    "white space": (b"   ", 400),
    "two objects": (b"{}{}", 400),
    "a duplicate key": (b'{"title":"a","title":"b"}', 400),
    "a duplicate key below": (b'{"title":"a","x":{"y":1,"y":1}}', 400),
    "NaN": (b'{"title":"a","x":NaN}', 400),
    "infinity": (b'{"title":"a","x":1e999}', 400),
    "a huge number": (b'{"title":"a","x":' + b"9" * 5000 + b"}", 400),
    "NUL": (b'{"title":"a\\u0000"}', 400),
    "half a surrogate pair": (b'{"title":"\\ud800"}', 400),
    "half a pair as a key": (b'{"title":"a","\\udc00":1}', 400),
    "an encoded surrogate": (b'{"title":"\xed\xa0\x80"}', 400),
    "invalid UTF-8": (b'{"title":"\xff"}', 400),
    "UTF-16": ('{"title":"x"}'.encode("utf-16"), 400),
    "a byte order mark": (b'\xef\xbb\xbf{"title":"x"}', 400),
    "21 levels": (_nested(21), 400),
    "10,000 levels": (_nested(10_000), 400),
    "too much": (b'{"title":"x"}' + b" " * MAX_BODY, 413),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_is_not_plain_json_is_refused(name: str, ann: User, chat: Chat) -> None:
    body, status = REFUSED[name]
    caller = Caller(ann)
    for method, path in (
        ("POST", "chats/"),
        ("PATCH", chat_path(chat)),
        ("POST", chat_path(chat, "messages/")),
        ("POST", chat_path(chat, "messages/lookup/")),
        ("PUT", chat_path(chat, "read/")),
        ("POST", "auth/token/"),
    ):
        answer = caller.call(method, path, body)
        assert refused(answer) == (status, "tooLarge" if status == 413 else "badRequest"), path
    assert Chat.objects.count() == 1


def test_what_is_just_allowed_is_taken(ann: User) -> None:
    caller = Caller(ann)
    assert caller.post("chats/", _nested(20)).status_code == 201
    padded = b'{"title":"x"}'
    assert caller.post("chats/", padded + b" " * (MAX_BODY - len(padded))).status_code == 201


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "x",
        "application/jsonp",
        "application/x-www-form-urlencoded",
        "application/json" + "x" * 300,
        "application/json/json",
    ],
)
def test_another_content_type_is_refused(content_type: str, ann: User, chat: Chat) -> None:
    answer = Caller(ann).call("PATCH", chat_path(chat), {"title": "x"}, content_type=content_type)
    assert refused(answer) == (415, "badRequest")


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json; charset=utf-16",
        "application/json; charset=x",
    ],
)
def test_json_is_utf8_whatever_charset_is_named(content_type: str, ann: User, chat: Chat) -> None:
    body = json.dumps({"title": "Olá 😀"}, ensure_ascii=False).encode()
    path = chat_path(chat) + "?a=%41%FF"
    answer = Caller(ann).call("PATCH", path, body, content_type=content_type)
    assert answer.json()["title"] == "Olá 😀"


def test_a_body_in_chunks_is_a_body(ann: User, chat: Chat) -> None:
    headers = {"Transfer-Encoding": "chunked"}
    answer = Caller(ann).call("PATCH", chat_path(chat), {"title": "x"}, headers=headers)
    assert answer.json()["title"] == "x"


def test_a_verb_that_an_address_does_not_know_is_refused(ann: User, chat: Chat) -> None:
    caller = Caller(ann)
    for method in ("PUT", "DELETE", "POST", "OPTIONS", "TRACE", "BREW", "__CLASS__"):
        answer = caller.call(method, chat_path(chat))
        assert refused(answer) == (405, "badRequest"), method
        assert set(answer["Allow"].split(", ")) == {"GET", "HEAD", "PATCH"}
    for path in ("schema/", "docs/"):
        assert refused(caller.post(path, {})) == (405, "badRequest")


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "", "x", "*/*;q=0", "é"])
def test_answers_are_json_whatever_is_asked_for(accept: str, ann: User, chat: Chat) -> None:
    path = chat_path(chat) + "?format=xml"
    answer = Caller(ann).call("GET", path, headers={"Accept": accept})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


def test_more_parameters_than_django_counts_are_refused(ann: User, chat: Chat) -> None:
    path = chat_path(chat, "messages/?") + "&".join(f"x{n}=1" for n in range(1001))
    assert refused(Caller(ann).get(path)) == (400, "badRequest")


def test_a_refusal_is_in_the_readers_language_and_its_code_is_not(ann: User) -> None:
    answer = Caller(ann).call("GET", "no/", headers={"Accept-Language": "pt-br"})
    assert error_of(answer)["code"] == "notFound"
    assert API == "/api/v1/"


def test_a_message_of_another_chat_is_not_shown_by_its_page(
    ann: User, bob: User, chat: Chat
) -> None:
    say(ann, chat, "secret")
    own = Caller(bob).post("chats/", {"title": "Mine"}).json()["chatId"]
    for query in ("", "after=0", "before=99", "around=3"):
        assert Caller(bob).get(f"chats/{own}/messages/?{query}").json()["messages"] == []
