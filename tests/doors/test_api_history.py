"""The history over HTTP: pages of it, and messages looked up by their ids."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries, Settings

from messages import history, membership
from messages.access import actor_of
from messages.models import Chat
from tests.doors.browsing import say
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def _contents(page: dict[str, Any]) -> list[str]:
    return [message["content"] for message in page["messages"]]


def test_pages_of_the_history_meet_without_gap_or_overlap(ann: User, chat: Chat) -> None:
    for number in range(10):
        say(ann, chat, str(number))
    caller, path = Caller(ann), chat_path(chat, "messages/")
    newest = caller.get(f"{path}?limit=4").json()
    assert _contents(newest) == ["6", "7", "8", "9"]
    assert (newest["moreBefore"], newest["moreAfter"]) == (True, False)
    assert (newest["head"], newest["oldestSeq"]) == (f"{chat.epoch}:12", 1)
    older = caller.get(f"{path}?limit=4&before={newest['messages'][0]['seq']}").json()
    assert _contents(older) == ["2", "3", "4", "5"]
    oldest = caller.get(f"{path}?before={older['messages'][0]['seq']}").json()
    assert _contents(oldest) == ["0", "1"]
    assert (oldest["moreBefore"], oldest["moreAfter"]) == (False, True)
    newer = caller.get(f"{path}?limit=3&after={oldest['messages'][-1]['seq']}").json()
    assert _contents(newer) == ["2", "3", "4"]
    middle = caller.get(f"{path}?limit=3&around=7").json()
    assert _contents(middle) == ["3", "4", "5"]
    assert (middle["moreBefore"], middle["moreAfter"]) == (True, True)


@pytest.mark.parametrize(
    "query, field",
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=", "limit"),
        ("limit=-1", "limit"),
        ("limit=1.0", "limit"),
        ("limit=1e2", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=%00", "limit"),
        ("limit=%FF", "limit"),
        ("limit=+5", "limit"),
        ("limit=9999999999999999999999", "limit"),
        ("limit=5&limit=5", "limit"),
        ("before=x", "before"),
        ("before=", "before"),
        ("after=-1", "after"),
        ("around=9223372036854775808", "around"),
        ("before=1&before=1", "before"),
        ("before=1&after=1", "after"),
        ("after=1&around=1", "around"),
    ],
)
def test_a_malformed_page_says_which_field(query: str, field: str, ann: User, chat: Chat) -> None:
    answer = Caller(ann).get(chat_path(chat, f"messages/?{query}"))
    assert refused(answer) == (400, "badRequest")
    assert error_of(answer)["details"] == {"field": field}


def test_the_edges_of_what_may_be_asked_for_are_answered(ann: User, chat: Chat) -> None:
    say(ann, chat, "hello")
    caller, most = Caller(ann), 2**63 - 1
    for query in (
        "limit=1",
        "limit=200",
        "limit=1&around=0",
        f"before={most}",
        "unknown=1",
        "&&&=",
    ):
        answer = caller.get(chat_path(chat, f"messages/?{query}"))
        assert _contents(answer.json()) == ["hello"], query
    for query in ("before=0", f"after={most}", f"around={most}&limit=1"):
        assert _contents(caller.get(chat_path(chat, f"messages/?{query}")).json()) == [], query


@pytest.mark.parametrize(
    "query, queries", [("", 5), ("before=9999", 6), ("after=0", 6), ("around=5", 6)]
)
def test_a_page_takes_the_same_queries_however_long_it_is(
    query: str,
    queries: int,
    ann: User,
    chat: Chat,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    caller, path = Caller(ann), chat_path(chat, f"messages/?{query}")
    for number in (1, 30):
        for _ in range(number):
            say(ann, chat, "hello")
        with django_assert_num_queries(queries):
            caller.get(path)


@pytest.mark.parametrize("read", ["newest", "one", "lookup"])
def test_who_is_removed_while_a_page_is_read_does_not_get_it(
    read: str, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = Caller(ann).post(chat_path(chat, "messages/"), draft()).json()["message"]
    whole = getattr(history, read)

    def removed_meanwhile(*args: Any) -> Any:
        membership.remove_member(actor_of(ann), chat.pk, bob.pk)
        return whole(*args)

    monkeypatch.setattr(history, read, removed_meanwhile)
    answer = {
        "newest": lambda bob: bob.get(chat_path(chat, "messages/")),
        "one": lambda bob: bob.get(chat_path(chat, f"messages/{message['messageId']}/")),
        "lookup": lambda bob: bob.post(
            chat_path(chat, "messages/lookup/"), {"messageIds": [message["messageId"]]}
        ),
    }[read](Caller(bob))
    assert refused(answer) == (404, "notFound")


def test_many_are_looked_up_at_once(ann: User, chat: Chat) -> None:
    caller, path = Caller(ann), chat_path(chat, "messages/lookup/")
    message = caller.post(chat_path(chat, "messages/"), draft()).json()["message"]
    missing = "1709234567890-550e8400-e29b-41d4-a716-446655440000"
    answer = caller.post(path, {"messageIds": [message["messageId"], missing]})
    assert answer.json() == {
        "results": {message["messageId"]: message, missing: {"error": "notFound"}}
    }
    no_list = (None, [], "x", [missing] * 101, {missing: 1})
    for ids in (*no_list, [7], [["x"]], ["x"], [missing, None]):
        answer = caller.post(path, {"messageIds": ids})
        code = "badRequest" if ids in no_list else "badMessageId"
        assert refused(answer) == (400, code), ids
        assert error_of(answer)["details"] == {"field": "messageIds"}
