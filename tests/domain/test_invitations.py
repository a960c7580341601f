"""Invitations: who makes them, whom they let in, and how they end."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection

from messages import invitations
from messages.access import Actor, access_to, actor_of
from messages.clock import now_ms
from messages.errors import BadRequest, ChatError, Conflict, Forbidden, NotFound
from messages.membership import add_member, remove_member, set_role
from messages.models import Chat, Invitation, Membership
from tests.domain.talk import kinds, roles

in_one_transaction = pytest.mark.django_db


@pytest.fixture
def link(ann: User, chat: Chat) -> str:
    token: str = invitations.create(actor_of(ann), chat.pk, max_uses=2)["token"]
    return token


@in_one_transaction
def test_a_link_lets_somebody_in(eve: User, chat: Chat, link: str) -> None:
    door = invitations.look(actor_of(eve), link)
    assert (door.title, door.is_member) == ("Lunch", False)
    assert invitations.accept(actor_of(eve), link) == (chat.pk, True)
    assert (roles(chat)["eve"], kinds(chat)[-1]) == ("member", "member_joined")
    assert invitations.look(actor_of(eve), link).is_member


@in_one_transaction
def test_who_is_in_already_uses_nothing_up(bob: User, chat: Chat, link: str) -> None:
    before = kinds(chat)
    assert invitations.accept(actor_of(bob), link) == (chat.pk, False)
    assert kinds(chat) == before
    assert Invitation.objects.get().uses == 0


@in_one_transaction
@pytest.mark.parametrize("what", ["wrong", "cut", "expired", "revoked", "used up", "gone"])
def test_a_link_that_leads_nowhere_never_says_why(
    what: str, ann: User, eve: User, chat: Chat, link: str
) -> None:
    row = Invitation.objects.all()
    if what == "wrong":
        link = f"{link[:-1]}{'A' if link[-1] != 'A' else 'B'}"
    elif what == "cut":
        link = link.partition(".")[0]
    elif what == "expired":
        row.update(expires_at=now_ms())
    elif what == "revoked":
        invitations.revoke(actor_of(ann), chat.pk, row.get().pk)
    elif what == "used up":
        row.update(uses=2)
    else:
        row.delete()
    for follow in (invitations.look, invitations.accept):
        with pytest.raises(NotFound) as refusal:
            follow(actor_of(eve), link)
        assert refusal.value.as_dict() == NotFound().as_dict()
    assert "eve" not in roles(chat)


@in_one_transaction
@pytest.mark.parametrize("token", ["", ".", "x", "x.y", "x" * 5_000, "\0.\0", "é.ü", "a.b.c"])
def test_whatever_is_guessed_is_no_link(token: str, eve: User, chat: Chat) -> None:
    with pytest.raises(NotFound):
        invitations.accept(actor_of(eve), token)


@in_one_transaction
def test_only_who_manages_makes_lists_and_revokes(
    ann: User, bob: User, eve: User, mod: User, chat: Chat, link: str
) -> None:
    made = Invitation.objects.get().pk
    for user, refusal in ((bob, Forbidden), (eve, NotFound)):
        with pytest.raises(refusal):
            invitations.create(actor_of(user), chat.pk)
        with pytest.raises(refusal):
            invitations.revoke(actor_of(user), chat.pk, made)
    invitations.create(actor_of(mod), chat.pk)
    invitations.revoke(actor_of(mod), chat.pk, made)
    invitations.revoke(actor_of(ann), chat.pk, made)
    with pytest.raises(NotFound):
        invitations.revoke(actor_of(ann), chat.pk, "nothing")


@in_one_transaction
def test_limits_have_limits(ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    late = now_ms() + 91 * invitations.DAY_MS
    for limits in ({"expires_at": 1}, {"expires_at": late}, {"max_uses": 0}, {"max_uses": 10**6}):
        with pytest.raises(BadRequest):
            invitations.create(actor_of(ann), chat.pk, **limits)
    monkeypatch.setattr(invitations, "MAX_OPEN", 1)
    invitations.create(actor_of(ann), chat.pk)
    with pytest.raises(Conflict):
        invitations.create(actor_of(ann), chat.pk)


@in_one_transaction
@pytest.mark.parametrize("how", ["removed", "demoted"])
def test_the_links_of_who_no_longer_manages_let_nobody_in(
    how: str, ann: User, bob: User, eve: User, chat: Chat, link: str
) -> None:
    set_role(actor_of(ann), chat.pk, bob.pk, "owner")
    theirs = invitations.create(actor_of(bob), chat.pk)["token"]
    if how == "removed":
        remove_member(actor_of(ann), chat.pk, bob.pk)
    else:
        set_role(actor_of(ann), chat.pk, bob.pk, "member")
    with pytest.raises(NotFound):
        invitations.accept(actor_of(eve), theirs)
    assert invitations.accept(actor_of(eve), link) == (chat.pk, True)


@in_one_transaction
@pytest.mark.parametrize(
    "name, lost", [("bob", "is_active"), ("mod", "is_active"), ("mod", "is_staff")]
)
def test_links_are_as_good_as_the_rights_of_who_made_them(
    name: str, lost: str, ann: User, bob: User, eve: User, mod: User, chat: Chat
) -> None:
    set_role(actor_of(ann), chat.pk, bob.pk, "owner")
    maker = User.objects.filter(username=name)
    link = invitations.create(actor_of(maker.get()), chat.pk)["token"]
    maker.update(**{lost: False})
    assert invitations.open_ones(access_to(actor_of(ann), chat.pk)) == []
    for follow in (invitations.look, invitations.accept):
        with pytest.raises(NotFound):
            follow(actor_of(eve), link)
    maker.update(**{lost: True})
    assert invitations.accept(actor_of(eve), link) == (chat.pk, True)


@pytest.mark.django_db(transaction=True)
def test_uses_are_exact_when_many_come_at_once(chat: Chat, link: str) -> None:
    people = [actor_of(User.objects.create_user(f"guest-{number}")) for number in range(12)]

    def follow(person: Actor) -> bool:
        try:
            return invitations.accept(person, link)[1]
        except ChatError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(12) as threads:
        came = list(threads.map(follow, people))
    assert came.count(True) == 2
    assert Invitation.objects.get().uses == 2
    assert Membership.objects.filter(chat=chat).count() == 4


@in_one_transaction
def test_who_was_removed_comes_back_by_a_link_that_is_still_good(
    ann: User, bob: User, chat: Chat, link: str
) -> None:
    remove_member(actor_of(ann), chat.pk, bob.pk)
    assert invitations.accept(actor_of(bob), link) == (chat.pk, True)
    add_member(actor_of(ann), chat.pk, bob.pk)
