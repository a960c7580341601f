"""Everything that is stored about one person, in parts that are read as they are written out."""

from collections.abc import Iterator
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from knox.models import AuthToken

from messages.decisions import decisions
from messages.models import (
    Ban,
    Event,
    Feedback,
    Held,
    Invitation,
    Membership,
    Message,
    Problem,
    Report,
    Revocation,
    SignIn,
    TokenName,
)
from messages.representation import find_messages, places

Item = dict[str, Any]

STEP = 200


def account(user_id: int) -> Item:
    columns = ("id", "username", "first_name", "last_name", "email", "date_joined", "last_login")
    found: Item = get_user_model().objects.values(*columns).get(pk=user_id)
    return {_camel(name): value for name, value in found.items()}


def parts(user_id: int) -> dict[str, tuple[int, Iterator[Item]]]:
    """By name: how many there are, and all of them."""
    rows = {
        "memberships": Membership.objects.filter(user_id=user_id),
        "feedback": Feedback.objects.filter(user_id=user_id),
        "reports": Report.objects.filter(reporter_id=user_id),
        "held": Held.objects.filter(author_id=user_id),
        "events": Event.objects.filter(actor_id=user_id),
        "problems": Problem.objects.filter(user_id=user_id),
        "bans": Ban.objects.filter(user_id=user_id),
        "invitations": Invitation.objects.filter(created_by_id=user_id),
        "revocations": Revocation.objects.filter(user_id=user_id),
    }
    written = Message.objects.filter(author_id=user_id)
    return {
        "messages": (written.count(), _messages(written)),
        **{name: (found.count(), _rows(name, found)) for name, found in rows.items()},
        "decisionsAbout": _decisions(user_id=user_id),
        "decisionsBy": _decisions(by_id=user_id),
        "tokens": _tokens(user_id),
        "sessions": _sessions(user_id),
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


_COLUMNS = {
    "memberships": (
        *("chat_id", "chat__title", "role", "read_seq", "muted", "muted_until", "joined_at"),
    ),
    "feedback": ("message_id", "verdict"),
    "reports": ("message_id", "reason", "at"),
    "held": ("chat_id", "client_message_id", "type", "content", "url", "reply_to", "why", "at"),
    "events": ("chat_id", "seq", "at", "type", "message_id", "data"),
    "problems": ("at", "words", "agent", "trace"),
    "bans": ("chat_id", "at", "reason"),
    "invitations": ("chat_id", "created_at", "expires_at", "max_uses", "uses", "revoked_at"),
    "revocations": ("chat_id", "cause", "at", "seq", "sent_seq"),
}


def _rows(name: str, found: QuerySet[Any]) -> Iterator[Item]:
    for keys in _pages(found, "pk"):
        for row in found.filter(pk__in=keys).order_by("pk").values(*_COLUMNS[name]):
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


def _camel(column: str) -> str:
    first, *others = column.replace("__", "_").split("_")
    return first + "".join(word.title() for word in others)
