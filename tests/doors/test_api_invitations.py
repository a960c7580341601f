"""Invitations over HTTP: made, listed, followed, taken back."""

import pytest
from django.contrib.auth.models import User

from messages.clock import now_ms
from messages.invitations import DAY_MS
from messages.models import Chat, Invitation
from tests.doors.calling import Caller, chat_path, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_invitation_from_end_to_end(ann: User, eve: User, chat: Chat) -> None:
    owner, guest = Caller(ann), Caller(eve)
    answer = owner.post(chat_path(chat, "invitations/"), {"maxUses": 1})
    assert answer.status_code == 201
    made = answer.json()
    assert made["url"] == f"http://testserver/invitations/{made['token']}/"
    assert (made["maxUses"], made["uses"], made["createdBy"]["name"]) == (1, 0, "ann")
    assert 6 * DAY_MS < made["expiresAt"] - now_ms() <= 7 * DAY_MS
    assert owner.get(chat_path(chat, "invitations/")).json() == {"invitations": [made]}
    door = f"invitations/{made['token']}/"
    assert guest.get(door).json() == {"title": "Lunch", "chatId": None}
    joined = guest.post(door)
    assert (joined.status_code, joined.json()["role"]) == (201, "member")
    assert guest.post(door).status_code == 200
    assert guest.get(door).json() == {"title": "Lunch", "chatId": chat.pk}
    # Used up, it is no longer listed.
    assert owner.get(chat_path(chat, "invitations/")).json() == {"invitations": []}


def test_one_that_is_taken_back_lets_nobody_in(ann: User, eve: User, chat: Chat) -> None:
    owner, guest = Caller(ann), Caller(eve)
    made = owner.post(chat_path(chat, "invitations/"), {}).json()
    path = chat_path(chat, f"invitations/{made['invitationId']}/")
    assert owner.delete(path).status_code == 204
    assert owner.delete(path).status_code == 204
    assert refused(guest.post(f"invitations/{made['token']}/")) == (404, "notFound")


def test_an_invitation_belongs_to_its_chat(ann: User, eve: User, chat: Chat) -> None:
    made = Caller(ann).post(chat_path(chat, "invitations/"), {}).json()
    caller = Caller(eve)
    mine = caller.post("chats/", {"title": "Mine"}).json()["chatId"]
    path = f"chats/{mine}/invitations/{made['invitationId']}/"
    assert refused(caller.delete(path)) == (404, "notFound")
    assert Invitation.objects.get().revoked_at is None


@pytest.mark.parametrize(
    "field, value",
    [
        ("expiresAt", 0),
        ("expiresAt", 1),
        ("expiresAt", "soon"),
        ("expiresAt", True),
        ("maxUses", 0),
        ("maxUses", 10_001),
        ("maxUses", 1.5),
    ],
)
def test_limits_that_are_none_are_named(field: str, value: object, ann: User, chat: Chat) -> None:
    answer = Caller(ann).post(chat_path(chat, "invitations/"), {field: value})
    assert answer.status_code == 400
    assert error_of(answer)["details"] == {"field": field}


def test_the_setting_of_what_newcomers_read(ann: User, chat: Chat) -> None:
    caller = Caller(ann)
    answer = caller.patch(chat_path(chat), {"history": "sinceJoining"})
    assert (answer.status_code, answer.json()["history"]) == (200, "sinceJoining")
    for value in ("none", None, 1):
        refusal = caller.patch(chat_path(chat), {"history": value})
        assert error_of(refusal)["details"] == {"field": "history"}
