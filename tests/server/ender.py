"""Ends sign-ins beside the servers, as a command does: nobody is told, the database alone knows.

`python -m tests.server.ender` reads one JSON object a line and answers each with one.
`{"do": "people", "count": n}` makes people with a token and a session each, all in the chat;
`{"do": <how>, "id": …, "token": …, "session": …}` ends what one of them signed in with, and answers
with the number of the last event before that in the chat's log; `{"do": "head"}` ends nothing.
"""

import json
import sys
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402  (models need django.setup)
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.db import transaction  # noqa: E402
from knox.crypto import hash_token  # noqa: E402
from knox.models import AuthToken  # noqa: E402

from messages import log, membership  # noqa: E402
from messages.access import actor_of  # noqa: E402
from messages.clock import now_ms  # noqa: E402
from messages.models import Membership, Role  # noqa: E402
from tests.server.cast import CHAT  # noqa: E402

Line = dict[str, Any]


@transaction.atomic
def people(line: Line) -> Line:
    first = User.objects.count()
    made = [
        User.objects.create(username=f"victim-{number}", password="!")
        for number in range(first, first + line["count"])
    ]
    rows = [Membership(chat_id=CHAT, user=u, role=Role.MEMBER, joined_at=now_ms()) for u in made]
    Membership.objects.bulk_create(rows)
    return {"people": [[u.pk, AuthToken.objects.create(u)[1], _session_of(u)] for u in made]}


def _session_of(user: User) -> str:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return str(store.session_key)


def change(user_id: int, **fields: Any) -> None:
    user = User.objects.get(pk=user_id)
    for name, value in fields.items():
        setattr(user, name, value)
    user.save()


ENDS = {
    "account": lambda line: change(line["id"], is_active=False),
    "password": lambda line: change(line["id"], password="!!"),
    "session": lambda line: Session.objects.filter(pk=line["session"]).delete(),
    "token": lambda line: AuthToken.objects.filter(pk=hash_token(line["token"])).delete(),
    "head": lambda _: None,
}


@transaction.atomic
def end(line: Line) -> Line:
    """Under the chat's lock: what has a higher number is committed later, and nothing else."""
    head = log.lock_one(CHAT)
    ENDS[line["do"]](line)
    return {"seq": head.last_seq}


def ban(line: Line) -> Line:
    membership.ban(actor_of(User.objects.get(username="ann")), CHAT, line["id"])
    return {}


DOES = {"people": people, "ban": ban}

if __name__ == "__main__":
    for text in sys.stdin:
        line = json.loads(text)
        sys.stdout.write(json.dumps(DOES.get(line["do"], end)(line)) + "\n")
        sys.stdout.flush()
