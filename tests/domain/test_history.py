"""Reading back: pages by number in both directions, look-ups, and the list of one's chats."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from messages import history
from messages.access import Reach, actor_of
from messages.chats import create_chat, rename_chat
from messages.errors import BadMessageId, BadRequest, ChatError, NotFound
from messages.history import Page
from messages.message_id_generator import new_message_id
from messages.models import Chat, Message, Status
from tests.domain.talk import VIDEO, accept, edit, remove, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(ann: User, bob: User, eve: User, chat: Chat) -> str:
    """Messages 3, 4, 5, 7, 8, 9 of a chat, 6 being a new title; and one in another chat."""
    for number in range(6):
        if number == 3:
            rename_chat(actor_of(ann), chat.chat_id, "Dinner")
        say((ann, bob)[number % 2], chat, str(number))
    say(eve, create_chat(actor_of(eve), "Hers"))
    return chat.chat_id


def shape(page: Page) -> tuple[list[int], bool, bool]:
    return [message["seq"] for message in page.history], page.more_before, page.more_after


@pytest.mark.parametrize(
    "limit, expected",
    [
        (1, ([9], True, False)),
        (5, ([4, 5, 7, 8, 9], True, False)),
        (6, ([3, 4, 5, 7, 8, 9], False, False)),
        (200, ([3, 4, 5, 7, 8, 9], False, False)),
    ],
)
def test_the_newest_page(talk: str, limit: int, expected: object) -> None:
    assert shape(history.newest(Reach(talk), limit)) == expected


@pytest.mark.parametrize(
    "seq, limit, expected",
    [
        (7, 2, ([4, 5], True, True)),
        (7, 3, ([3, 4, 5], False, True)),
        (6, 2, ([4, 5], True, True)),
        (10, 2, ([8, 9], True, False)),
        (2**63 - 1, 6, ([3, 4, 5, 7, 8, 9], False, False)),
        (3, 2, ([], False, True)),
        (0, 2, ([], False, True)),
    ],
)
def test_a_page_before(talk: str, seq: int, limit: int, expected: object) -> None:
    assert shape(history.before(Reach(talk), seq, limit)) == expected


@pytest.mark.parametrize(
    "seq, limit, expected",
    [
        (5, 2, ([7, 8], True, True)),
        (5, 3, ([7, 8, 9], True, False)),
        (6, 2, ([7, 8], True, True)),
        (0, 2, ([3, 4], False, True)),
        (2, 9, ([3, 4, 5, 7, 8, 9], False, False)),
        (9, 2, ([], True, False)),
        (2**63 - 1, 2, ([], True, False)),
    ],
)
def test_a_page_after(talk: str, seq: int, limit: int, expected: object) -> None:
    assert shape(history.after(Reach(talk), seq, limit)) == expected


@pytest.mark.parametrize(
    "seq, limit, expected",
    [
        (7, 3, ([5, 7, 8], True, True)),
        (6, 4, ([4, 5, 7, 8], True, True)),
        (7, 1, ([7], True, True)),
        (3, 2, ([3], False, True)),
        (9, 4, ([7, 8, 9][-3:], True, False)),
        (10, 4, ([8, 9], True, False)),
        (7, 200, ([3, 4, 5, 7, 8, 9], False, False)),
    ],
)
def test_a_page_around(talk: str, seq: int, limit: int, expected: Any) -> None:
    assert shape(history.around(Reach(talk), seq, limit)) == expected


def test_pages_from_the_end_to_the_beginning_show_everything_once(talk: str) -> None:
    page = history.newest(Reach(talk), 2)
    seen = page.history
    while page.more_before:
        page = history.before(Reach(talk), seen[0]["seq"], 2)
        seen = page.history + seen
    assert [message["seq"] for message in seen] == [3, 4, 5, 7, 8, 9]


@pytest.mark.parametrize("ask", [history.before, history.after, history.around])
def test_an_empty_chat_has_empty_pages(ask: Any, ann: User) -> None:
    empty = create_chat(actor_of(ann), "Empty")
    assert shape(ask(Reach(empty), 1, 10)) == ([], False, False)
    assert shape(history.newest(Reach(empty), 10)) == ([], False, False)


def test_a_page_shows_messages_as_they_are_now(ann: User, chat: Chat) -> None:
    first, second = say(ann, chat), accept(ann, chat, type="ai", replyTo=None)
    removed, edited = remove(ann, first), edit(ann, second.message, "New")
    assert history.newest(Reach(chat.chat_id), 10).history == [removed, edited, second.placeholder]


@pytest.mark.parametrize("ask", [history.before, history.after, history.around])
def test_a_page_takes_two_queries_however_long_it_is(
    ask: Any, talk: str, ann: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 20):
        with django_assert_num_queries(2):
            ask(Reach(talk), 6, 50)
        for number in range(count):
            say(ann, talk, str(number))


def test_the_newest_page_takes_one_query(
    talk: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        history.newest(Reach(talk), 50)


def test_one_message(talk: str, ann: User, chat: Chat, eve: User) -> None:
    message = say(ann, chat)
    foreign = say(eve, create_chat(actor_of(eve), "Hers"))
    assert history.one(Reach(talk), message["messageId"]) == message
    for message_id in (foreign["messageId"], new_message_id()):
        with pytest.raises(NotFound):
            history.one(Reach(talk), message_id)


def test_looking_up_answers_for_each_id(ann: User, eve: User, chat: Chat) -> None:
    first, second = say(ann, chat), say(ann, chat)
    foreign = say(eve, create_chat(actor_of(eve), "Hers"))
    wanted = [second["messageId"], foreign["messageId"], first["messageId"], new_message_id()]
    found = history.lookup(Reach(chat.chat_id), [*wanted, wanted[0]])
    assert list(found.items()) == list(zip(wanted, [second, None, first, None], strict=True))


ID = "1709234567890-550e8400-e29b-41d4-a716-446655440000"


@pytest.mark.parametrize(
    "refused, ids",
    [
        *((BadRequest, ids) for ids in (None, ID, {}, [], [ID] * 101)),
        *((BadMessageId, ids) for ids in ([ID, 7], [ID, ID.upper()], [[ID]])),
    ],
    ids=range(8),
)
def test_a_look_up_is_of_1_to_100_message_ids(refused: type[ChatError], ids: Any) -> None:
    with pytest.raises(refused) as refusal:
        history.lookup(Reach("demo"), ids)
    assert refusal.value.details == {"field": "messageIds"}


def test_a_look_up_of_100_is_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert history.lookup(Reach("demo"), [ID] * 100) == {ID: None}


def test_open_messages_are_those_still_being_generated(ann: User, chat: Chat) -> None:
    video = say(ann, chat, type="youtube", metadata={"url": VIDEO})
    answer = accept(ann, chat, type="ai").placeholder
    done = accept(ann, chat, type="ai").placeholder
    removed = accept(ann, chat, type="ai").placeholder
    assert answer
    assert done
    assert removed
    remove(ann, removed)
    Message.objects.filter(pk=answer["messageId"]).update(status=Status.PROCESSING)
    Message.objects.filter(pk=done["messageId"]).update(status=Status.COMPLETED)
    generating = history.open_messages(Reach(chat.chat_id))
    assert [m["messageId"] for m in generating] == [video["messageId"], answer["messageId"]]
    assert [m["status"] for m in generating] == ["pending", "processing"]
