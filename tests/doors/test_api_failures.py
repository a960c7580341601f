"""What the HTTP door says when the fault is ours."""

import logging

import pytest
from django.contrib.auth.models import User
from django.db import InterfaceError, OperationalError

from messages import history, moderation
from messages.errors import Internal, Unavailable
from messages.models import Chat
from messages.writer import writer
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


def _raising(error: Exception) -> object:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [RuntimeError("secret"), AttributeError("secret"), Internal()])
def test_a_mistake_of_ours_is_logged_under_the_number_that_is_answered(
    error: Exception,
    ann: User,
    chat: Chat,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(history, "newest", _raising(error))
    with caplog.at_level(logging.ERROR, "messages.api.errors"):
        answer = Caller(ann).get(chat_path(chat, "messages/"))
    assert refused(answer) == (500, "internal")
    assert b"secret" not in answer.content
    (record,) = (r for r in caplog.records if r.name == "messages.api.errors")
    assert error_of(answer)["details"]["traceId"] in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[1] is error


def test_a_mistake_in_the_writing_thread_is_answered_the_same_way(
    ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moderation, "change_chat", _raising(RuntimeError("secret")))
    answer = Caller(ann).patch(chat_path(chat), {"title": "x"})
    assert refused(answer) == (500, "internal")
    assert len(error_of(answer)["details"]["traceId"]) == 16


@pytest.mark.parametrize("error", [OperationalError("down"), InterfaceError("down")])
def test_a_database_that_is_away_is_worth_another_try(
    error: Exception, ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "newest", _raising(error))
    answer = Caller(ann).get(chat_path(chat, "messages/"))
    assert refused(answer) == (503, "unavailable")
    assert error_of(answer)["retryable"] is True


def test_a_writer_with_too_much_to_do_says_when_to_come_back(
    ann: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "accept", _raising(Unavailable(retry_after_ms=1001)))
    answer = Caller(ann).post(chat_path(chat, "messages/"), draft())
    assert refused(answer) == (503, "unavailable")
    assert answer["Retry-After"] == "2"
