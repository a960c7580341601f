"""The list of one's chats: which, in what order, how much is unread."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from messages.access import access_to, actor_of
from messages.chats import create_chat, mark_read
from messages.history import ChatLine, chats_of
from messages.membership import add_member, remove_member
from messages.models import Chat
from tests.domain.talk import accept, remove, say

pytestmark = pytest.mark.django_db


def the_line(user: User) -> ChatLine:
    (line,) = chats_of(actor_of(user))
    return line


def test_one_sees_one_s_own_chats_only(ann: User, eve: User, mod: User, chat: Chat) -> None:
    assert [line.chat_id for line in chats_of(actor_of(ann))] == [chat.chat_id]
    assert chats_of(actor_of(eve)) == []
    assert chats_of(actor_of(mod)) == []


def test_a_line_says_what_the_chat_itself_would(ann: User, bob: User, chat: Chat) -> None:
    message = say(ann, chat)
    line = the_line(bob)
    assert line.access == access_to(actor_of(bob), chat.chat_id)
    assert (line.last_message, line.last_at) == (message, message["timestamp"])


def test_the_most_recently_active_chat_comes_first(ann: User, chat: Chat) -> None:
    other = create_chat(actor_of(ann), "Dinner")
    Chat.objects.update(last_at=1)
    say(ann, chat)
    assert [line.chat_id for line in chats_of(actor_of(ann))] == [chat.chat_id, other]
    Chat.objects.filter(pk=chat.chat_id).update(last_at=2)
    say(ann, other)
    assert [line.chat_id for line in chats_of(actor_of(ann))] == [other, chat.chat_id]


def test_unread_is_what_others_said_above_the_read_pointer(
    ann: User, bob: User, chat: Chat
) -> None:
    said = [say(user, chat) for user in (ann, bob, ann, ann)]
    assert (the_line(ann).unread, the_line(bob).unread) == (1, 3)
    mark_read(actor_of(bob), chat.chat_id, said[0]["seq"])
    assert the_line(bob).unread == 2
    remove(ann, said[2])
    assert the_line(bob).unread == 1
    mark_read(actor_of(bob), chat.chat_id, said[3]["seq"])
    assert the_line(bob).unread == 0


def test_answers_and_system_messages_are_unread_too(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    add_member(actor_of(ann), chat.chat_id, mod.pk)
    accept(ann, chat, type="ai")
    say(mod, chat, type="system")
    assert [the_line(user).unread for user in (ann, bob, mod)] == [2, 3, 2]


def test_what_happens_to_the_chat_is_not_unread(
    ann: User, bob: User, eve: User, chat: Chat
) -> None:
    add_member(actor_of(ann), chat.chat_id, eve.pk)
    remove_member(actor_of(eve), chat.chat_id, eve.pk)
    assert the_line(bob).unread == 0
    assert the_line(bob).access.head.seq == 4


def test_a_new_chat_has_nothing_to_read_and_no_message(ann: User, bob: User, chat: Chat) -> None:
    for user in (ann, bob):
        assert (the_line(user).unread, the_line(user).last_message) == (0, None)


def test_a_removed_message_may_be_the_last(ann: User, bob: User, chat: Chat) -> None:
    removed = remove(ann, say(ann, chat))
    assert the_line(bob).last_message == removed


def test_each_chat_shows_its_own_last_message(ann: User, chat: Chat) -> None:
    rooms = [chat.chat_id, *(create_chat(actor_of(ann), str(n)) for n in range(5))]
    for count, room in enumerate(rooms):
        for _ in range(count):
            say(ann, room, f"{room} {count}")
    last = {line.chat_id: line.last_message for line in chats_of(actor_of(ann))}
    assert last.pop(rooms[0]) is None
    assert {m and m["content"] for m in last.values()} == {
        f"{room} {count}" for count, room in enumerate(rooms) if count
    }


def test_the_list_takes_two_queries_however_long_it_is(
    ann: User, bob: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        room = create_chat(actor_of(bob), "Another", members=[actor_of(ann)])
        for _ in range(number % 3):
            say(bob, room)
    with django_assert_num_queries(2):
        assert len(chats_of(actor_of(ann))) == 13
