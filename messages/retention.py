"""Forgetting what is old: the beginning of a chat's log goes, and what only it told of.

Small steps, each one transaction that leaves everything whole, so that it can be stopped anywhere
and run again, beside everything else that goes on.
"""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q

from messages import log
from messages.changes import empty
from messages.models import Chat, Event, Held, Message, RemovedBy, Report
from messages.representation import find_messages, is_open, places

STEP = 200


def first_kept(chat_id: str, before: int) -> int:
    """The number of the first event since `before` (ms), past the last where all are older."""
    kept = Event.objects.filter(chat_id=chat_id, at__gte=before).order_by("seq")
    seq = kept.values_list("seq", flat=True).first()
    return log.head_of(chat_id)[0].seq + 1 if seq is None else seq


def prune(chat_id: str, before: int, *, step: int = STEP) -> Iterator[int]:
    """Forget the chat's events up to the first kept one; how many, after each step.

    A message goes with its last event. One that a kept event still tells of, or a kept message
    replies to, stays as a tombstone (`retention`), which is said by an event.
    """
    bound = first_kept(chat_id, before)
    Held.objects.filter(chat_id=chat_id, at__lt=before).delete()
    while done := _cut(chat_id, bound, step):
        yield done
    while _sweep(chat_id, step):
        pass


def older_than(chat_id: str, before: int) -> int:
    """How many events there are to forget."""
    return max(0, first_kept(chat_id, before) - log.head_of(chat_id)[1])


@transaction.atomic
def _cut(chat_id: str, bound: int, step: int) -> int:
    head = log.lock([chat_id]).get(chat_id)
    if head is None:
        return 0
    oldest = Chat.objects.values_list("oldest_seq", flat=True).get(pk=chat_id)
    until = min(oldest + step, bound)
    if until <= oldest:
        return 0
    cut = Event.objects.filter(chat_id=chat_id, seq__gte=oldest, seq__lt=until)
    told_of = set(cut.exclude(message=None).values_list("message_id", flat=True))
    cut.delete()
    Chat.objects.filter(pk=chat_id).update(oldest_seq=until)
    ending = _without_later_events(told_of, until, bound)
    kept = _kept(ending, bound)
    _forget(ending - kept)
    _bury(head, kept)
    return until - oldest


def _without_later_events(message_ids: set[str], until: int, bound: int) -> set[str]:
    """The messages that no event tells of any more which will be cut after this step."""
    later = Event.objects.filter(message_id__in=message_ids, seq__gte=until, seq__lt=bound)
    return message_ids - set(later.values_list("message_id", flat=True))


def _kept(message_ids: set[str], bound: int) -> set[str]:
    """What a kept event tells of, a kept message replies to, or is still worked on."""
    found = Message.objects.filter(pk__in=message_ids).annotate(last=Max("events__seq"))
    replies = Message.objects.filter(reply_to=OuterRef("pk"), seq__gte=bound)
    unfinished = Q(status__in=["pending", "processing"], removed=None)
    kept = found.filter(Q(last__gte=bound) | unfinished | Exists(replies))
    return set(kept.values_list("pk", flat=True))


def _forget(message_ids: set[str]) -> None:
    """Whole rows, with what was said of them; what replies to them is as old, and goes as well."""
    Message.objects.filter(pk__in=message_ids).delete()


def _bury(head: log.Head, message_ids: set[str]) -> None:
    if not message_ids:
        return
    where = f"m.removed IS NULL AND m.message_id IN {places(len(message_ids))}"
    old = [m for m in find_messages(where, sorted(message_ids)) if not is_open(m)]
    if old:
        Report.objects.filter(message_id__in=[m["messageId"] for m in old]).delete()
        empty(head, old, RemovedBy.RETENTION)


@transaction.atomic
def _sweep(chat_id: str, step: int) -> int:
    """Tombstones that were kept for a reply, which has gone since."""
    log.lock([chat_id])
    oldest = Chat.objects.filter(pk=chat_id).values("oldest_seq")
    left = (
        Message.objects.filter(chat_id=chat_id, seq__lt=oldest)
        .exclude(removed=None)
        .exclude(Exists(Event.objects.filter(message=OuterRef("pk"))))
        .exclude(Exists(Message.objects.filter(reply_to=OuterRef("pk"))))
    )
    found = set(left.values_list("pk", flat=True)[:step])
    _forget(found)
    return len(found)
