"""Reads: what was decided, for moderators, and for whom it is about."""

from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, QuerySet

from messages.models import Decision, Verb
from messages.representation import author

WireDecision = dict[str, Any]

MAX_DECISIONS = 50
# What somebody is told of what was decided about them. That others have reported a message, and
# were not followed, is nobody's to know.
TOLD = (Verb.REMOVE, Verb.WARN, Verb.MUTE, Verb.UNMUTE, Verb.RELEASE, Verb.REJECT)
_PERSON = ("id", "username", "first_name", "last_name")
_COLUMNS = (
    *("pk", "verb", "at", "reason", "chat_id", "message_id", "until", "undoes_id", "is_undone"),
    *(f"by__{column}" for column in _PERSON),
    *(f"user__{column}" for column in _PERSON),
)


def decisions(*, before: int | None = None, limit: int = MAX_DECISIONS, **where: Any) -> list[Any]:
    """Whole decisions, newest first; `where` are columns of the model."""
    found = Decision.objects.filter(**where)
    if before is not None:
        found = found.filter(pk__lt=before)
    return [_decision(row) for row in _rows(found)[:limit]]


def told_to(user_id: int, chat_id: str, *, limit: int = MAX_DECISIONS) -> list[WireDecision]:
    """What was decided about this person in this chat, without who did."""
    found = Decision.objects.filter(user_id=user_id, chat_id=chat_id, verb__in=TOLD)
    return [_told(_decision(row)) for row in _rows(found)[:limit]]


def as_told(decision_id: int) -> WireDecision:
    """The same of one decision, with the chat that it is of."""
    decision = _decision(_rows(Decision.objects.filter(pk=decision_id))[0])
    return {"chatId": decision["chatId"]} | _told(decision)


def reasons_told(user_id: int, message_ids: list[str]) -> dict[str, str]:
    """Why these messages of this person went, by their ids."""
    found = Decision.objects.filter(
        user_id=user_id, message_id__in=message_ids, verb=Verb.REMOVE
    ).exclude(reason="")
    return dict(found.values_list("message_id", "reason"))


def _told(decision: WireDecision) -> WireDecision:
    names = ("id", "verb", "at", "reason", "messageId", "until", "undone")
    return {name: decision[name] for name in names}


def _rows(found: QuerySet[Decision]) -> Any:
    is_undone = Exists(Decision.objects.filter(undoes=OuterRef("pk")))
    return found.order_by("-pk").annotate(is_undone=is_undone).values_list(*_COLUMNS)


def _decision(row: Any) -> WireDecision:
    return {
        "id": row[0],
        "verb": row[1],
        "at": row[2],
        "reason": row[3],
        "chatId": row[4],
        "messageId": row[5],
        "until": row[6],
        "undoes": row[7],
        "undone": row[8],
        "by": author(*row[9:13]),
        "user": author(*row[13:17]),
    }


def admin_log_about(user_id: int) -> QuerySet[LogEntry]:
    """What the admin has on record of somebody's account."""
    accounts = ContentType.objects.get_for_model(get_user_model())
    return LogEntry.objects.filter(content_type=accounts, object_id=str(user_id))
