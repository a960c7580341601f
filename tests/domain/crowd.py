"""A process full of writers: `python -m tests.domain.crowd CHAT_ID NAME`, for `test_crowd.py`.

Each of 16 threads writes in transactions of its own, some of which it rolls back; each sends what
the other processes send too. Prints what was acknowledged, as JSON.
"""

import json
import random
import sys
from concurrent.futures import ThreadPoolExecutor

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from django.contrib.auth.models import User
from django.db import connection, transaction

from messages.acceptance import accept_all
from messages.errors import ChatError
from tests.domain.talk import draft

THREADS = 16
ROUNDS = 8
SHARED = 5

Sent = dict[str, list[str]]


def crowd(chat_id: str, name: str) -> list[Sent]:
    """What each thread sent: `stored` and `undone` contents, `shared` messageIds."""
    users = list(User.objects.order_by("username"))
    with ThreadPoolExecutor(THREADS) as pool:
        threads = [pool.submit(_write, users, chat_id, f"{name}-{n}") for n in range(THREADS)]
        return [thread.result() for thread in threads]


def _write(users: list[User], chat_id: str, name: str) -> Sent:
    dice = random.Random(name)
    sent: Sent = {"stored": [], "undone": [], "shared": []}
    try:
        for number in range(ROUNDS):
            contents = [f"{name}-{number}-{n}" for n in range(dice.randint(1, 4))]
            kept = dice.random() < 0.7
            _send(dice.choice(users), chat_id, contents, kept=kept)
            sent["stored" if kept else "undone"] += contents
            sent["shared"].append(_share(users[0], chat_id, number % SHARED))
        return sent
    finally:
        connection.close()


def _send(user: User, chat_id: str, contents: list[str], *, kept: bool) -> None:
    with transaction.atomic():
        for outcome in accept_all([draft(user, chat_id, content) for content in contents]):
            if isinstance(outcome, ChatError):
                raise outcome
        transaction.set_rollback(not kept)


def _share(user: User, chat_id: str, number: int) -> str:
    """Send what every thread of every process sends; the messageId it was given."""
    words = f"shared {number}"
    (outcome,) = accept_all([draft(user, chat_id, words, clientMessageId=f"shared-{number}")])
    if isinstance(outcome, ChatError):
        raise outcome
    return str(outcome.message["messageId"])


if __name__ == "__main__":
    json.dump(crowd(*sys.argv[1:]), sys.stdout)
