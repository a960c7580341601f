"""The record of who stopped hearing a chat: why, and what was the last that they were sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q

from messages.access import Actor
from messages.clock import now_ms
from messages.models import Cause, Chat, Revocation


@dataclass(frozen=True, slots=True)
class Ended:
    """A subscription that a process has ended. `cause` is None where access to the chat ended."""

    user_id: int
    chat_id: str
    sent_seq: int
    cause: Cause | None = None


def of_membership(chat_id: str, user_id: int, cause: Cause, *, by: Actor, seq: int) -> None:
    """In the transaction that ends a membership, whose event in the log has this number."""
    Revocation.objects.create(
        chat_id=chat_id, user_id=user_id, cause=cause, by_id=by.id, at=now_ms(), seq=seq
    )


@transaction.atomic
def record(ended: Sequence[Ended]) -> None:
    """What was sent last, as the process knows that has ended these subscriptions.

    Of a membership that is added to its record: the most that any of their connections got.
    """
    chats = set(Chat.objects.filter(pk__in={e.chat_id for e in ended}).values_list("pk", flat=True))
    users = {u.pk: u for u in get_user_model().objects.filter(pk__in={e.user_id for e in ended})}
    for one in ended:
        if one.chat_id not in chats or one.user_id not in users:
            continue  # deleted, with whatever would be told of them
        if one.cause is None and _add_to_membership(one):
            continue
        is_active = users[one.user_id].is_active
        cause = (one.cause if is_active else Cause.ACCOUNT) or Cause.RIGHTS
        Revocation.objects.create(
            chat_id=one.chat_id,
            user_id=one.user_id,
            cause=cause,
            at=now_ms(),
            sent_seq=one.sent_seq,
        )


def _add_to_membership(one: Ended) -> bool:
    """Whether the end of a membership is why."""
    rows = Revocation.objects.filter(chat_id=one.chat_id, user_id=one.user_id)
    newest = rows.filter(seq__gt=one.sent_seq).order_by("-pk").first()
    if newest is None:
        return False
    unsaid = Q(sent_seq=None) | Q(sent_seq__lt=one.sent_seq)
    rows.filter(unsaid, pk=newest.pk).update(sent_seq=one.sent_seq)
    return True
