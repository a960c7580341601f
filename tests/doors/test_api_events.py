"""Missed events over HTTP."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import QueryDict
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, Settings

from messages.api.events import EventsView, seconds_to_wait
from messages.errors import BadRequest
from messages.models import Chat
from tests.doors.browsing import say
from tests.doors.calling import API, Caller, chat_path, error_of, refused

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def _events(caller: Caller, chat: Chat, query: str) -> dict[str, Any]:
    answer = caller.get(chat_path(chat, f"events/?{query}"))
    assert answer.status_code == 200, answer.content
    page: dict[str, Any] = answer.json()
    return page


def test_events_come_in_pages_till_the_head(ann: User, bob: User, chat: Chat) -> None:
    for number in range(5):
        say(ann, chat, str(number))
    caller, cursor, seen = Caller(bob), f"{chat.epoch}:0", []
    while True:
        page = _events(caller, chat, f"after={cursor}&limit=3")
        seen += page["events"]
        assert page["head"] == f"{chat.epoch}:7"
        if not page["more"]:
            break
        cursor = f"{chat.epoch}:{seen[-1]['seq']}"
    assert [event["seq"] for event in seen] == [1, 2, 3, 4, 5, 6, 7]
    assert [event["type"] for event in seen[:3]] == ["member_joined"] * 2 + ["user_message"]
    assert "op" not in seen[2]
    assert seen[2]["message"]["content"] == "0"
    assert seen[2]["actor"] == {"id": ann.pk, "name": "ann"}


def test_without_a_cursor_they_start_at_the_oldest_kept(ann: User, chat: Chat) -> None:
    Chat.objects.filter(pk=chat.pk).update(oldest_seq=2)
    assert [event["seq"] for event in _events(Caller(ann), chat, "")["events"]] == [2]


def test_at_the_head_there_are_none(ann: User, chat: Chat) -> None:
    page = _events(Caller(ann), chat, f"after={chat.epoch}:2&wait=0")
    assert page == {"events": [], "head": f"{chat.epoch}:2", "more": False}


@pytest.mark.parametrize(
    "cursor", ["{epoch}:0", "{epoch}:3", "other:2", "{epoch}:9223372036854775807"]
)
def test_a_cursor_that_cannot_be_read_on_from_leads_to_a_snapshot(
    cursor: str, ann: User, chat: Chat
) -> None:
    Chat.objects.filter(pk=chat.pk).update(oldest_seq=2)
    caller = Caller(ann)
    answer = caller.get(chat_path(chat, f"events/?after={cursor.format(epoch=chat.epoch)}"))
    assert refused(answer) == (410, "staleCursor")
    snapshot = error_of(answer)["details"]["snapshot"]
    assert snapshot == f"{API}chats/{chat.pk}/messages/"
    assert caller.get(snapshot.removeprefix(API)).json()["head"] == f"{chat.epoch}:2"


@pytest.mark.parametrize(
    "query, field",
    [
        ("after=", "after"),
        ("after=5", "after"),
        ("after=a:-1", "after"),
        ("after=a:01", "after"),
        ("after=A:1", "after"),
        ("after=a:1%0A", "after"),
        ("after=a:1%00", "after"),
        ("after=%FF:1", "after"),
        ("after=a:9223372036854775808", "after"),
        ("after=a:1&after=a:1", "after"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=x", "limit"),
        ("wait=-1", "wait"),
        ("wait=26", "wait"),
        ("wait=1.5", "wait"),
        ("wait=", "wait"),
        ("wait=1&wait=1", "wait"),
    ],
)
def test_a_malformed_question_says_which_field(
    query: str, field: str, ann: User, chat: Chat
) -> None:
    answer = Caller(ann).get(chat_path(chat, f"events/?{query}"))
    assert refused(answer) == (400, "badRequest")
    assert error_of(answer)["details"] == {"field": field}


def test_events_take_the_same_queries_however_many_they_are(
    ann: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = Caller(ann)
    for number in (1, 30):
        for _ in range(number):
            say(ann, chat, "hello")
        # session and user, twice; access for the 404, before the page is read, and after; the page
        with django_assert_num_queries(8):
            _events(caller, chat, "after=" + chat.epoch + ":0")


def test_who_waits_can_ask_the_view_itself(ann: User, chat: Chat) -> None:
    request = RequestFactory().get("/", {"wait": "25", "after": f"{chat.epoch}:2"})
    request.user = ann
    for _ in range(2):
        response = EventsView.as_view()(request, chat_id=chat.pk)
        assert response.data == {"events": [], "head": f"{chat.epoch}:2", "more": False}
    assert seconds_to_wait(request.GET) == 25
    with pytest.raises(BadRequest):
        seconds_to_wait(QueryDict("wait=x"))
