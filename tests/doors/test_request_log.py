"""What the log says of an HTTP request: nothing where all went well, and never its query."""

import logging
from typing import Any

import pytest
from django.contrib.auth.models import User
from knox.models import AuthToken

from messages import history
from messages.models import Chat
from tests.doors.browsing import sign_in
from tests.doors.calling import Caller, chat_path

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "abc123"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The lines about requests."""
    return [r.msg for r in caplog.records if r.name.startswith("django_structlog")]


def test_a_request_that_goes_well_has_no_line(
    ann: User, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        assert Caller(ann).get(chat_path(chat, "messages/")).status_code == 200
        assert sign_in(ann).get("/").status_code == 200
    assert lines(caplog) == []


def test_a_refused_request_is_told_of_with_who_and_without_its_query(
    eve: User, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    _, token = AuthToken.objects.create(eve)
    path = f"{chat_path(chat)}?token={SECRET}"
    Caller(token=token).get(path)
    Caller(eve).get(path)
    Caller().get(path)
    by_token, by_cookie, nobody = lines(caplog)
    assert (by_token["code"], by_token["user_id"]) == (404, eve.pk)
    assert (by_cookie["code"], by_cookie["user_id"]) == (404, eve.pk)
    assert nobody["code"] == 401
    assert "user_id" not in nobody
    assert len({line["request_id"] for line in (by_token, by_cookie, nobody)}) == 3
    assert SECRET not in str(lines(caplog))


def test_a_failure_is_told_of_under_the_number_of_its_request(
    ann: User, chat: Chat, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(history, "newest", fail)
    with caplog.at_level(logging.ERROR):
        Caller(ann).get(chat_path(chat, "messages/"))
    (line,) = lines(caplog)
    assert (line["code"], line["level"]) == (500, "error")
