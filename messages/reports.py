"""Reports: what members find wrong with a message; nobody but moderators hears of them."""

from django.db import transaction

from messages import ratelimit
from messages.access import Actor, access_to
from messages.clock import now_ms
from messages.drafts import require_text
from messages.errors import BadRequest, BadTransition, Forbidden, NotFound
from messages.models import MAX_REASON, Message, Report


@transaction.atomic
def report(actor: Actor, message_id: str, reason: object, *, chat_id: str | None = None) -> None:
    """Say what is wrong with somebody's message; once for each person, whatever comes later.

    Raises NotFound, Forbidden (one's own), BadTransition (removed), BadRequest (no reason).
    """
    columns = ("chat_id", "seq", "author_id", "removed")
    row = Message.objects.filter(pk=message_id).values_list(*columns).first()
    if row is None or chat_id not in (None, row[0]):
        raise NotFound
    if row[1] < access_to(actor, row[0]).reach.first_seq:
        raise NotFound
    if row[2] == actor.id:
        raise Forbidden
    reason = require_reason(reason)
    if row[3] and not Report.objects.filter(message_id=message_id, reporter_id=actor.id).exists():
        raise BadTransition
    if not Report.objects.filter(message_id=message_id, reporter_id=actor.id).exists():
        ratelimit.reports.take(actor.id)
    Report.objects.get_or_create(
        message_id=message_id, reporter_id=actor.id, defaults={"reason": reason, "at": now_ms()}
    )


def require_reason(value: object, *, may_be_empty: bool = False) -> str:
    """A sentence or two, without what surrounds it."""
    if value is None and may_be_empty:
        return ""
    reason = value.strip() if isinstance(value, str) else ""
    is_there = bool(reason) or (may_be_empty and isinstance(value, str))
    if not is_there or len(reason) > MAX_REASON:
        raise BadRequest(
            "reason is a text of at most %(most)d characters.", field="reason", most=MAX_REASON
        )
    return require_text(reason, field="reason")
