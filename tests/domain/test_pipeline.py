"""Editing and removing: who may, which version, and what the log says of it."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages import pipeline
from messages.access import Reach, actor_of
from messages.chats import create_chat, set_frozen
from messages.errors import (
    BadRequest,
    BadTransition,
    ChatFrozen,
    Conflict,
    Forbidden,
    Muted,
    NotFound,
    TooLarge,
)
from messages.history import one
from messages.membership import add_member, remove_member
from messages.message_id_generator import new_message_id
from messages.models import Chat, Membership
from messages.representation import WireMessage
from tests.domain.talk import VIDEO, accept, edit, log_of, remove, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(ann: User, chat: Chat) -> WireMessage:
    return say(ann, chat, "first")


def test_an_edit_changes_the_words_and_nothing_else(
    message: WireMessage, ann: User, chat: Chat
) -> None:
    edited = edit(ann, message, "*second*")
    assert edited == message | {
        "content": "*second*",
        "html": "<p><em>second</em></p>",
        "rev": 2,
        "editedAt": edited["editedAt"],
    }
    assert edited["editedAt"] >= message["timestamp"]
    assert one(Reach(chat.chat_id), message["messageId"]) == edited


def test_an_edit_is_an_event(message: WireMessage, ann: User, chat: Chat) -> None:
    edited = edit(ann, message, "second")
    event = log_of(chat)[-1]
    assert (event.type, event.data) == ("user_message_update", {"change": "edit"})
    assert (event.seq, event.actor) == (message["seq"] + 1, {"id": ann.pk, "name": "ann"})
    assert event.message == edited


def test_the_same_words_are_no_change(message: WireMessage, ann: User, chat: Chat) -> None:
    assert edit(ann, message, "first") == message
    assert len(log_of(chat)) == 3


def test_an_edit_of_an_old_version_is_a_conflict(message: WireMessage, ann: User) -> None:
    edit(ann, message, "second")
    with pytest.raises(Conflict) as refusal:
        edit(ann, message, "third")
    assert refusal.value.details == {"rev": 2}
    assert edit(ann, message, "third", rev=2)["rev"] == 3


def test_an_edit_of_a_version_to_come_is_a_conflict(message: WireMessage, ann: User) -> None:
    with pytest.raises(Conflict):
        edit(ann, message, "second", rev=2)


@pytest.mark.parametrize("who", ["bob", "mod", "mod as member"])
def test_only_the_author_edits(
    who: str, message: WireMessage, ann: User, bob: User, mod: User, chat: Chat
) -> None:
    if who == "mod as member":
        add_member(actor_of(ann), chat.chat_id, mod.pk)
    with pytest.raises(Forbidden):
        edit(bob if who == "bob" else mod, message, "not mine")
    assert one(Reach(chat.chat_id), message["messageId"]) == message


def test_to_the_outsider_the_message_is_not_there(message: WireMessage, eve: User) -> None:
    refusals = []
    for message_id in (message["messageId"], new_message_id()):
        for verb in (edit_it, remove_it):
            with pytest.raises(NotFound) as refusal:
                verb(eve, message_id)
            refusals.append(refusal.value.as_dict())
    assert all(refusal == refusals[0] for refusal in refusals)


def test_an_author_taken_out_is_an_outsider(
    message: WireMessage, ann: User, bob: User, chat: Chat
) -> None:
    said = say(bob, chat)
    remove_member(actor_of(ann), chat.chat_id, bob.pk)
    for verb in (edit_it, remove_it):
        with pytest.raises(NotFound):
            verb(bob, said["messageId"])


def edit_it(user: User, message_id: str, **where: Any) -> WireMessage:
    return edit(user, {"messageId": message_id, "rev": 1}, "second", **where)


def remove_it(user: User, message_id: str) -> WireMessage:
    return remove(user, {"messageId": message_id})


def test_a_message_is_found_in_its_own_chat_only(message: WireMessage, ann: User) -> None:
    other = create_chat(actor_of(ann), "Other")
    with pytest.raises(NotFound):
        pipeline.remove(actor_of(ann), message["messageId"], chat_id=other)
    assert pipeline.remove(actor_of(ann), message["messageId"], chat_id=message["chatId"])[
        "removed"
    ]


def test_in_a_frozen_chat_nobody_edits_but_removing_goes_on(
    message: WireMessage, ann: User, chat: Chat
) -> None:
    set_frozen(actor_of(ann), chat.chat_id, frozen=True)
    with pytest.raises(ChatFrozen):
        edit(ann, message, "second")
    assert remove(ann, message)["removed"] == "author"


def test_who_is_muted_does_not_edit_but_may_take_back(
    message: WireMessage, ann: User, chat: Chat
) -> None:
    Membership.objects.filter(user=ann).update(muted=True)
    with pytest.raises(Muted):
        edit(ann, message, "second")
    assert remove(ann, message)["removed"] == "author"


@pytest.mark.parametrize(
    "content, refusal",
    [
        ("", BadRequest),
        (" \n", BadRequest),
        ("a\0", BadRequest),
        ("\ud800", BadRequest),
        ("x" * 16_385, TooLarge),
        (None, BadRequest),
        (7, BadRequest),
    ],
    ids=repr,
)
def test_words_of_an_edit_are_checked_like_those_of_a_send(
    content: Any, refusal: type[Exception], message: WireMessage, ann: User
) -> None:
    with pytest.raises(refusal):
        pipeline.edit(actor_of(ann), message["messageId"], rev=1, content=content, html="")


def test_the_words_beside_a_video_may_be_taken_away(ann: User, chat: Chat) -> None:
    message = say(ann, chat, "look", type="youtube", metadata={"url": VIDEO})
    edited = edit(ann, message, "")
    assert (edited["content"], edited["html"], edited["status"]) == ("", "", "pending")
    assert edited["metadata"] == message["metadata"]
    assert log_of(chat)[-1].type == "youtube_message_update"


def test_a_system_message_is_edited_by_who_sent_it(ann: User, mod: User, chat: Chat) -> None:
    add_member(actor_of(ann), chat.chat_id, mod.pk)
    message = say(mod, chat, type="system")
    assert edit(mod, message, "second")["author"] is None
    assert log_of(chat)[-1].type == "system_message_update"


def test_an_answer_is_nobody_s_to_edit_and_the_asker_s_to_remove(
    ann: User, bob: User, chat: Chat
) -> None:
    answer = accept(ann, chat, "Why?", type="ai").placeholder
    assert answer
    for user in (ann, bob):
        with pytest.raises(Forbidden):
            edit(user, answer, "Because.")
    with pytest.raises(Forbidden):
        remove(bob, answer)
    assert remove(ann, answer)["removed"] == "author"


def test_removing_empties_a_message_for_everybody(
    message: WireMessage, ann: User, chat: Chat
) -> None:
    removed = remove(ann, message)
    assert removed == message | {"content": "", "html": "", "removed": "author", "rev": 2}
    assert one(Reach(chat.chat_id), message["messageId"]) == removed
    event = log_of(chat)[-1]
    assert (event.type, event.data) == ("message_removed", {"by": "author"})
    assert event.message == removed


def test_removing_again_answers_as_the_first_time_did(
    message: WireMessage, ann: User, mod: User, chat: Chat
) -> None:
    removed = remove(ann, message)
    assert remove(ann, message) == removed
    assert remove(mod, message) == removed
    assert len(log_of(chat)) == 4


def test_staff_remove_without_being_members(message: WireMessage, mod: User, chat: Chat) -> None:
    assert remove(mod, message)["removed"] == "staff"
    event = log_of(chat)[-1]
    assert (event.data, event.actor) == ({"by": "staff"}, {"id": mod.pk, "name": "mod"})


def test_the_owner_does_not_remove_what_others_said(ann: User, bob: User, chat: Chat) -> None:
    said = say(bob, chat)
    with pytest.raises(Forbidden):
        remove(ann, said)


def test_a_removed_message_stays_as_it_is(message: WireMessage, ann: User) -> None:
    removed = remove(ann, message)
    with pytest.raises(BadTransition):
        edit(ann, removed, "back again")
