"""Everything that is stored about one person, in parts that are read as they are written out."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import Model, QuerySet
from knox.models import AuthToken

from messages.decisions import admin_log_about, decisions
from messages.models import (
    Ban,
    Event,
    Feedback,
    Held,
    Invitation,
    Membership,
    Message,
    MessageType,
    Problem,
    Report,
    Revocation,
    SignIn,
    TokenName,
)
from messages.representation import find_messages, places
from messages.signing_in import attempts_of

Item = dict[str, Any]

STEP = 200


class Part(NamedTuple):
    """Rows that point at somebody by `who`, and what of them is theirs to know."""

    model: type[Model]
    who: str
    columns: tuple[str, ...]


_ADMIN = ("action_time", "action_flag", "object_repr", "change_message")
PARTS = {
    "memberships": Part(
        Membership,
        "user",
        ("chat_id", "chat__title", "role", "read_seq", "muted", "muted_until", "joined_at"),
    ),
    "feedback": Part(Feedback, "user", ("message_id", "verdict")),
    "reports": Part(Report, "reporter", ("message_id", "reason", "at")),
    "held": Part(
        Held,
        "author",
        ("chat_id", "client_message_id", "type", "content", "url", "reply_to", "why", "at"),
    ),
    "events": Part(Event, "actor", ("chat_id", "seq", "at", "type", "message_id", "data")),
    "problems": Part(Problem, "user", ("at", "words", "agent", "trace")),
    "bans": Part(Ban, "user", ("chat_id", "at", "reason")),
    "bansBy": Part(Ban, "by", ("chat_id", "at", "reason")),
    "invitations": Part(
        Invitation,
        "created_by",
        ("chat_id", "created_at", "expires_at", "max_uses", "uses", "revoked_at"),
    ),
    "revocations": Part(Revocation, "user", ("chat_id", "cause", "at", "seq", "sent_seq")),
    "revocationsBy": Part(Revocation, "by", ("chat_id", "cause", "at", "seq")),
    "adminLog": Part(LogEntry, "user", _ADMIN),
}
_ATTEMPT = ("username", "ip_address", "user_agent", "path_info", "attempt_time")


def account(user_id: int) -> Item:
    columns = ("id", "username", "first_name", "last_name", "email", "date_joined", "last_login")
    user = get_user_model().objects.get(pk=user_id)
    return {_camel(name): getattr(user, name) for name in columns} | {
        "groups": list(user.groups.values_list("name", flat=True)),
        "permissions": list(user.user_permissions.values_list("codename", flat=True)),
    }


def parts(user_id: int) -> dict[str, tuple[int, Iterator[Item]]]:
    """By name: how many there are, and all of them."""
    written = Message.objects.filter(author_id=user_id)
    answers = Message.objects.filter(type=MessageType.AI, reply_to__author_id=user_id)
    rows: dict[str, tuple[QuerySet[Any], tuple[str, ...]]] = {
        name: (QuerySet(part.model).filter(**{part.who: user_id}), part.columns)
        for name, part in PARTS.items()
    }
    rows["adminLogAbout"] = admin_log_about(user_id), _ADMIN
    return {
        "messages": (written.count(), _messages(written)),
        "answers": (answers.count(), _messages(answers)),
        **{name: (found.count(), _rows(found, columns)) for name, (found, columns) in rows.items()},
        "decisionsAbout": _decisions(user_id=user_id),
        "decisionsBy": _decisions(by_id=user_id),
        "tokens": _tokens(user_id),
        "sessions": _sessions(user_id),
        "signInAttempts": _attempts(user_id),
    }


def _messages(written: QuerySet[Message]) -> Iterator[Item]:
    """As on the wire, with what was learned of a video; by chat they would need an index."""
    for keys in _pages(written, "pk"):
        found = find_messages(f"m.message_id IN {places(len(keys))}", keys, order="m.message_id")
        transcripts = dict(
            Message.objects.filter(pk__in=keys)
            .exclude(transcript="")
            .values_list("pk", "transcript")
        )
        for message in found:
            message.pop("html")
            learned = transcripts.get(message["messageId"])
            yield message | ({"transcript": learned} if learned else {})


def _rows(found: QuerySet[Any], columns: tuple[str, ...]) -> Iterator[Item]:
    for keys in _pages(found, "pk"):
        for row in found.filter(pk__in=keys).order_by("pk").values(*columns):
            yield {_camel(column): value for column, value in row.items()}


def _pages(found: QuerySet[Any], key: str) -> Iterator[list[Any]]:
    """Keys, a page at a time, so that no long read is held open."""
    some = found.order_by(key).values_list(key, flat=True)
    keys = list(some[:STEP])
    while keys:
        yield keys
        keys = list(some.filter(pk__gt=keys[-1])[:STEP])


def _decisions(**where: int) -> tuple[int, Iterator[Item]]:
    found = decisions(limit=1_000_000, **where)
    return len(found), iter(found)


def _tokens(user_id: int) -> tuple[int, Iterator[Item]]:
    """That there are any, what they are called, since when: not what they are."""
    names = dict(TokenName.objects.filter(token__user=user_id).values_list("token_id", "name"))
    rows = AuthToken.objects.filter(user_id=user_id).values("pk", "created", "expiry")
    found = [row | {"name": names.get(row.pop("pk"), "")} for row in rows]
    return len(found), iter(found)


def _sessions(user_id: int) -> tuple[int, Iterator[Item]]:
    begun = {row.session_id: row for row in SignIn.objects.filter(user_id=user_id)}
    found = [
        {"expires": session.expire_date} | _begun(begun.get(session.pk))
        for session in Session.objects.iterator(500)
        if session.get_decoded().get("_auth_user_id") == str(user_id)
    ]
    return len(found), iter(found)


def _begun(row: SignIn | None) -> Item:
    return {} if row is None else {"at": row.at, "agent": row.agent}


def _attempts(user_id: int) -> tuple[int, Iterator[Item]]:
    """What is written down of who tried to sign in under their name."""
    found = attempts_of(get_user_model().objects.get(pk=user_id).get_username())
    rows = chain.from_iterable(_rows(some, _ATTEMPT) for some in found)
    return sum(some.count() for some in found), rows


def _camel(column: str) -> str:
    first, *others = column.replace("__", "_").split("_")
    return first + "".join(word.title() for word in others)
