"""Many writers at once: 16 threads in each of two processes, random rollbacks, one chat."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import chain

import pytest
from django.contrib.auth.models import User
from django.db import connection

from messages.log import LoggedEvent, events_since
from messages.models import Chat, Message
from tests.domain.crowd import SHARED, Sent
from tests.shapes.environment import UNLIMITED, development
from tests.shapes.server import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


def database_url() -> str:
    """The test's own database, for another process."""
    db = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{db['NAME']}"
    return f"postgres://{db['USER']}:{db['PASSWORD']}@{db['HOST']}:{db['PORT']}/{db['NAME']}"


@pytest.fixture
def crowds(ann: User, bob: User, chat: Chat) -> Iterator[list[subprocess.Popen[str]]]:
    """Two of them, at work in the chat; none outlives the test."""
    started = [start_crowd(chat, name) for name in ("one", "two")]
    yield started
    for crowd in started:
        crowd.kill()
        crowd.communicate()


def start_crowd(chat: Chat, name: str) -> subprocess.Popen[str]:
    redis_url = os.environ.get("REDIS_URL", "")
    values = {
        "DATABASE_URL": database_url(),
        "REDIS_URL": redis_url,
        "RATE_LIMIT_SEND": "0",
        **UNLIMITED,
    }
    return subprocess.Popen(
        [sys.executable, "-m", "tests.domain.crowd", chat.chat_id, name],
        cwd=ROOT,
        env=development(values),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def watch(chat: Chat, crowds: list[subprocess.Popen[str]]) -> list[LoggedEvent]:
    """The log as somebody sees it who reads on and on while it is written."""
    seen: list[LoggedEvent] = []
    ended, deadline = False, time.monotonic() + 240
    while not ended:
        assert time.monotonic() < deadline
        ended = all(crowd.poll() is not None for crowd in crowds)
        seen += events_since(chat.chat_id, chat.epoch, len(seen), limit=10_000)
        assert [event.seq for event in seen[-500:]] == list(
            range(max(1, len(seen) - 499), len(seen) + 1)
        ), "a number was read before a lower one"
        time.sleep(0.002)
    return seen


def test_numbers_are_the_order_of_commits_without_hole_or_repeat(
    crowds: list[subprocess.Popen[str]], chat: Chat
) -> None:
    seen = watch(chat, crowds)
    threads = list(chain.from_iterable(answer_of(crowd) for crowd in crowds))

    contents = [event.message["content"] for event in seen if event.message]
    stored = list(chain.from_iterable(thread["stored"] for thread in threads))
    assert sorted(contents) == sorted([*stored, *(f"shared {n}" for n in range(SHARED))])
    assert len({message_id for thread in threads for message_id in thread["shared"]}) == SHARED
    assert any(thread["undone"] for thread in threads)
    chat.refresh_from_db()
    assert chat.last_seq == len(seen) == 2 + Message.objects.count()


def answer_of(crowd: subprocess.Popen[str]) -> list[Sent]:
    answer, errors = crowd.communicate(timeout=60)
    assert (crowd.returncode, errors) == (0, "")
    return json.loads(answer)
