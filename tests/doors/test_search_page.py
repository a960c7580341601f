"""The page on which a chat is searched, which needs no script."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from messages.models import Chat
from tests.doors.browsing import page_of, say, sign_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
def ann_client(ann: User) -> Client:
    return sign_in(ann)


def found(client: Client, chat: Chat, **query: object) -> list[str]:
    html = text(client.get(f"{page_of(chat)}search/", query))
    return re.findall(r'<a href="[^"]+#m\d+">.*?<span>(.*?)</span>', html, re.DOTALL)


def test_matches_are_newest_first_and_lead_to_their_place(
    ann_client: Client, bob: User, chat: Chat
) -> None:
    for words in ("Soup one", "salad", "SOUP two"):
        say(bob, chat, words)
    assert found(ann_client, chat, q="soup") == ["SOUP two", "Soup one"]
    html = text(ann_client.get(f"{page_of(chat)}search/", {"q": "salad"}))
    link = re.search(rf'href="{page_of(chat)}(\?around=(\d+)#m\2)"', html)
    assert link is not None
    assert f'id="m{link[2]}"' in text(ann_client.get(page_of(chat) + link[1].partition("#")[0]))


def test_more_than_a_page_goes_on_where_it_ended(ann_client: Client, bob: User, chat: Chat) -> None:
    for number in range(40):
        say(bob, chat, f"soup {number}")
    html = text(ann_client.get(f"{page_of(chat)}search/", {"q": "soup"}))
    before = re.search(r"&amp;before=(\d+)", html)
    assert before is not None
    seen = found(ann_client, chat, q="soup") + found(ann_client, chat, q="soup", before=before[1])
    assert seen == [f"soup {number}" for number in reversed(range(40))]


@pytest.mark.parametrize(
    "query, said, status",
    [
        ({}, "Search this chat", 200),
        ({"q": "  "}, "Search this chat", 200),
        ({"q": "nothing of it"}, "Nothing was found", 200),
        ({"q": "x" * 101}, "1 to 100 characters", 400),
        ({"q": "<script>alert(1)</script>"}, "&lt;script&gt;alert", 200),
    ],
)
def test_what_finds_nothing_says_so(
    ann_client: Client, chat: Chat, query: dict[str, str], said: str, status: int
) -> None:
    response = ann_client.get(f"{page_of(chat)}search/", query)
    assert response.status_code == status
    assert said in text(response)
    assert "<script>alert" not in text(response)


def test_an_outsider_searches_nothing(eve: User, bob: User, chat: Chat) -> None:
    say(bob, chat, "soup")
    client = sign_in(eve)
    there = client.get(f"{page_of(chat)}search/", {"q": "soup"})
    nowhere = client.get("/chats/nowhere/search/", {"q": "soup"})
    assert there.status_code == nowhere.status_code == 404
    assert there.content == nowhere.content


def test_from_no_number_there_is_no_page(ann_client: Client, chat: Chat) -> None:
    assert ann_client.get(f"{page_of(chat)}search/?q=x&before=no").status_code == 404


def test_who_searches_all_the_time_has_to_wait_and_nobody_else(
    ann_client: Client, bob: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_SEARCH = "2/d"
    say(bob, chat, "soup")
    for _ in range(2):
        assert found(ann_client, chat, q="soup") == ["soup"]
    refused = ann_client.get(f"{page_of(chat)}search/", {"q": "soup"})
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert 'role="alert"' in text(refused)
    api = ann_client.get(f"/api/v1{page_of(chat)}search/", {"q": "soup"})
    assert api.status_code == 429
    assert api.json()["error"]["details"] == {"scope": "searches"}
    assert ann_client.get(f"{page_of(chat)}search/").status_code == 200  # the empty form
    assert found(sign_in(bob), chat, q="soup") == ["soup"]
