"""What somebody's page of a chat tells them alone: warnings, what waits, what was decided of it."""

from typing import Any

from messages import held
from messages.access import Access
from messages.clock import now_ms
from messages.decisions import told_to
from messages.models import Verb
from messages.pages.rows import moment

_WEEK = 7 * 24 * 60 * 60 * 1000
_LATELY = (Verb.WARN, Verb.REJECT)


def told(access: Access) -> dict[str, Any]:
    """Warnings and rejections of the last week, the mute that holds, and what is held now."""
    now = now_ms()
    decisions = told_to(access.actor.id, access.chat_id)
    lately = [d for d in decisions if d["verb"] in _LATELY and d["at"] > now - _WEEK]
    if access.standing is not None and access.standing.is_muted:
        lately += [d for d in decisions if d["verb"] == Verb.MUTE and not d["undone"]][:1]
    return {
        "decisions": [d | {"time": moment(d["at"]), "ends": _end(d)} for d in lately],
        "held": held.waiting(chat_id=access.chat_id, author_id=access.actor.id),
    }


def _end(decision: dict[str, Any]) -> Any:
    return moment(decision["until"]) if decision["until"] else None
