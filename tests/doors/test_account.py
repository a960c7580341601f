"""The account page: language, password, and tokens that are shown once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from pytest_django import Settings

from messages.tokens import MAX_TOKENS
from tests.doors.browsing import sign_in, text
from tests.doors.calling import Caller, refused

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/accounts/"
NEW = "a-much-better-one-17"


def make(client: Client, name: str = "backup") -> str:
    """The token that the page shows."""
    found = re.search(r'id="new-token">([^<]+)<', text(client.post(PAGE, _create(name))))
    assert found is not None
    return found[1]


def _create(name: str) -> dict[str, str]:
    return {"act": "create", "name": name}


def test_nobody_but_oneself_has_one(client: Client) -> None:
    assert client.get(PAGE).url == f"/accounts/login/?next={PAGE}"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(ann: User, eve: User) -> None:
    page = sign_in(ann)
    token = make(page)
    assert Caller(token=token).get("chats/").status_code == 200
    again = text(page.get(PAGE))
    assert token not in again
    assert "backup" in again
    token_id = AuthToken.objects.get().digest[:16]
    sign_in(eve).post(PAGE, {"act": "revoke", "token": token_id})
    assert Caller(token=token).get("chats/").status_code == 200
    page.post(PAGE, {"act": "revoke", "token": token_id})
    assert refused(Caller(token=token).get("chats/")) == (401, "unauthenticated")


def test_a_token_ends_by_itself(ann: User) -> None:
    make(sign_in(ann))
    left = AuthToken.objects.get().expiry - timezone.now()
    assert timedelta(days=89) < left <= timedelta(days=90)


def test_the_api_names_lists_and_revokes_them(ann: User, eve: User) -> None:
    body = {"username": "ann", "password": "demo", "name": "backup"}
    made = Caller().post("auth/token/", body).json()
    caller, token_id = Caller(ann), made["tokenId"]
    (line,) = caller.get("auth/tokens/").json()["tokens"]
    assert line == {k: made[k] for k in ("tokenId", "name", "createdAt", "expiresAt")}
    assert line["name"] == "backup"
    assert Caller(eve).get("auth/tokens/").json() == {"tokens": []}
    assert refused(Caller(eve).delete(f"auth/tokens/{token_id}/")) == (404, "notFound")
    assert caller.delete(f"auth/tokens/{token_id}/").status_code == 204
    assert refused(caller.delete(f"auth/tokens/{token_id}/")) == (404, "notFound")
    for name in ("x" * 65, 7, "\0"):
        assert refused(Caller().post("auth/token/", body | {"name": name})) == (400, "badRequest")


def test_there_are_never_more_than_the_most(ann: User) -> None:
    for _ in range(MAX_TOKENS):
        AuthToken.objects.create(user=ann)
    page = sign_in(ann)
    assert "too many tokens" in text(page.post(PAGE, _create("one more")))
    AuthToken.objects.all().update(expiry=timezone.now())
    make(page)
    assert AuthToken.objects.count() == 1


def test_another_password_ends_the_other_sessions_and_the_tokens(ann: User) -> None:
    here, there = sign_in(ann), sign_in(ann)
    token = make(there)
    form = {"act": "password", "old_password": "demo", "new_password1": NEW, "new_password2": NEW}
    assert "old password" in text(here.post(PAGE, form | {"old_password": "wrong"}))
    assert there.get(PAGE).status_code == 200
    changed = here.post(PAGE, form | {"revoke_tokens": "on"}, follow=True)
    assert "Your password is changed" in text(changed)
    assert here.get(PAGE).status_code == 200
    assert there.get(PAGE).status_code == 302
    assert text(here.get(PAGE)).count('name="session"') == 1
    assert refused(Caller(token=token).get("chats/")) == (401, "unauthenticated")


def test_signing_in_begins_another_session_than_there_was(ann: User) -> None:
    browser = Client()
    before = browser.session  # made for whoever asks
    before["planted"] = True
    before.save()
    browser.post("/accounts/login/", {"username": "ann", "password": "demo"})
    assert browser.session.session_key != before.session_key
    assert not Session.objects.filter(pk=before.session_key).exists()


def test_a_session_is_listed_and_ended_by_its_owner_alone(ann: User, eve: User) -> None:
    here, there = Client(), Client(HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux) Firefox/140.0")
    for browser in (here, there):
        browser.post("/accounts/login/", {"username": "ann", "password": "demo"})
    page = text(here.get(PAGE))
    assert "Firefox, Linux" in page
    assert all(key not in page for key in Session.objects.values_list("pk", flat=True))
    (ended,) = re.findall(r'name="session" value="(\d+)">\s*<span>Firefox', page)
    for browser, which in ((sign_in(eve), ended), (here, "0"), (here, "x")):
        browser.post(PAGE, {"act": "end", "session": which})
        assert there.get(PAGE).status_code == 200
    here.post(PAGE, {"act": "end", "session": ended})
    assert (here.get(PAGE).status_code, there.get(PAGE).status_code) == (200, 302)
    assert "Firefox" not in text(here.get(PAGE))


def test_all_other_sessions_are_ended_at_once(ann: User, eve: User) -> None:
    here, eves, *others = sign_in(ann), sign_in(eve), sign_in(ann), sign_in(ann)
    assert "Sign out everywhere else" in text(here.get(PAGE))
    here.post(PAGE, {"act": "end", "session": "others"})
    assert {one.get(PAGE).status_code for one in (here, eves)} == {200}
    assert {one.get(PAGE).status_code for one in others} == {302}


def test_whoever_sits_at_an_open_browser_does_not_guess_the_password(
    ann: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_SIGN_IN_NAME = "2/d"
    browser = sign_in(ann)
    form = {"act": "password", "new_password1": NEW, "new_password2": NEW}
    for _ in range(2):
        assert "old password" in text(browser.post(PAGE, form | {"old_password": "wrong"}))
    assert "Too many attempts" in text(browser.post(PAGE, form | {"old_password": "demo"}))
    ann.refresh_from_db()
    assert ann.check_password("demo")


@pytest.mark.parametrize("weak", ["short1", "password", "1234567890"])
def test_a_weak_password_is_not_taken(weak: str, ann: User) -> None:
    form = {"act": "password", "old_password": "demo", "new_password1": weak}
    sign_in(ann).post(PAGE, form | {"new_password2": weak})
    ann.refresh_from_db()
    assert ann.check_password("demo")


def test_the_language_is_kept(ann: User) -> None:
    page = sign_in(ann)
    chosen = page.post("/accounts/language/", {"language": "pt-br", "next": PAGE})
    assert chosen.url == PAGE
    assert 'lang="pt-br"' in text(page.get(PAGE))[:120]
