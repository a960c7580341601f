"""Reads: who belongs to a chat, and who is kept out of it."""

from typing import Any

from messages.clock import now_ms
from messages.errors import NotFound
from messages.models import Ban, Membership
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


def bans_of(chat_id: str) -> list[dict[str, Any]]:
    """Who is kept out, since when and why: `{user, byModerator, at, reason}`."""
    rows = (
        Ban.objects.filter(chat_id=chat_id)
        .order_by("pk")
        .values_list(*_COLUMNS[:4], "by_moderator", "at", "reason")
    )
    return [
        {"user": author(*row[:4]), "byModerator": row[4], "at": row[5], "reason": row[6]}
        for row in rows
    ]


def _members(**where: Any) -> list[WireMember]:
    now = now_ms()
    rows = Membership.objects.filter(**where).order_by("pk").values_list(*_COLUMNS)
    return [
        {
            "user": author(*row[:4]),
            "role": row[4],
            "readSeq": row[5],
            "joinedAt": row[6],
            **_mute(row[7], row[8], now),
        }
        for row in rows
    ]


def _mute(muted: bool, until: int | None, now: int) -> dict[str, Any]:  # noqa: FBT001
    """A mute that has ended by its time is none."""
    if not muted or (until is not None and until <= now):
        return {"muted": False, "mutedUntil": None}
    return {"muted": True, "mutedUntil": until}
