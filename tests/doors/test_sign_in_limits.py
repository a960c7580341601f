"""Guessing passwords: limited for each name and each address, at every door, before the password
is looked at; written down; and closed while nobody can count."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from messages import counts, ratelimit
from messages.windows import Counters
from tests.doors.calling import API, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/accounts/login/"


def guess(name: str, password: str = "wrong", *, address: str = "192.0.2.1") -> Any:
    body = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post(
        f"{API}auth/token/", body, content_type="application/json"
    )


def test_a_name_is_guessed_at_so_often_from_anywhere(
    ann: User, bob: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_SIGN_IN_NAME = "3/d"
    for number, name in enumerate(("ann", "ANN", "ａｎｎ")):
        assert guess(name, address=f"192.0.2.{number}").status_code == 401
    late = guess("ann", "demo", address="192.0.2.9")
    assert refused(late) == (429, "rateLimited")
    assert error_of(late)["details"] == {"scope": "signInsOfName"}
    assert (late["RateLimit-Limit"], late["RateLimit-Remaining"]) == ("3", "0")
    assert int(late["Retry-After"]) > 0
    assert guess("bob", "demo").status_code == 201


def test_an_address_guesses_so_often_at_all_names(ann: User, settings: Settings) -> None:
    settings.RATE_LIMIT_SIGN_IN_ADDRESS = "3/d"
    for number in range(3):
        # Whoever has one address of a network has them all.
        assert guess(f"n{number}", address=f"2001:db8::{number}").status_code == 401
    assert refused(guess("ann", "demo", address="2001:db8::9")) == (429, "rateLimited")
    assert guess("ann", "demo", address="2001:db8:0:1::").status_code == 201


def test_signing_in_costs_nothing(ann: User, settings: Settings) -> None:
    settings.RATE_LIMIT_SIGN_IN_NAME = settings.RATE_LIMIT_SIGN_IN_ADDRESS = "1/d"
    assert [guess("ann", "demo").status_code for _ in range(3)] == [201] * 3


def test_many_guesses_at_once_are_no_more_than_one_after_the_other(
    ann: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_SIGN_IN_NAME = "3/d"

    def try_once(number: int) -> int:
        try:
            return guess("ann", address=f"192.0.2.{number}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(try_once, range(16)))
    assert (found.count(401), found.count(429)) == (3, 13)


@pytest.mark.parametrize("field", [PAGE, "/admin/login/"])
def test_the_page_says_so_too(field: str, ann: User, client: Client, settings: Settings) -> None:
    settings.RATE_LIMIT_SIGN_IN_NAME = "1/d"
    form = {"username": "ann", "password": "wrong"}
    answers = [client.post(field, form, follow=True) for _ in range(3)]
    if field == PAGE:
        assert [answer.status_code for answer in answers] == [200, 429, 429]
        assert "Too many attempts" in answers[-1].content.decode()
        assert int(answers[-1]["Retry-After"]) > 0
    else:  # the admin has no form of its own
        assert answers[0].redirect_chain == [(f"{PAGE}?next=/admin/", 302)]


def test_without_counters_nobody_signs_in(
    ann: User, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_reach(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(counts, "take", out_of_reach)
    for limit in (ratelimit.sign_ins_of_name, ratelimit.sign_ins_from_address):
        monkeypatch.setattr(limit, "_counters", Counters())
    assert refused(guess("ann", "demo")) == (503, "unavailable")
    assert client.post(PAGE, {"username": "ann", "password": "demo"}).status_code == 503


def test_what_failed_is_written_down_and_locks_the_name_for_the_address(
    ann: User, settings: Settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(2):
        assert guess("ann", "not-my-secret").status_code == 401
    locked = guess("ann", "demo")
    assert error_of(locked)["details"] == {"scope": "signIns"}
    assert int(locked["Retry-After"]) == 15 * 60
    assert guess("ann", "demo", address="192.0.2.2").status_code == 201
    (row,) = AccessAttempt.objects.values()
    assert (row["username"], row["ip_address"], row["failures_since_start"]) == (
        *("ann", "192.0.2.1", 2),
    )
    assert "not-my-secret" not in str(row)


def test_who_may_not_enter_the_admin_is_told_so_and_not_sent_in_circles(
    ann: User, mod: User, client: Client
) -> None:
    client.force_login(ann)
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(mod)
    assert client.get("/admin/login/?next=/admin/").url == "/admin/"
    assert client.get("/admin/login/?next=https://evil.example/").url == "/admin/"
