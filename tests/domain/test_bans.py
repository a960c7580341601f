"""Bans: out of a chat, and neither added nor let in until it is lifted; and what is recorded."""

import pytest
from django.contrib.auth.models import User

from messages import invitations
from messages.access import access_to, actor_of
from messages.errors import BadRequest, Conflict, Forbidden, NotFound
from messages.membership import add_member, ban, lift_ban, remove_member, set_role
from messages.models import Ban, Cause, Chat, Membership, Revocation
from messages.revocations import Ended, record
from tests.domain.talk import kinds, log_of, roles

pytestmark = pytest.mark.django_db


def test_who_is_banned_is_out_and_stays_out(ann: User, bob: User, chat: Chat) -> None:
    link = invitations.create(actor_of(ann), chat.pk)["token"]
    assert ban(actor_of(ann), chat.pk, bob.pk, reason="spam")
    assert roles(chat) == {"ann": "owner"}
    with pytest.raises(NotFound):
        access_to(actor_of(bob), chat.pk)
    with pytest.raises(Conflict) as refusal:
        add_member(actor_of(ann), chat.pk, bob.pk)
    assert refusal.value.details == {"reason": "banned"}
    for follow in (invitations.look, invitations.accept):
        with pytest.raises(NotFound):
            follow(actor_of(bob), link)
    lift_ban(actor_of(ann), chat.pk, bob.pk)
    assert invitations.accept(actor_of(bob), link) == (chat.pk, True)


def test_an_outsider_is_banned_without_a_word_in_the_log(ann: User, eve: User, chat: Chat) -> None:
    before = kinds(chat)
    assert ban(actor_of(ann), chat.pk, eve.pk)
    assert not ban(actor_of(ann), chat.pk, eve.pk)
    assert kinds(chat) == before
    assert not Revocation.objects.exists()


def test_who_may_ban_and_lift(ann: User, bob: User, eve: User, mod: User, chat: Chat) -> None:
    for user, refusal in ((bob, Forbidden), (eve, NotFound)):
        with pytest.raises(refusal):
            ban(actor_of(user), chat.pk, ann.pk)
        with pytest.raises(refusal):
            lift_ban(actor_of(user), chat.pk, ann.pk)
    for target in (mod, ann):
        with pytest.raises(Forbidden):
            ban(actor_of(ann), chat.pk, target.pk)
    with pytest.raises(NotFound):
        lift_ban(actor_of(ann), chat.pk, eve.pk)
    with pytest.raises(BadRequest):
        ban(actor_of(ann), chat.pk, 99_999)
    ban(actor_of(mod), chat.pk, eve.pk)
    with pytest.raises(Forbidden):
        lift_ban(actor_of(ann), chat.pk, eve.pk)
    lift_ban(actor_of(mod), chat.pk, eve.pk)
    assert not Ban.objects.exists()


def test_a_chat_whose_only_owner_is_banned_gets_who_is_in_it_longest(
    ann: User, bob: User, eve: User, mod: User, chat: Chat
) -> None:
    add_member(actor_of(ann), chat.pk, eve.pk)
    User.objects.filter(pk=bob.pk).update(is_active=False)
    link = invitations.create(actor_of(ann), chat.pk)["token"]
    ban(actor_of(mod), chat.pk, ann.pk)
    assert roles(chat) == {"bob": "member", "eve": "owner"}
    left, joined = log_of(chat)[-2:]
    assert (left.type, left.data) == ("member_left", {"user": {"id": ann.pk, "name": "ann"}})
    heir = {"user": {"id": eve.pk, "name": "eve"}, "role": "owner"}
    assert (joined.type, joined.data) == ("member_joined", heir)
    with pytest.raises(NotFound):
        invitations.accept(actor_of(mod), link)


def test_a_chat_that_has_another_owner_keeps_to_that_one(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    set_role(actor_of(ann), chat.pk, bob.pk, "owner")
    ban(actor_of(mod), chat.pk, ann.pk)
    assert kinds(chat)[-1] == "member_left"
    ban(actor_of(mod), chat.pk, bob.pk)
    assert roles(chat) == {}


def test_whoever_goes_leaves_a_record_of_why(ann: User, bob: User, mod: User, chat: Chat) -> None:
    remove_member(actor_of(ann), chat.pk, bob.pk)
    add_member(actor_of(ann), chat.pk, bob.pk)
    remove_member(actor_of(bob), chat.pk, bob.pk)
    add_member(actor_of(ann), chat.pk, bob.pk)
    ban(actor_of(mod), chat.pk, bob.pk)
    found = Revocation.objects.order_by("pk").values_list("cause", "by__username", "seq")
    assert list(found) == [("removed", "ann", 3), ("left", "bob", 5), ("banned", "mod", 7)]


def test_what_processes_sent_last_is_added_to_the_record_and_the_most_counts(
    ann: User, bob: User, chat: Chat
) -> None:
    remove_member(actor_of(ann), chat.pk, bob.pk)
    ended = [Ended(bob.pk, chat.pk, sent) for sent in (1, 2, 0)]
    record(ended[:1])
    record(ended[1:])
    assert Revocation.objects.get().sent_seq == 2
    record([Ended(bob.pk, "nowhere", 1), Ended(99_999, chat.pk, 1)])
    assert Revocation.objects.count() == 1


def test_the_end_of_a_sign_in_has_records_of_its_own(ann: User, mod: User, chat: Chat) -> None:
    record([Ended(ann.pk, chat.pk, 2, Cause.TOKEN), Ended(mod.pk, chat.pk, 1)])
    User.objects.filter(pk=ann.pk).update(is_active=False)
    record([Ended(ann.pk, chat.pk, 2, Cause.SESSION)])
    found = Revocation.objects.order_by("pk").values_list("cause", "seq", "sent_seq")
    assert list(found) == [("token", None, 2), ("rights", None, 1), ("account", None, 2)]
    assert Membership.objects.filter(user=ann).exists()
