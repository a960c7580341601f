"""Chats and their members over HTTP."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from messages.access import actor_of
from messages.chats import create_chat
from messages.clock import now_ms
from messages.models import MAX_TITLE, Chat, Decision, Membership
from tests.doors.browsing import say
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)

PERMISSIONS_OF_A_MEMBER = {
    "read": True,
    "send": True,
    "sendSystem": False,
    "rename": False,
    "freeze": False,
    "setHistory": False,
    "manageMembers": False,
    "invite": False,
    "moderate": False,
}


def test_a_new_chat_belongs_to_who_made_it(ann: User) -> None:
    caller = Caller(ann)
    made = caller.post("chats/", {"title": "  Lunch  "})
    assert made.status_code == 201
    chat = made.json()
    assert (chat["title"], chat["role"], chat["frozen"]) == ("Lunch", "owner", False)
    assert chat["head"].endswith(":1")
    assert caller.get(f"chats/{chat['chatId']}/").json() == chat
    (line,) = caller.get("chats/").json()["chats"]
    assert line == chat | {"unread": 0, "lastMessage": None}


def test_a_chat_id_of_ones_own_is_kept_and_taken_once(ann: User, eve: User) -> None:
    assert Caller(ann).post("chats/", {"title": "x", "chatId": "lunch"}).json()["chatId"] == "lunch"
    again = Caller(eve).post("chats/", {"title": "y", "chatId": "lunch"})
    assert refused(again) == (409, "idConflict")
    assert Caller(ann).post("chats/", {"title": "x", "chatId": None}).status_code == 201


@pytest.mark.parametrize("chat_id", ["", "-", "a b", "é", 7, True, [], {}, "a" * 65, "a\n"])
def test_a_malformed_chat_id_is_refused(chat_id: object, ann: User) -> None:
    answer = Caller(ann).post("chats/", {"title": "x", "chatId": chat_id})
    assert refused(answer) == (400, "badChatId")


@pytest.mark.parametrize("title", [None, "", " \n", 7, True, [], {}, "x" * (MAX_TITLE + 1)])
def test_a_title_is_a_text_of_some_length(title: object, ann: User, chat: Chat) -> None:
    caller = Caller(ann)
    for answer in (
        caller.post("chats/", {"title": title}),
        caller.patch(chat_path(chat), {"title": title}),
    ):
        assert refused(answer) == (400, "badRequest")
        assert error_of(answer)["details"] == {"field": "title"}


def test_a_title_of_the_greatest_length_is_kept_whole(ann: User) -> None:
    title = "é" * MAX_TITLE
    assert Caller(ann).post("chats/", {"title": title}).json()["title"] == title


def test_a_member_sees_the_chat_as_a_member(ann: User, bob: User, chat: Chat) -> None:
    answer = Caller(bob).get(chat_path(chat)).json()
    assert answer == {
        "chatId": chat.pk,
        "title": "Lunch",
        "frozen": False,
        "slowModeSeconds": 0,
        "history": "all",
        "head": f"{chat.epoch}:2",
        "oldestSeq": 1,
        "role": "member",
        "permissions": PERMISSIONS_OF_A_MEMBER,
        "mutedForMs": None,
        "createdAt": chat.created_at,
    }


@pytest.mark.parametrize("until", [1, None])
def test_a_mute_that_is_over_or_has_no_end_is_waited_for_by_nobody(
    until: int | None, bob: User, chat: Chat
) -> None:
    own = Membership.objects.filter(user=bob)
    own.update(muted=True, muted_until=now_ms() + 60_000)
    assert 0 < Caller(bob).get(chat_path(chat)).json()["mutedForMs"] <= 60_000
    own.update(muted_until=until)
    assert Caller(bob).get(chat_path(chat)).json()["mutedForMs"] is None


def test_staff_who_are_not_in_the_chat_have_no_role_there(mod: User, chat: Chat) -> None:
    answer = Caller(mod).get(chat_path(chat)).json()
    assert answer["role"] is None
    assert answer["permissions"]["moderate"] is True
    assert answer["permissions"]["send"] is False


def test_the_owner_renames_and_freezes_at_once_or_not_at_all(
    ann: User, bob: User, chat: Chat
) -> None:
    caller = Caller(ann)
    changed = caller.patch(chat_path(chat), {"title": "Dinner", "frozen": True}).json()
    assert (changed["title"], changed["frozen"]) == ("Dinner", True)
    assert changed["head"].endswith(":4")
    assert Decision.objects.get().verb == "freeze"
    assert refused(Caller(bob).post(chat_path(chat, "messages/"), draft())) == (403, "chatFrozen")
    for body in ({"title": "Tea", "frozen": "no"}, {"title": " ", "frozen": False}, {}):
        assert refused(caller.patch(chat_path(chat), body)) == (400, "badRequest")
    assert caller.get(chat_path(chat)).json() == changed


@pytest.mark.parametrize("frozen", [None, 0, 1, "true", [], {}])
def test_frozen_is_true_or_false(frozen: object, ann: User, chat: Chat) -> None:
    answer = Caller(ann).patch(chat_path(chat), {"frozen": frozen})
    assert refused(answer) == (400, "badRequest")
    assert error_of(answer)["details"] == {"field": "frozen"}


def test_the_list_counts_what_is_unread_and_shows_the_last_message(
    ann: User, bob: User, chat: Chat
) -> None:
    say(ann, chat, "one")
    say(ann, chat, "two")
    caller = Caller(bob)
    (line,) = caller.get("chats/").json()["chats"]
    assert (line["unread"], line["lastMessage"]["content"]) == (2, "two")
    assert caller.put(chat_path(chat, "read/"), {"seq": 4}).json() == {"seq": 4}
    assert caller.put(chat_path(chat, "read/"), {"seq": 1}).json() == {"seq": 4}
    assert caller.put(chat_path(chat, "read/"), {"seq": 2**63 - 1}).json() == {"seq": 4}
    assert caller.get("chats/").json()["chats"][0]["unread"] == 0


@pytest.mark.parametrize("seq", [None, -1, "1", 1.0, True, [], 2**63])
def test_a_read_pointer_is_a_number_of_the_log(seq: object, bob: User, chat: Chat) -> None:
    answer = Caller(bob).put(chat_path(chat, "read/"), {"seq": seq})
    assert refused(answer) == (400, "badRequest")


def test_the_list_takes_as_many_queries_for_many_chats_as_for_one(
    ann: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    caller = Caller(ann)
    say(ann, chat, "hello")
    with django_assert_num_queries(4):  # session, user, chats, last messages
        caller.get("chats/")
    for number in range(20):
        other = Chat.objects.get(pk=create_chat(actor_of(ann), f"Chat {number}"))
        say(ann, other, "hello")
    with django_assert_num_queries(4):
        assert len(caller.get("chats/").json()["chats"]) == 21
