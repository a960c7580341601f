"""Who somebody is at the HTTP door: sessions with their CSRF token, API tokens, and making them."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from messages.models import Chat
from tests.doors.calling import API, Caller, chat_path, draft, refused

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "auth/token/"


def _token_of(user: User) -> str:
    _, token = AuthToken.objects.create(user=user)
    return str(token)


def test_a_password_gets_a_token_that_works_until_it_is_revoked(ann: User, chat: Chat) -> None:
    made = Caller(csrf=True).post(TOKEN, {"username": "ann", "password": "demo"})
    assert made.status_code == 201
    assert made.json()["user"] == {"id": ann.pk, "name": "ann"}
    assert made["Cache-Control"] == "no-store"
    token = made.json()["token"]
    caller = Caller(token=token, csrf=True)
    assert caller.get(chat_path(chat)).status_code == 200
    assert caller.post(chat_path(chat, "messages/"), draft()).status_code == 201
    assert caller.delete(TOKEN).status_code == 204
    assert refused(caller.get(chat_path(chat))) == (401, "unauthenticated")
    assert refused(caller.delete(TOKEN)) == (401, "unauthenticated")


def test_revoking_a_token_leaves_the_others(ann: User) -> None:
    one, other = _token_of(ann), _token_of(ann)
    Caller(token=one).delete(TOKEN)
    assert Caller(token=other).get("chats/").status_code == 200


def test_the_token_itself_is_nowhere_in_the_database(ann: User) -> None:
    token = Caller().post(TOKEN, {"username": "ann", "password": "demo"}).json()["token"]
    (row,) = AuthToken.objects.values_list("digest", "token_key")
    assert token not in row


@pytest.mark.parametrize(
    "body, status",
    [
        ({"username": "ann", "password": "wrong"}, 401),
        ({"username": "nobody", "password": "demo"}, 401),
        ({"username": "ann", "password": ""}, 401),
        ({"username": "ann"}, 400),
        ({"password": "demo"}, 400),
        ({"username": ["ann"], "password": "demo"}, 400),
        ({"username": "ann", "password": None}, 400),
        ({"username": "x" * 100_000, "password": "y" * 100_000}, 401),
        ({}, 401),
    ],
)
def test_without_the_right_password_there_is_no_token(
    body: dict[str, object], status: int, ann: User
) -> None:
    response = Caller().post(TOKEN, body)
    assert response.status_code == status
    assert response.get("WWW-Authenticate") == ("Bearer" if status == 401 else None)
    assert not AuthToken.objects.exists()


def test_an_inactive_user_gets_no_token_and_theirs_do_not_work(ann: User) -> None:
    token = _token_of(ann)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert refused(Caller(token=token).get("chats/")) == (401, "unauthenticated")
    body = {"username": "ann", "password": "demo"}
    assert refused(Caller().post(TOKEN, body)) == (401, "unauthenticated")


def test_an_expired_token_does_not_work(ann: User) -> None:
    token = _token_of(ann)
    AuthToken.objects.update(expiry=timezone.now())
    assert refused(Caller(token=token).get("chats/")) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "bearer é",
        "Bearer \0",
        "Bearer a b",
        "Bearer " + "x" * 9999,
    ],
)
def test_a_bad_token_is_refused_also_beside_a_session(header: str, ann: User) -> None:
    for caller in (Caller(), Caller(ann)):
        response = caller.call("GET", "chats/", headers={"Authorization": header})
        assert refused(response) == (401, "unauthenticated")


def test_another_scheme_is_not_ours_to_judge(ann: User) -> None:
    response = Caller(ann).call("GET", "chats/", headers={"Authorization": "Basic YTpi"})
    assert response.status_code == 200


def test_a_session_needs_its_csrf_token_for_whatever_is_unsafe(ann: User, chat: Chat) -> None:
    caller = Caller(ann, csrf=True)
    assert caller.get(chat_path(chat)).status_code == 200
    for method, path in (
        ("POST", "chats/"),
        ("PATCH", chat_path(chat)),
        ("POST", chat_path(chat, "messages/")),
        ("PUT", chat_path(chat, "read/")),
        ("DELETE", chat_path(chat, f"members/{ann.pk}/")),
        ("POST", TOKEN),
    ):
        assert refused(caller.call(method, path, {})) == (403, "forbidden"), path


def test_a_session_with_its_csrf_token_writes_and_gets_a_token(ann: User, chat: Chat) -> None:
    caller = Caller(ann, csrf=True)
    caller.client.get(f"/chats/{chat.pk}/")
    headers = {"X-CSRFToken": caller.client.cookies["csrftoken"].value}
    sent = caller.call("POST", chat_path(chat, "messages/"), draft(), headers=headers)
    assert sent.status_code == 201
    made = caller.call("POST", TOKEN, headers=headers)
    assert made.status_code == 201
    assert Caller(token=made.json()["token"]).get("chats/").status_code == 200


def test_a_token_does_not_beget_tokens(ann: User) -> None:
    assert refused(Caller(token=_token_of(ann)).post(TOKEN)) == (403, "forbidden")


def test_a_session_is_no_token_to_revoke(ann: User) -> None:
    assert refused(Caller(ann).delete(TOKEN)) == (401, "unauthenticated")


def test_a_form_from_another_site_is_refused_and_not_read(ann: User, chat: Chat) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    for form in (
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/plain",
    ):
        answer = client.generic("POST", API + "chats/", b"title=Mine", content_type=form)
        assert answer.status_code in (400, 403), form
        assert answer.json()["error"]["code"] in ("badRequest", "forbidden")
