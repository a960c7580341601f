"""The limit on sends: exact, fixed windows, paid for by what is accepted alone."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from pytest_django import Settings

from messages import counts
from messages.acceptance import Accepted, accept_all
from messages.access import actor_of
from messages.chats import create_chat, set_frozen
from messages.errors import RateLimited
from messages.message_id_generator import new_message_id
from messages.models import Chat
from messages.ratelimit import Budget, Sender, SendLimit, send_limit
from tests.domain.counting import admitted, forget_counts
from tests.domain.talk import accept, draft, log_of, say
from tests.shapes.environment import development
from tests.shapes.server import ROOT

ANN = Sender(1, "a")


@pytest.fixture(autouse=True)
def _three_a_day(settings: Settings) -> Iterator[None]:
    """A window in which no test is split; nobody has sent before."""
    settings.RATE_LIMIT_SEND = "3/d"
    forget_counts()
    yield
    forget_counts()


@pytest.fixture
def limit() -> SendLimit:
    return SendLimit()


def remaining(answers: list[Budget | RateLimited | None]) -> list[int | str]:
    return [answer.remaining if isinstance(answer, Budget) else "no" for answer in answers]


def test_what_is_left_goes_down_to_nothing(limit: SendLimit) -> None:
    assert remaining([limit.take([ANN])[0] for _ in range(5)]) == [2, 1, 0, "no", "no"]


def test_many_at_once_are_counted_one_by_one(limit: SendLimit) -> None:
    senders = [Sender(*who) for who in (ANN, (2, "a"), ANN, (1, "b"), ANN, ANN, (2, "a"))]
    assert remaining(limit.take(senders)) == [2, 2, 1, 2, 0, "no", 1]
    assert limit.take([]) == []


def test_looking_costs_nothing(limit: SendLimit) -> None:
    assert remaining([limit.look(*ANN[:2]) for _ in range(2)]) == [3, 3]
    limit.take([ANN] * 2)
    assert remaining([limit.look(*ANN[:2]) for _ in range(2)]) == [1, 1]
    limit.take([ANN] * 2)
    assert remaining([limit.look(*ANN[:2])]) == [0]


def test_a_refusal_says_when_to_come_back(limit: SendLimit) -> None:
    refusal = limit.take([ANN] * 4)[3]
    assert isinstance(refusal, RateLimited)
    wire = refusal.as_dict()
    assert (wire["code"], wire["retryable"]) == ("rateLimited", True)
    assert wire["details"] == {"scope": "chat"}
    assert 0 < wire["retryAfterMs"] <= 86_400_000


@pytest.mark.parametrize("since_window", [0.0, 3.25, 9.999])
def test_a_new_window_begins_when_it_was_said(
    since_window: float, limit: SendLimit, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_SEND = "3/10s"
    start = time.time()
    monkeypatch.setattr(time, "time", lambda: start + since_window)
    refusal = limit.take([ANN] * 4)[3]
    assert isinstance(refusal, RateLimited)
    wait = refusal.as_dict()["retryAfterMs"]
    assert 0 < wait <= 10_000
    for ms, expected in ((wait - 2, ["no"]), (wait + 1, [2])):
        monkeypatch.setattr(time, "time", lambda ms=ms: start + since_window + ms / 1000)
        assert remaining(limit.take([ANN])) == expected


def test_no_limit_is_no_budget(limit: SendLimit, settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"
    assert limit.take([ANN] * 5) == [None] * 5
    assert limit.look(*ANN[:2]) is None


def test_a_change_of_the_limit_begins_anew(limit: SendLimit, settings: Settings) -> None:
    limit.take([ANN] * 4)
    settings.RATE_LIMIT_SEND = "5/d"
    assert remaining(limit.take([ANN])) == [4]


# One person against their own limit, and a crowd against the chat's, whose own would allow more.
EXACTLY_FIFTY = {
    "alone": {"RATE_LIMIT_SEND": "50/d", "RATE_LIMIT_CHAT": "0"},
    "crowd": {"RATE_LIMIT_SEND": "20/d", "RATE_LIMIT_CHAT": "50/d"},
}


@pytest.mark.parametrize("who", EXACTLY_FIFTY)
def test_sixteen_threads_get_exactly_what_there_is(who: str, settings: Settings) -> None:
    for name, rate in EXACTLY_FIFTY[who].items():
        setattr(settings, name, rate)
    assert admitted(crowd=who == "crowd") == 50


@pytest.mark.skipif(os.environ["SHAPE"] != "scaled", reason="one process when embedded")
@pytest.mark.parametrize("who", EXACTLY_FIFTY)
def test_two_processes_get_exactly_what_there_is(who: str, settings: Settings) -> None:
    values = {"REDIS_URL": settings.REDIS_URL, **EXACTLY_FIFTY[who]}
    counters = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.domain.counting", who],
            cwd=ROOT,
            env=development(values),
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [counter.communicate(timeout=60)[0] for counter in counters]
    assert sum(int(answer) for answer in answers) == 50


def test_without_counters_sending_stays_open_and_nobody_waits_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, tries = 0.0, []
    limit = SendLimit(clock=lambda: now)

    def out_of_reach(*_: object) -> None:
        tries.append(now)
        raise ConnectionError("no counters here")

    with monkeypatch.context() as broken:
        broken.setattr(counts, "take", out_of_reach)
        broken.setattr(counts, "read", out_of_reach)
        for moment in (0.0, 1.0, 4.9, 5.1, 6.0):
            now = moment
            assert limit.take([ANN] * 9) == [None] * 9
            assert limit.look(*ANN[:2]) is None
    assert tries == [0.0, 5.1]
    now = 10.2
    assert remaining(limit.take([ANN])) == [2]


@pytest.mark.django_db
def test_accepted_sends_cost_one_whatever_their_type(ann: User, chat: Chat) -> None:
    said, asked = accept(ann, chat), accept(ann, chat, type="ai")
    budgets = [accepted.budget for accepted in (said, asked)]
    assert remaining([*budgets]) == [2, 1]
    assert asked.budget
    assert asked.as_dict()["budget"] == asked.budget.as_dict()
    assert asked.budget.as_dict().keys() == {"remaining", "resetMs"}


@pytest.mark.django_db
def test_past_the_limit_nothing_is_stored(ann: User, bob: User, chat: Chat) -> None:
    outcomes = accept_all([draft(ann, chat, str(number)) for number in range(5)])
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [True] * 3 + [False] * 2
    assert [type(outcome) for outcome in outcomes[3:]] == [RateLimited] * 2
    assert len(log_of(chat)) == 2 + 3
    assert say(bob, chat)["seq"] == 6
    assert say(ann, create_chat(actor_of(ann), "Other"))


@pytest.mark.django_db
def test_refused_sends_cost_nothing(ann: User, chat: Chat) -> None:
    accept_all(
        [
            draft(ann, chat, type="system"),
            draft(ann, chat, replyTo=new_message_id()),
            draft(ann, "nowhere"),
        ]
    )
    set_frozen(actor_of(ann), chat.chat_id, frozen=True)
    accept_all([draft(ann, chat)])
    assert remaining([send_limit.look(ann.pk, chat.chat_id)]) == [3]


@pytest.mark.django_db
def test_repeats_cost_nothing_and_conflicts_neither(ann: User, chat: Chat) -> None:
    first = accept_all([draft(ann, chat, clientMessageId="x") for _ in range(4)])
    again = accept_all([draft(ann, chat, words, clientMessageId="x") for words in ("Hello", "No")])
    budgets = [o.budget for o in (*first, again[0]) if isinstance(o, Accepted)]
    assert remaining([*budgets]) == [2] * 5


@pytest.mark.django_db
def test_a_repeat_is_answered_past_the_limit(ann: User, chat: Chat) -> None:
    message = say(ann, chat, clientMessageId="x")
    accept_all([draft(ann, chat) for _ in range(5)])
    again = accept(ann, chat, clientMessageId="x")
    assert (again.duplicate, again.message) == (True, message)


@pytest.mark.django_db
def test_a_send_refused_by_the_limit_leaves_its_id_free(
    ann: User, chat: Chat, settings: Settings
) -> None:
    same = draft(ann, chat)
    outcomes = accept_all([*(draft(ann, chat) for _ in range(3)), same, same])
    assert [type(outcome) for outcome in outcomes[3:]] == [RateLimited] * 2
    settings.RATE_LIMIT_SEND = "0"
    (later,) = accept_all([same])
    assert isinstance(later, Accepted)
    assert not later.duplicate


@pytest.mark.django_db
def test_what_could_not_be_stored_costs_nothing(ann: User, bob: User, chat: Chat) -> None:
    say(ann, chat)
    poisoned = replace(draft(ann, chat), html=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        accept_all([draft(ann, chat), draft(bob, chat), poisoned, *[draft(ann, chat)] * 3])
    left = [send_limit.look(user.pk, chat.chat_id) for user in (ann, bob)]
    assert remaining([*left]) == [2, 3]
