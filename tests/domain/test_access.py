"""Access: the one rule, for everybody in every kind of chat."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from messages.access import (
    Actor,
    Standing,
    access_to,
    actor_of,
    refusal_to_write,
    standings_of,
)
from messages.chats import create_chat, set_frozen
from messages.clock import now_ms
from messages.errors import Forbidden, NotFound
from messages.identity import Cursor
from messages.membership import add_member, remove_member, set_role
from messages.models import Chat, Membership, Role
from tests.domain.talk import say
from tests.people import make_moderator

MANAGE = ["rename", "freeze", "setHistory", "manageMembers", "invite"]
NAMES = ["read", "send", "sendSystem", *MANAGE, "moderate"]
# Who: what they may in an open chat, and what of it a frozen chat takes away.
RIGHTS: dict[str, tuple[list[str], list[str]]] = {
    "owner": (["read", "send", *MANAGE], ["send"]),
    "owner, muted": (["read", *MANAGE], []),
    "member": (["read", "send"], ["send"]),
    "member, muted": (["read"], []),
    "moderator": (["read", *MANAGE, "moderate"], []),
    "moderator, member": (["read", "send", "sendSystem", *MANAGE, "moderate"], []),
    "moderator, member, muted": (["read", *MANAGE, "moderate"], []),
}


@pytest.mark.django_db
@pytest.mark.parametrize("frozen", [False, True], ids=["open", "frozen"])
@pytest.mark.parametrize("who", RIGHTS)
def test_the_rights_of(who: str, frozen: object, ann: User, chat: Chat) -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    if "moderator" in who:
        make_moderator(user)
    if who != "moderator":
        add_member(actor_of(ann), chat.chat_id, user.pk)
    if "owner" in who:
        set_role(actor_of(ann), chat.chat_id, user.pk, "owner")
    Membership.objects.filter(user=user).update(muted="muted" in who)
    set_frozen(actor_of(ann), chat.chat_id, frozen=bool(frozen))
    granted, lost = RIGHTS[who]
    assert access_to(actor_of(user), chat.chat_id).permissions == {
        name: name in granted and not (frozen and name in lost) for name in NAMES
    }


@pytest.mark.django_db
def test_the_outsider_cannot_tell_a_chat_of_others_from_none(eve: User, chat: Chat) -> None:
    refusals = []
    for chat_id in (chat.chat_id, "nowhere"):
        with pytest.raises(NotFound) as refusal:
            access_to(actor_of(eve), chat_id)
        refusals.append(refusal.value.as_dict())
    assert refusals[0] == refusals[1]


@pytest.mark.django_db
def test_staff_do_not_find_what_is_not_there(mod: User) -> None:
    with pytest.raises(NotFound):
        access_to(actor_of(mod), "nowhere")


@pytest.mark.django_db
def test_access_says_where_the_log_stood(ann: User, bob: User, chat: Chat) -> None:
    say(ann, chat)
    access = access_to(actor_of(bob), chat.chat_id)
    assert (access.head, access.oldest_seq) == (Cursor(chat.epoch, 3), 1)
    assert (access.title, access.frozen) == ("Lunch", False)
    assert access.standing == Standing(Role.MEMBER, 1, muted=False, muted_until=None)


@pytest.mark.django_db
def test_access_ends_with_membership(ann: User, bob: User, chat: Chat) -> None:
    assert access_to(actor_of(bob), chat.chat_id)
    remove_member(actor_of(ann), chat.chat_id, bob.pk)
    with pytest.raises(NotFound):
        access_to(actor_of(bob), chat.chat_id)


@pytest.mark.django_db
def test_managing_is_asked_for_or_refused(ann: User, bob: User, chat: Chat) -> None:
    access_to(actor_of(ann), chat.chat_id).require_manage()
    with pytest.raises(Forbidden):
        access_to(actor_of(bob), chat.chat_id).require_manage()


@pytest.mark.django_db
def test_an_answer_takes_one_query(
    ann: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert access_to(actor_of(ann), chat.chat_id).chat_id == chat.chat_id


@pytest.mark.django_db
def test_only_the_pairs_asked_for_are_answered(ann: User, bob: User, eve: User, chat: Chat) -> None:
    hers = create_chat(actor_of(eve), "Hers", members=[actor_of(ann)])
    pairs = [(chat.chat_id, bob.pk), (hers, ann.pk), (hers, ann.pk), (hers, bob.pk)]
    assert set(standings_of(pairs)) == {(chat.chat_id, bob.pk), (hers, ann.pk)}
    assert standings_of([]) == {}


@pytest.mark.parametrize(
    "muted, until, is_muted",
    [
        ("", None, False),
        ("muted", None, True),
        ("muted", "past", False),
        ("muted", "future", True),
    ],
)
def test_a_mute_ends_at_its_time(muted: str, until: str | None, is_muted: object) -> None:
    times = {None: None, "past": now_ms() - 1, "future": now_ms() + 60_000}
    standing = Standing(Role.MEMBER, 0, muted=bool(muted), muted_until=times[until])
    assert standing.is_muted is is_muted
    actor = Actor(1, "Ann", is_moderator=True)
    assert (refusal_to_write(actor, standing, frozen=True) is not None) is is_muted


def test_an_actor_is_called_by_full_name_or_else_user_name() -> None:
    named = User(pk=1, username="ann", first_name="Ann", last_name="Lee", is_superuser=True)
    assert actor_of(named) == Actor(1, "Ann Lee", is_moderator=True)
    assert actor_of(User(pk=2, username="bob")).as_author() == {"id": 2, "name": "bob"}
