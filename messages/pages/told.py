"""What somebody's page of a chat tells them alone: warnings, what waits, what was decided of it,
and that their sign-in ends."""

from typing import Any

from django.http import HttpRequest

from messages import held, sign_ins
from messages.access import Access
from messages.clock import now_ms
from messages.decisions import told_to
from messages.models import Verb
from messages.pages.rows import moment

_WEEK = 7 * 24 * 60 * 60 * 1000
_LATELY = (Verb.WARN, Verb.REJECT)


def told(request: HttpRequest, access: Access) -> dict[str, Any]:
    """Warnings and rejections of the last week, the mute that holds, what is held now, and when
    they are signed out if that is soon."""
    now = now_ms()
    decisions = told_to(access.actor.id, access.chat_id)
    lately = [d for d in decisions if d["verb"] in _LATELY and d["at"] > now - _WEEK]
    if access.standing is not None and access.standing.is_muted:
        lately += [d for d in decisions if d["verb"] == Verb.MUTE and not d["undone"]][:1]
    signed_out_at = sign_ins.end_of(request.session)
    return {
        "signed_out_at": moment(signed_out_at) if signed_out_at else None,
        "decisions": [d | {"time": moment(d["at"]), "ends": _end(d)} for d in lately],
        "held": held.waiting(chat_id=access.chat_id, author_id=access.actor.id),
    }


def _end(decision: dict[str, Any]) -> Any:
    return moment(decision["until"]) if decision["until"] else None
