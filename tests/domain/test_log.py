"""The log: numbers without holes, and reading on from a cursor."""

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from pytest_django import DjangoAssertNumQueries

from messages import log
from messages.access import actor_of
from messages.chats import create_chat, rename_chat
from messages.errors import NotFound, StaleCursor
from messages.identity import Cursor
from messages.models import Chat, Event, EventType
from tests.domain.talk import edit, kinds, log_of, remove, say

pytestmark = pytest.mark.django_db


def test_numbers_begin_at_one_and_have_no_holes(ann: User, bob: User, chat: Chat) -> None:
    for user in (ann, bob, ann):
        say(user, chat)
    assert [event.seq for event in log_of(chat)] == [1, 2, 3, 4, 5]
    assert kinds(chat) == ["member_joined"] * 2 + ["user_message"] * 3


def test_each_chat_counts_for_itself(ann: User, chat: Chat) -> None:
    other = create_chat(actor_of(ann), "Dinner")
    assert [say(ann, room)["seq"] for room in (chat, other, chat, other)] == [3, 2, 4, 3]


def test_the_head_is_the_number_of_the_newest_event(ann: User, chat: Chat) -> None:
    message = say(ann, chat)
    chat.refresh_from_db()
    head, oldest = log.head_of(chat.chat_id)
    assert (head, oldest) == (Cursor(chat.epoch, message["seq"]), 1)
    assert chat.last_at == message["timestamp"]


def test_a_chat_that_is_not_there_has_no_head() -> None:
    with pytest.raises(NotFound):
        log.head_of("nowhere")
    with pytest.raises(NotFound):
        log.lock_one("nowhere")


def test_many_heads_take_one_query(
    ann: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    others = [create_chat(actor_of(ann), "Dinner") for _ in range(3)]
    with django_assert_num_queries(1):
        heads = log.heads([chat.chat_id, *others, "nowhere"])
    assert {chat_id: head.seq for chat_id, head in heads.items()} == {
        chat.chat_id: 2,
        **dict.fromkeys(others, 1),
    }


def test_reading_on_gives_what_is_newer_in_order(ann: User, chat: Chat) -> None:
    words = [say(ann, chat, f"word {n}")["content"] for n in range(4)]
    events = log.events_since(chat.chat_id, chat.epoch, 3, limit=2)
    assert [event.seq for event in events] == [4, 5]
    assert [event.message and event.message["content"] for event in events] == words[1:3]
    assert log.events_since(chat.chat_id, chat.epoch, 6) == []


def test_another_epoch_has_no_events(ann: User, chat: Chat) -> None:
    say(ann, chat)
    assert log.events_since(chat.chat_id, "other", 0) == []


def test_reading_takes_one_query_however_much_there_is(
    ann: User, bob: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        say((ann, bob)[number % 2], chat, type="ai")
    with django_assert_num_queries(1):
        assert len(log.events_since(chat.chat_id, chat.epoch, 0)) == 22


def test_an_event_on_the_wire(ann: User, chat: Chat) -> None:
    message = say(ann, chat, "Olá")
    (event,) = log.events_since(chat.chat_id, chat.epoch, 2)
    assert event.as_dict() == {
        "type": "user_message",
        "chatId": chat.chat_id,
        "epoch": chat.epoch,
        "seq": 3,
        "at": message["timestamp"],
        "actor": {"id": ann.pk, "name": "ann"},
        "message": message,
    }


def test_an_event_without_a_message_says_what_happened(ann: User, chat: Chat) -> None:
    rename_chat(actor_of(ann), chat.chat_id, "Brunch")
    wire = log_of(chat)[-1].as_dict()
    assert (wire["type"], wire["data"]) == ("chat_renamed", {"title": "Brunch"})
    assert "message" not in wire


def test_an_old_event_carries_the_message_as_it_is_now(ann: User, chat: Chat) -> None:
    message = say(ann, chat, "first")
    edit(ann, message, "second")
    born, edited = log_of(chat)[2:]
    assert born.message == edited.message
    assert born.message
    assert (born.message["content"], born.message["rev"]) == ("second", 2)


def test_a_removed_message_is_a_tombstone_in_all_its_events(ann: User, chat: Chat) -> None:
    message = say(ann, chat, "secret")
    edit(ann, message, "still secret")
    remove(ann, message)
    assert "secret" not in repr(log_of(chat))
    assert [event.message and event.message["removed"] for event in log_of(chat)[2:]] == [
        "author"
    ] * 3


def test_the_log_itself_holds_no_content(ann: User, chat: Chat) -> None:
    say(ann, chat, "secret")
    assert "secret" not in repr(list(Event.objects.values()))


NOW = Cursor("now", 9)


@pytest.mark.parametrize("seq", [5, 7, 9])
def test_the_log_can_be_read_on_from_before_its_oldest_event_to_its_head(seq: int) -> None:
    log.require_position(Cursor("now", seq), head=NOW, oldest_seq=6)


@pytest.mark.parametrize("position", [("now", 4), ("now", 0), ("now", 10), ("past", 7)])
def test_any_other_position_is_stale(position: tuple[str, int]) -> None:
    with pytest.raises(StaleCursor):
        log.require_position(Cursor(*position), head=NOW, oldest_seq=6)


def test_a_position_in_an_empty_log_is_before_its_first_event() -> None:
    log.require_position(Cursor("now", 0), head=Cursor("now", 0), oldest_seq=1)


def test_locking_many_chats_leaves_out_what_is_not_there(ann: User, chat: Chat) -> None:
    with transaction.atomic():
        heads = log.lock(["nowhere", chat.chat_id])
    assert [head.cursor for head in heads.values()] == [f"{chat.epoch}:2"]


def test_every_message_type_has_its_two_events() -> None:
    for kind in ("user", "system", "youtube", "ai"):
        assert EventType(f"{kind}_message")
        assert EventType(f"{kind}_message_update")
