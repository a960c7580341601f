"""Members of a chat over HTTP."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from messages.access import actor_of
from messages.clock import now_ms
from messages.membership import add_member
from messages.models import Chat, Membership
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_owner_sees_who_is_there(ann: User, bob: User, chat: Chat) -> None:
    first, second = Caller(ann).get(chat_path(chat, "members/")).json()["members"]
    joined = Membership.objects.get(user=ann).joined_at
    assert first == {
        "user": {"id": ann.pk, "name": "ann"},
        "role": "owner",
        "readSeq": 0,
        "joinedAt": joined,
        "muted": False,
        "mutedUntil": None,
    }
    assert (second["user"]["name"], second["role"]) == ("bob", "member")


def test_many_members_take_as_many_queries_as_few(
    ann: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        user = User.objects.create(username=f"user{number}")
        add_member(actor_of(ann), chat.pk, user.pk)
    caller = Caller(ann)
    with django_assert_num_queries(4):  # session, user, access, members
        assert len(caller.get(chat_path(chat, "members/")).json()["members"]) == 22


def test_who_is_let_in_reads_along_and_who_is_taken_out_does_not(
    ann: User, eve: User, chat: Chat
) -> None:
    owner, member = Caller(ann), f"members/{eve.pk}/"
    added = owner.post(chat_path(chat, "members/"), {"userId": eve.pk})
    assert added.status_code == 201
    assert added.json()["user"] == {"id": eve.pk, "name": "eve"}
    again = owner.post(chat_path(chat, "members/"), {"userId": eve.pk, "role": "owner"})
    assert (again.status_code, again.json()) == (200, added.json())
    assert Caller(eve).get(chat_path(chat, "messages/")).status_code == 200
    assert owner.delete(chat_path(chat, member)).status_code == 204
    assert refused(Caller(eve).get(chat_path(chat, "messages/"))) == (404, "notFound")
    assert refused(owner.delete(chat_path(chat, member))) == (404, "notFound")


def test_a_member_leaves_but_takes_nobody_else_out(ann: User, bob: User, chat: Chat) -> None:
    caller = Caller(bob)
    assert refused(caller.delete(chat_path(chat, f"members/{ann.pk}/"))) == (403, "forbidden")
    assert caller.delete(chat_path(chat, f"members/{bob.pk}/")).status_code == 204
    assert caller.get(chat_path(chat)).status_code == 404


def test_a_chat_keeps_an_owner(ann: User, bob: User, chat: Chat) -> None:
    owner = Caller(ann)
    own, other = (chat_path(chat, f"members/{user.pk}/") for user in (ann, bob))
    assert refused(owner.delete(own)) == (409, "conflict")
    assert refused(owner.patch(own, {"role": "member"})) == (409, "conflict")
    assert owner.patch(other, {"role": "owner"}).json()["role"] == "owner"
    assert owner.patch(own, {"role": "member"}).json()["role"] == "member"
    assert refused(owner.patch(own, {"role": "owner"})) == (403, "forbidden")


@pytest.mark.parametrize("user_id", [None, 0, -1, "1", 1.5, True, [], {}, 2**31, 2**63 - 1, 2**63])
def test_only_a_user_is_let_in(user_id: object, ann: User, chat: Chat) -> None:
    answer = Caller(ann).post(chat_path(chat, "members/"), {"userId": user_id})
    assert refused(answer) == (400, "badRequest")


@pytest.mark.parametrize("role", ["king", "", None, 1, [], {}])
def test_a_role_is_owner_or_member(role: object, ann: User, bob: User, chat: Chat) -> None:
    caller = Caller(ann)
    for answer in (
        caller.patch(chat_path(chat, f"members/{bob.pk}/"), {"role": role}),
        caller.post(chat_path(chat, "members/"), {"userId": bob.pk, "role": role}),
    ):
        assert refused(answer) == (400, "badRequest")
        assert error_of(answer)["details"] == {"field": "role"}


def test_what_nobody_asks_for_is_ignored_as_everywhere(ann: User, bob: User, chat: Chat) -> None:
    owner, path = Caller(ann), chat_path(chat, f"members/{bob.pk}/")
    answer = owner.patch(path, {"role": "owner", "readSeq": 7})
    assert (answer.status_code, answer.json()["role"]) == (200, "owner")
    assert answer.json()["readSeq"] < 7
    assert refused(owner.patch(path, {"readSeq": 7})) == (400, "badRequest")


def test_no_time_alone_neither_mutes_nor_unmutes(ann: User, bob: User, chat: Chat) -> None:
    owner, path = Caller(ann), chat_path(chat, f"members/{bob.pk}/")
    for muted in (False, True):
        Membership.objects.filter(user=bob).update(muted=muted)
        assert refused(owner.patch(path, {"mutedUntil": None})) == (400, "badRequest")
        changed = owner.patch(path, {"mutedUntil": None, "role": "member"}).json()
        assert changed["muted"] is muted


def test_an_owner_mutes_for_a_while_or_until_it_is_lifted(ann: User, bob: User, chat: Chat) -> None:
    owner, path = Caller(ann), chat_path(chat, f"members/{bob.pk}/")
    until = now_ms() + 600_000
    muted = owner.patch(path, {"mutedUntil": until}).json()
    assert (muted["muted"], muted["mutedUntil"], muted["role"]) == (True, until, "member")
    refusal = Caller(bob).post(chat_path(chat, "messages/"), draft())
    assert refused(refusal) == (403, "muted")
    assert error_of(refusal)["details"] == {"until": until}
    assert owner.patch(path, {"muted": True, "mutedUntil": None}).json()["mutedUntil"] is None
    assert owner.patch(path, {"muted": False, "role": "owner"}).json()["role"] == "owner"
    assert Caller(bob).post(chat_path(chat, "messages/"), draft()).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"muted": None},
        {"muted": "yes"},
        {"mutedUntil": 1},
        {"mutedUntil": "soon"},
        {"mutedUntil": 0},
        {"muted": False, "mutedUntil": 2**62},
        {},
    ],
    ids=str,
)
def test_a_mute_says_how_long(body: dict[str, object], ann: User, bob: User, chat: Chat) -> None:
    answer = Caller(ann).patch(chat_path(chat, f"members/{bob.pk}/"), body)
    assert refused(answer) == (400, "badRequest")


def test_members_and_outsiders_mute_nobody(ann: User, bob: User, eve: User, chat: Chat) -> None:
    path = chat_path(chat, f"members/{ann.pk}/")
    assert refused(Caller(bob).patch(path, {"muted": True})) == (403, "forbidden")
    assert refused(Caller(eve).patch(path, {"muted": True})) == (404, "notFound")
    assert not Membership.objects.filter(muted=True).exists()


def test_a_member_is_named_by_a_number(ann: User, chat: Chat) -> None:
    caller = Caller(ann)
    for bad in ("x", "0", "-1", "1.0", "%00", "٣", "9" * 30, "+1", "1e3"):
        answer = caller.delete(chat_path(chat, f"members/{bad}/"))
        assert refused(answer) == (400, "badRequest"), bad
    for missing in ("999999", str(2**31), str(2**63 - 1)):
        answer = caller.patch(chat_path(chat, f"members/{missing}/"), {"role": "member"})
        assert refused(answer) == (404, "notFound"), missing
