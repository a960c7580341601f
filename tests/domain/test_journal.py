"""The server's log has a line for each step of the work on a message, and no word of it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from messages import jobs
from messages.jobs import MAX_ATTEMPTS
from messages.models import Chat
from tests.domain.talk import VIDEO, accept, remove, say
from tests.domain.working import PRIVATE, ask, begin, cancel, complete, due, fail, retry, take

pytestmark = pytest.mark.django_db(transaction=True)

Told = Callable[[], list[dict[str, Any]]]
WORDS = "Which cat is that?"


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Told:
    """The lines up to now."""
    caplog.set_level("INFO", "messages.work")
    return lambda: [r.msg for r in caplog.records if r.name == "messages.work"]


def states(told: Told) -> list[str]:
    return [line["state"] for line in told()]


def test_a_line_says_of_what_it_tells(told: Told, ann: User, chat: Chat) -> None:
    message = ask(ann, chat, WORDS)
    claim = take(message, now=due(message) + 30)
    complete(claim)
    received, claimed, completed = told()
    which = {"messageId": message["messageId"], "chatId": chat.chat_id, "type": "ai"}
    for line in (received, claimed, completed):
        assert which.items() <= line.items()
        assert WORDS not in str(line)
    assert (received["attempt"], received["user"], claimed["attempt"]) == (0, ann.pk, 1)
    assert (claimed["durationMs"], completed["durationMs"]) == (30, 1_840)


def test_each_step_has_its_line(told: Told, ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    jobs.release(take(message))
    for _ in range(MAX_ATTEMPTS):
        fail(begin(message))
    retry(ann, message)
    cancel(ann, message)
    retry(ann, message)
    remove(ann, message)
    once_more = ["claimed", "waiting"] * (MAX_ATTEMPTS - 1)
    assert states(told) == [
        *("received", "claimed", "givenBack", *once_more, "claimed", "error"),
        *("retried", "cancelled", "retried", "removed"),
    ]
    waiting = next(line for line in told() if line["state"] == "waiting")
    assert waiting["error"] == "upstreamUnavailable"
    assert waiting["dueInMs"] >= 750


def test_who_ended_it_is_told_and_how_long_it_took(
    told: Told, ann: User, mod: User, chat: Chat
) -> None:
    message = ask(ann, chat)
    begin(message)
    cancel(mod, message)
    line = told()[-1]
    assert (line["state"], line["attempt"], line["user"]) == ("cancelled", 1, mod.pk)
    assert line["durationMs"] >= 0


def test_an_error_is_named_by_its_code_alone(told: Told, ann: User, chat: Chat) -> None:
    message = accept(ann, chat, "", type="youtube", metadata={"url": VIDEO}).message
    fail(begin(message), PRIVATE)
    assert told()[-1]["error"] == "unsupportedVideo"
    assert PRIVATE.detail not in str(told())


def test_plain_messages_have_no_line(told: Told, ann: User, chat: Chat) -> None:
    remove(ann, say(ann, chat))
    assert told() == []


def test_what_is_rolled_back_was_never_told(told: Told, ann: User, chat: Chat) -> None:
    with transaction.atomic():
        ask(ann, chat)
        transaction.set_rollback(True)
    assert told() == []


def test_who_comes_too_late_tells_nothing(told: Told, ann: User, chat: Chat) -> None:
    message = ask(ann, chat)
    late = begin(message)
    cancel(ann, message)
    jobs.release(late)
    assert not complete(late)
    assert not fail(late)
    assert states(told) == ["received", "claimed", "cancelled"]
