"""Coming and going, who owns a chat, and how far its members have read."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages.access import Actor, access_to, actor_of
from messages.chats import mark_read
from messages.errors import BadRequest, Conflict, NotFound
from messages.log import heads
from messages.membership import add_member, remove_member, set_role
from messages.models import Chat, Membership
from tests.domain.talk import kinds, log_of, roles, say

pytestmark = pytest.mark.django_db


def test_who_comes_in_is_named_in_the_log(ann: User, eve: User, chat: Chat) -> None:
    assert add_member(actor_of(ann), chat.chat_id, eve.pk)
    event = log_of(chat)[-1]
    assert event.as_dict()["data"] == {"user": {"id": eve.pk, "name": "eve"}, "role": "member"}
    assert event.actor == {"id": ann.pk, "name": "ann"}
    assert roles(chat)["eve"] == "member"


def test_who_is_in_already_stays_as_they_are(ann: User, bob: User, chat: Chat) -> None:
    assert not add_member(actor_of(ann), chat.chat_id, bob.pk, role="owner")
    assert roles(chat) == {"ann": "owner", "bob": "member"}
    assert kinds(chat, after=2) == []


def test_who_comes_in_has_read_what_was_there_before(ann: User, eve: User, chat: Chat) -> None:
    message = say(ann, chat)
    add_member(actor_of(ann), chat.chat_id, eve.pk)
    assert Membership.objects.get(user=eve).read_seq == message["seq"]


def test_only_people_who_are_there_come_in(ann: User, eve: User, chat: Chat) -> None:
    User.objects.filter(pk=eve.pk).update(is_active=False)
    for user_id in (eve.pk, 0, 2**70):
        with pytest.raises(BadRequest) as refusal:
            add_member(actor_of(ann), chat.chat_id, user_id)
        assert refusal.value.details == {"field": "userId"}


@pytest.mark.parametrize("role", ["", "Owner", "staff", None, 1])
def test_a_role_is_one_of_two(role: Any, ann: User, bob: User, eve: User, chat: Chat) -> None:
    for verb, user in ((set_role, bob), (add_in_role, eve), (add_in_role, bob)):
        with pytest.raises(BadRequest) as refusal:
            verb(actor_of(ann), chat.chat_id, user.pk, role)
        assert refusal.value.details == {"field": "role"}


def add_in_role(actor: Actor, chat_id: str, user_id: int, role: str) -> None:
    add_member(actor, chat_id, user_id, role=role)


def test_who_is_taken_out_is_named_in_the_log_and_has_no_access(
    ann: User, bob: User, chat: Chat
) -> None:
    remove_member(actor_of(ann), chat.chat_id, bob.pk)
    event = log_of(chat)[-1]
    assert (event.type, event.data) == ("member_left", {"user": {"id": bob.pk, "name": "bob"}})
    assert event.actor == {"id": ann.pk, "name": "ann"}
    with pytest.raises(NotFound):
        access_to(actor_of(bob), chat.chat_id)


def test_everybody_may_leave(bob: User, chat: Chat) -> None:
    remove_member(actor_of(bob), chat.chat_id, bob.pk)
    assert log_of(chat)[-1].actor == {"id": bob.pk, "name": "bob"}
    with pytest.raises(NotFound):
        remove_member(actor_of(bob), chat.chat_id, bob.pk)


def test_who_is_not_in_cannot_be_taken_out(ann: User, eve: User, mod: User, chat: Chat) -> None:
    for actor, user in ((ann, eve), (mod, mod), (mod, eve)):
        with pytest.raises(NotFound):
            remove_member(actor_of(actor), chat.chat_id, user.pk)
    with pytest.raises(NotFound):
        set_role(actor_of(ann), chat.chat_id, eve.pk, "owner")


def test_the_last_owner_stays_while_others_do(ann: User, bob: User, mod: User, chat: Chat) -> None:
    for actor in (ann, mod):
        with pytest.raises(Conflict):
            remove_member(actor_of(actor), chat.chat_id, ann.pk)
        with pytest.raises(Conflict):
            set_role(actor_of(actor), chat.chat_id, ann.pk, "member")
    set_role(actor_of(ann), chat.chat_id, bob.pk, "owner")
    remove_member(actor_of(ann), chat.chat_id, ann.pk)
    assert roles(chat) == {"bob": "owner"}


def test_an_owner_who_cannot_sign_in_is_no_other_owner(
    ann: User, bob: User, eve: User, chat: Chat
) -> None:
    set_role(actor_of(ann), chat.chat_id, bob.pk, "owner")
    User.objects.filter(pk=bob.pk).update(is_active=False)
    add_member(actor_of(ann), chat.chat_id, eve.pk)
    for act in (
        lambda: remove_member(actor_of(ann), chat.chat_id, ann.pk),
        lambda: set_role(actor_of(ann), chat.chat_id, ann.pk, "member"),
    ):
        with pytest.raises(Conflict):
            act()
    remove_member(actor_of(ann), chat.chat_id, eve.pk)
    remove_member(actor_of(ann), chat.chat_id, ann.pk)
    assert roles(chat) == {"bob": "owner"}


def test_the_last_member_may_leave(ann: User, bob: User, chat: Chat) -> None:
    remove_member(actor_of(bob), chat.chat_id, bob.pk)
    remove_member(actor_of(ann), chat.chat_id, ann.pk)
    assert roles(chat) == {}
    assert heads([chat.chat_id])[chat.chat_id].seq == 4


def test_the_read_pointer_never_moves_back(ann: User, bob: User, chat: Chat) -> None:
    for _ in range(3):
        say(ann, chat)
    pointers = [mark_read(actor_of(bob), chat.chat_id, seq) for seq in (4, 3, 0, 5, 5, 4)]
    assert pointers == [4, 4, 4, 5, 5, 5]


def test_the_read_pointer_stops_at_the_head(bob: User, chat: Chat) -> None:
    assert mark_read(actor_of(bob), chat.chat_id, 2**63 - 1) == 2


@pytest.mark.parametrize("seq", [-1, 2**63])
def test_a_read_pointer_is_a_number_in_the_log(seq: int, bob: User, chat: Chat) -> None:
    with pytest.raises(BadRequest):
        mark_read(actor_of(bob), chat.chat_id, seq)


def test_reading_is_no_event_and_each_reader_s_own(ann: User, bob: User, chat: Chat) -> None:
    say(ann, chat)
    mark_read(actor_of(bob), chat.chat_id, 3)
    assert len(log_of(chat)) == 3
    assert Membership.objects.get(user=ann).read_seq < 3


def test_only_members_have_a_read_pointer(eve: User, mod: User, chat: Chat) -> None:
    for user in (eve, mod):
        with pytest.raises(NotFound):
            mark_read(actor_of(user), chat.chat_id, 1)
