"""The life of a chat: creating, renaming, freezing, and who may."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from messages import chats, membership, moderation
from messages.access import Actor, access_to, actor_of
from messages.chats import create_chat
from messages.errors import BadChatId, BadRequest, Forbidden, IdConflict, NotFound
from messages.identity import is_chat_id
from messages.models import Chat, Event, Membership, Message
from tests.domain.talk import accept, kinds, log_of, roles, say

pytestmark = pytest.mark.django_db


def test_a_new_chat_has_its_owner_and_its_first_members(ann: User, bob: User) -> None:
    chat = Chat.objects.get(pk=create_chat(actor_of(ann), " Lunch ", members=[actor_of(bob)]))
    assert is_chat_id(chat.chat_id)
    assert (chat.title, chat.frozen, chat.last_seq, chat.oldest_seq) == ("Lunch", False, 2, 1)
    assert roles(chat) == {"ann": "owner", "bob": "member"}
    assert [event.data and event.data["user"]["name"] for event in log_of(chat)] == ["ann", "bob"]
    assert {event.actor and event.actor["name"] for event in log_of(chat)} == {"ann"}


def test_naming_the_owner_among_the_members_changes_nothing(ann: User) -> None:
    chat = Chat(create_chat(actor_of(ann), "Lunch", members=[actor_of(ann)]))
    assert roles(chat) == {"ann": "owner"}


def test_a_chat_may_bring_its_own_id(ann: User) -> None:
    assert create_chat(actor_of(ann), "Lunch", chat_id="Lunch_1-a") == "Lunch_1-a"


def test_an_id_that_is_taken_is_a_conflict_to_everybody(ann: User, eve: User, chat: Chat) -> None:
    for user in (ann, eve):
        with pytest.raises(IdConflict) as refusal:
            create_chat(actor_of(user), "Mine", chat_id=chat.chat_id)
        assert refusal.value.details == {"field": "chatId"}
    assert roles(chat) == {"ann": "owner", "bob": "member"}


@pytest.mark.parametrize("chat_id", ["", "-a", "a b", "é", "a" * 65, "a\n"])
def test_an_id_that_is_none_is_refused(chat_id: str, ann: User) -> None:
    with pytest.raises(BadChatId):
        create_chat(actor_of(ann), "Lunch", chat_id=chat_id)


@pytest.mark.parametrize("title", [None, 7, "", " \t", "x" * 121, "a\0b", "\ud800"], ids=repr)
def test_a_title_that_is_none_is_refused(title: Any, ann: User, chat: Chat) -> None:
    with pytest.raises(BadRequest) as refusal:
        create_chat(actor_of(ann), title)
    assert refusal.value.details == {"field": "title"}
    with pytest.raises(BadRequest):
        chats.rename_chat(actor_of(ann), chat.chat_id, title)
    assert Chat.objects.get().title == "Lunch"


def test_a_title_has_at_most_120_characters(ann: User) -> None:
    title = "\N{FACE WITH TEARS OF JOY}" * 120
    assert Chat.objects.get(pk=create_chat(actor_of(ann), title)).title == title


def test_renaming_is_an_event_once(ann: User, chat: Chat) -> None:
    for _ in range(2):
        chats.rename_chat(actor_of(ann), chat.chat_id, " Dinner")
    assert access_to(actor_of(ann), chat.chat_id).title == "Dinner"
    assert kinds(chat, after=2) == ["chat_renamed"]
    assert log_of(chat)[-1].data == {"title": "Dinner"}


def test_freezing_and_thawing_are_events_once(ann: User, chat: Chat) -> None:
    for frozen in (True, True, False, False):
        chats.set_frozen(actor_of(ann), chat.chat_id, frozen=frozen)
        assert access_to(actor_of(ann), chat.chat_id).frozen is frozen
    assert kinds(chat, after=2) == ["chat_frozen", "chat_unfrozen"]


VERBS: dict[str, Callable[[Actor, str, int], object]] = {
    "rename": lambda actor, chat, _: chats.rename_chat(actor, chat, "Taken over"),
    "freeze": lambda actor, chat, _: chats.set_frozen(actor, chat, frozen=True),
    "change": lambda actor, chat, _: moderation.change_chat(actor, chat, frozen=True),
    "add": membership.add_member,
    "remove": membership.remove_member,
    "set role": lambda actor, chat, user_id: membership.set_role(actor, chat, user_id, "owner"),
}


@pytest.mark.parametrize("verb", VERBS)
def test_members_do_not_manage(verb: str, ann: User, bob: User, chat: Chat) -> None:
    with pytest.raises(Forbidden):
        VERBS[verb](actor_of(bob), chat.chat_id, ann.pk)
    assert kinds(chat, after=2) == []


@pytest.mark.parametrize("verb", VERBS)
def test_to_the_outsider_there_is_nothing_to_manage(verb: str, eve: User, chat: Chat) -> None:
    refusals = []
    for chat_id in (chat.chat_id, "nowhere"):
        with pytest.raises(NotFound) as refusal:
            VERBS[verb](actor_of(eve), chat_id, eve.pk)
        refusals.append(refusal.value.as_dict())
    assert refusals[0] == refusals[1]
    assert kinds(chat, after=2) == []


@pytest.mark.parametrize("verb", VERBS)
def test_staff_manage_without_being_members(verb: str, mod: User, bob: User, chat: Chat) -> None:
    VERBS[verb](actor_of(mod), chat.chat_id, bob.pk)
    assert "mod" not in roles(chat)


def test_both_changes_of_a_chat_happen_or_neither(ann: User, chat: Chat) -> None:
    moderation.change_chat(actor_of(ann), chat.chat_id, title="Dinner", frozen=True)
    assert kinds(chat, after=2) == ["chat_renamed", "chat_frozen"]
    moderation.change_chat(actor_of(ann), chat.chat_id)
    assert len(log_of(chat)) == 4


def test_deleting_a_chat_takes_its_log_along_and_nothing_else(ann: User, chat: Chat) -> None:
    kept = Chat(create_chat(actor_of(ann), "Kept"))
    for room in (chat, kept):
        say(ann, room, replyTo=accept(ann, room, type="ai").message["messageId"])
    chats.delete_chat(chat.chat_id)
    assert list(Chat.objects.values_list("pk", flat=True)) == [kept.chat_id]
    for model, count in ((Event, 4), (Message, 3), (Membership, 1)):
        assert list(model.objects.values_list("chat", flat=True)) == [kept.chat_id] * count
    with pytest.raises(NotFound):
        chats.delete_chat(chat.chat_id)
