"""Searching a chat: what is found, in which order, by whom, and at what cost."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries, Settings

from messages import search
from messages.models import Chat, Message
from tests.domain.talk import VIDEO, edit, remove, say
from tests.doors.calling import Caller, chat_path, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def find(user: User, chat: Chat, q: str, **query: Any) -> dict[str, Any]:
    caller = Caller(user)
    answer = caller.client.get(f"/api/v1/{chat_path(chat, 'search/')}", {"q": q, **query})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def contents(found: dict[str, Any]) -> list[str]:
    return [message["content"] for message in found["messages"]]


@pytest.mark.parametrize(
    "q, text",
    [
        ("hello", "Hello there"),
        ("HELLO", "hello"),
        ("coracao", "Meu Coração"),
        ("CORAÇÃO", "coracao"),
        ("ção", "canção"),
        ("cafe\u0301", "café"),
        ("strasse", "Straße"),
        ("ΣΊΣΥΦΟΣ", "σισυφος"),
        ("there hello", "hello you there"),
        ("  spaced   out ", "spaced out"),
        ("100%", "it is 100% sure"),
        ("a_b", "see a_b here"),
        ("ell", "Hello"),
        ("日本", "今日は日本"),
        ("👋", "hi 👋"),
    ],
)
def test_case_and_accents_make_no_difference(q: str, text: str, ann: User, chat: Chat) -> None:
    message = say(ann, chat, text)
    say(ann, chat, "something else")
    assert find(ann, chat, q) == {"messages": [message], "before": None}


@pytest.mark.parametrize(
    "q, text", [("%", "plain"), ("a_b", "acb"), ("_", "x"), ("hello you", "hello")]
)
def test_nothing_is_a_wildcard_and_every_word_has_to_be_there(
    q: str, text: str, ann: User, chat: Chat
) -> None:
    say(ann, chat, text)
    assert contents(find(ann, chat, q)) == []


def test_they_come_newest_first_page_by_page(ann: User, bob: User, chat: Chat) -> None:
    for number in range(7):
        say((ann, bob)[number % 2], chat, f"match {number}")
        say(ann, chat, "other")
    first = find(bob, chat, "match", limit=3)
    assert contents(first) == ["match 6", "match 5", "match 4"]
    second = find(bob, chat, "match", limit=3, before=first["before"])
    assert contents(second) == ["match 3", "match 2", "match 1"]
    third = find(bob, chat, "match", limit=3, before=second["before"])
    assert (contents(third), third["before"]) == (["match 0"], None)


def test_removed_and_former_words_are_not_found_and_titles_are(ann: User, chat: Chat) -> None:
    remove(ann, say(ann, chat, "secret"))
    edit(ann, say(ann, chat, "secret"), "public")
    video = say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    Message.objects.filter(pk=video["messageId"]).update(metadata={"title": "Lições de Samba"})
    assert contents(find(ann, chat, "secret")) == []
    assert contents(find(ann, chat, "public")) == ["public"]
    assert [m["messageId"] for m in find(ann, chat, "licoes samba")["messages"]] == [
        video["messageId"]
    ]


def test_one_request_walks_a_part_of_the_chat_and_says_where_to_go_on(
    ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_STRIDE", 4)
    monkeypatch.setattr(search, "MAX_WALK", 8)
    say(ann, chat, "needle")
    for number in range(19):
        say(ann, chat, str(number))
    found, asked = find(ann, chat, "needle"), 1
    while not found["messages"]:
        found, asked = find(ann, chat, "needle", before=found["before"]), asked + 1
    assert (contents(found), found["before"], asked) == (["needle"], None, 3)
    monkeypatch.setattr(search, "MAX_CHARS", 5)
    assert find(ann, chat, "needle")["before"] == found["messages"][0]["seq"] + 16


def test_it_takes_the_same_few_queries_however_much_is_found(
    ann: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = Caller(ann)
    for expected in (1, 20):
        while Message.objects.count() < expected:
            say(ann, chat, "match")
        with django_assert_num_queries(7):
            answer = caller.get(chat_path(chat, "search/?q=match"))
        assert len(answer.json()["messages"]) == expected


def test_another_chat_is_not_searched_and_the_outsider_finds_nothing(
    ann: User, eve: User, mod: User, chat: Chat
) -> None:
    say(ann, chat, "hello")
    path = chat_path(chat, "search/?q=hello")
    assert refused(Caller(eve).get(path)) == (404, "notFound")
    assert refused(Caller(eve).get("chats/nowhere/search/?q=hello")) == (404, "notFound")
    assert refused(Caller().get(path)) == (401, "unauthenticated")
    assert len(Caller(mod).get(path).json()["messages"]) == 1


@pytest.mark.parametrize(
    "query, field",
    [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=" + "x" * 101, "q"),
        ("q=a&q=b", "q"),
        ("q=a&limit=51", "limit"),
        ("q=a&before=-1", "before"),
    ],
)
def test_what_is_malformed_is_named(query: str, field: str, ann: User, chat: Chat) -> None:
    answer = Caller(ann).get(chat_path(chat, f"search/?{query}"))
    assert (answer.status_code, error_of(answer)["details"]["field"]) == (400, field)


def test_a_nul_is_only_something_that_is_not_there(ann: User, chat: Chat) -> None:
    assert find(ann, chat, "\0")["messages"] == []
