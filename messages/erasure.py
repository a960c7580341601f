"""Forgetting somebody: what they wrote and what they are called goes from every row.

The log keeps its numbers: a message becomes a tombstone (`erasure`), said by an event, so that
whoever listens forgets as well. Steps of one small transaction each; stopped anywhere, the next
run goes on, since the account, by whose name it is found, goes last.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Max, Min, Q
from knox.models import AuthToken

from messages import chats, log, membership, mentions
from messages.changes import empty
from messages.decisions import admin_log_about
from messages.models import (
    Ban,
    Decision,
    Event,
    EventType,
    Feedback,
    Held,
    Membership,
    Message,
    MessageType,
    Problem,
    RemovedBy,
    Report,
    Revocation,
)
from messages.representation import find_messages, places
from messages.signing_in import attempts_of

STEP = 50
EVENTS_STEP = 2_000
_NAMING = (
    EventType.MEMBER_JOINED,
    EventType.MEMBER_LEFT,
    EventType.MEMBER_MUTED,
    EventType.MEMBER_UNMUTED,
)


def erase(user_id: int) -> Iterator[int]:
    """All of it, step by step; how many of `size_of` each has done."""
    _close(user_id)
    yield 1
    for chat_id in Membership.objects.filter(user_id=user_id).values_list("chat_id", flat=True):
        _leave(user_id, chat_id)
        yield 1
    yield from _messages(user_id)
    yield from _answers(user_id)
    yield from _events(user_id)
    _records(user_id)
    _end(user_id)
    yield 1


def size_of(user_id: int) -> int:
    """About how much there is to do."""
    first, last = _ends_of_events()
    rows = Membership.objects.filter(user_id=user_id).count() + len(_chats_of(user_id))
    rows += Message.objects.filter(author_id=user_id).count()
    return 2 + rows + (last - first) // EVENTS_STEP + 1


@transaction.atomic
def _close(user_id: int) -> None:
    """Nobody signs in with it any more, and whoever is signed in is soon not."""
    user = get_user_model().objects.select_for_update().get(pk=user_id)
    user.is_active = False
    user.set_unusable_password()
    user.save()
    AuthToken.objects.filter(user=user).delete()
    for session in Session.objects.iterator(500):
        if session.get_decoded().get("_auth_user_id") == str(user_id):
            session.delete()


@transaction.atomic
def _leave(user_id: int, chat_id: str) -> None:
    """Out of a chat, which keeps an owner while anybody is in it."""
    log.lock_one(chat_id)
    if Membership.objects.filter(chat_id=chat_id, user_id=user_id).delete()[0]:
        membership.revoke_links(chat_id, user_id)
        nobody = {"user": {"id": user_id, "name": ""}}
        membership.say(chat_id, EventType.MEMBER_LEFT, None, nobody)
        membership.pass_on_ownership(None, chat_id)
    if not Membership.objects.filter(chat_id=chat_id).exists():
        _forget_if_theirs(user_id, chat_id)


def _forget_if_theirs(user_id: int, chat_id: str) -> None:
    """A chat that nobody is in, and in which nobody else has written, goes with its title."""
    of_others = Message.objects.filter(chat_id=chat_id).exclude(author_id=user_id)
    if not of_others.exclude(author=None).exists():
        chats.delete_chat(chat_id)


def _messages(user_id: int) -> Iterator[int]:
    """What they wrote, and what was answered to their questions. Removed before or not."""
    last = ""
    while True:
        written = Message.objects.filter(author_id=user_id, pk__gt=last).order_by("pk")
        rows = list(written.values_list("chat_id", "pk")[:STEP])
        if not rows:
            return
        last = rows[-1][1]
        for chat_id, group in groupby(sorted(rows), key=lambda row: row[0]):
            message_ids = [row[1] for row in group]
            _empty(chat_id, message_ids)
            yield len(message_ids)


def _answers(user_id: int) -> Iterator[int]:
    """What an AI has said of them by name, in the chats that they were in.

    After their messages, of which no answer is told any more then. One under way was: it goes if
    it has named them by now, and begins again if not.
    """
    names = mentions.naming(get_user_model().objects.get(pk=user_id))
    for chat_id in sorted(_chats_of(user_id)):
        mentions.begin_answers_again(chat_id)
        message_ids = mentions.answers_with(names, chat_id)
        for start in range(0, len(message_ids), STEP):
            _empty(chat_id, message_ids[start : start + STEP])
        yield 1


def _chats_of(user_id: int) -> set[str]:
    """Those that they are in, have left, or have written in: as the log knows it to the end."""
    named = Q(type__in=_NAMING, data__user__id=user_id)
    rows = (
        Membership.objects.filter(user_id=user_id),
        Revocation.objects.filter(user_id=user_id),
        Message.objects.filter(author_id=user_id),
        Event.objects.filter(Q(actor_id=user_id) | named),
    )
    chat_ids = (some.order_by().values_list("chat_id", flat=True).distinct() for some in rows)
    return {chat_id for some in chat_ids for chat_id in some}


@transaction.atomic
def _empty(chat_id: str, message_ids: list[str]) -> None:
    head = log.lock_one(chat_id)
    answers = Message.objects.filter(_built_on(message_ids), chat_id=chat_id)
    answers = answers.filter(type=MessageType.AI, removed=None).exclude(pk__in=message_ids)
    wanted = [*message_ids, *answers.values_list("pk", flat=True)]
    Report.objects.filter(message_id__in=wanted).delete()
    Decision.objects.filter(message_id__in=wanted).update(reason="")
    empty(head, find_messages(f"m.message_id IN {places(len(wanted))}", wanted), RemovedBy.ERASURE)


def _built_on(message_ids: list[str]) -> Q:
    """Answers to these, to questions about these, and those that quote them: by their ids, as
    the built-in assistant does."""
    found = Q(reply_to__in=message_ids) | Q(reply_to__reply_to__in=message_ids)
    for message_id in message_ids:
        found |= Q(content__contains=message_id)
    return found


def _events(user_id: int) -> Iterator[int]:
    """What the log says they did, and where it names them. Nothing finds this but a walk."""
    first, last = _ends_of_events()
    for start in range(first, last + 1, EVENTS_STEP):
        with transaction.atomic():
            some = Event.objects.filter(pk__gte=start, pk__lt=start + EVENTS_STEP)
            some.filter(actor_id=user_id).update(actor=None)
            for event in some.filter(type__in=_NAMING, data__user__id=user_id).only("data"):
                data: dict[str, Any] = dict(event.data or {})
                if data["user"]["name"]:
                    named = data | {"user": {"id": user_id, "name": ""}}
                    Event.objects.filter(pk=event.pk).update(data=named)
        yield 1


def _ends_of_events() -> tuple[int, int]:
    ends = Event.objects.aggregate(first=Min("pk"), last=Max("pk"))
    return ends["first"] or 0, ends["last"] or 0


@transaction.atomic
def _records(user_id: int) -> None:
    """Reports and votes are gone; decisions stay, and say neither about whom nor why."""
    Report.objects.filter(reporter_id=user_id).delete()
    Feedback.objects.filter(user_id=user_id).delete()
    Held.objects.filter(author_id=user_id).delete()
    Problem.objects.filter(user_id=user_id).delete()
    Ban.objects.filter(by_id=user_id).update(reason="")
    Decision.objects.filter(Q(user_id=user_id) | Q(by_id=user_id)).update(reason="")


@transaction.atomic
def _end(user_id: int) -> None:
    """The account, and with it the last rows that point at it or have its name."""
    name = get_user_model().objects.values_list("username", flat=True).get(pk=user_id)
    for attempts in attempts_of(name):
        attempts.delete()
    admin_log_about(user_id).delete()
    LogEntry.objects.filter(user_id=user_id).delete()
    # What staff did with other rows of theirs: a token, an attempt to sign in.
    LogEntry.objects.filter(object_repr__icontains=name).update(object_repr="-")
    get_user_model().objects.filter(pk=user_id).delete()
