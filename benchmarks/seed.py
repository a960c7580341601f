"""People with sessions, and chats with members, in bulk: run beside a server, in its environment.

`python -m benchmarks.seed` reads `{"people": n, "chats": [[person, …], …]}` (numbers from 0) and
prints `{"sessions": [key, …], "chats": [chatId, …]}`. Nobody has a password; the sessions are as
a sign-in leaves them.
"""

import datetime
import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402  (models need django.setup)
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.crypto import get_random_string  # noqa: E402

from messages.clock import now_ms  # noqa: E402
from messages.identity import new_chat_id  # noqa: E402
from messages.models import Chat, Membership, Role  # noqa: E402

BATCH = 500


def sign_up(count: int) -> list[User]:
    tag = get_random_string(8)
    people = [User(username=f"{tag}-{number:06d}", password="!") for number in range(count)]
    return User.objects.bulk_create(people, BATCH)


def sign_in(people: list[User]) -> list[str]:
    expire = timezone.now() + datetime.timedelta(days=1)
    store = SessionStore()
    sessions = [
        Session(
            session_key=get_random_string(32, "abcdefghijklmnopqrstuvwxyz0123456789"),
            session_data=store.encode(
                {
                    SESSION_KEY: str(person.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: person.get_session_auth_hash(),
                }
            ),
            expire_date=expire,
        )
        for person in people
    ]
    Session.objects.bulk_create(sessions, BATCH)
    return [str(session.session_key) for session in sessions]


def open_chats(people: list[User], chats: list[list[int]]) -> list[str]:
    """The first person of each chat owns it."""
    now = now_ms()
    rows = [
        Chat(chat_id=new_chat_id(), title=f"Benchmark {n}", created_at=now, last_at=now)
        for n, _ in enumerate(chats)
    ]
    Chat.objects.bulk_create(rows, BATCH)
    memberships = (
        Membership(
            chat=row,
            user=people[person],
            role=Role.MEMBER if place else Role.OWNER,
            joined_at=now,
        )
        for row, members in zip(rows, chats, strict=True)
        for place, person in enumerate(members)
    )
    Membership.objects.bulk_create(memberships, BATCH)
    return [row.chat_id for row in rows]


if __name__ == "__main__":
    plan = json.load(sys.stdin)
    with transaction.atomic():
        people = sign_up(plan["people"])
        made = {"sessions": sign_in(people), "chats": open_chats(people, plan["chats"])}
    json.dump(made, sys.stdout)
