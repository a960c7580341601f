"""Reads: who belongs to a chat."""

from typing import Any

from messages.errors import NotFound
from messages.models import Membership
from messages.representation import author

WireMember = dict[str, Any]

_COLUMNS = (
    "user_id",
    "user__username",
    "user__first_name",
    "user__last_name",
    "role",
    "read_seq",
    "joined_at",
    "muted",
    "muted_until",
)


def members_of(chat_id: str) -> list[WireMember]:
    """Everybody in a chat, in the order in which they came."""
    return _members(chat_id=chat_id)


def member_of(chat_id: str, user_id: int) -> WireMember:
    """One of them; raises NotFound."""
    found = _members(chat_id=chat_id, user_id=user_id)
    if not found:
        raise NotFound
    return found[0]


def _members(**where: Any) -> list[WireMember]:
    rows = Membership.objects.filter(**where).order_by("pk").values_list(*_COLUMNS)
    return [
        {
            "user": author(*row[:4]),
            "role": row[4],
            "readSeq": row[5],
            "joinedAt": row[6],
            "muted": row[7],
            "mutedUntil": row[8],
        }
        for row in rows
    ]
