"""Where an AI names somebody, for their erasure, which rather takes an answer too many."""

import re
from typing import Any

from django.db import transaction
from django.db.models import F

from messages import log
from messages.access import actor_of
from messages.models import Job, Message, MessageType
from messages.search import folded
from messages.told import whole

# Shorter first and last names are left to the names that they are part of: initials are everywhere.
_MIN_PART = 3
_STEP = 50


def naming(user: Any) -> "re.Pattern[str]":
    """Whatever somebody may be called, as whole words of a `folded` text."""
    names = {user.username, actor_of(user).name}
    names |= {part for part in (user.first_name, user.last_name) if len(part) >= _MIN_PART}
    return re.compile(rf"(?<!\w)({'|'.join(re.escape(folded(name)) for name in names)})(?!\w)")


def answers_with(names: "re.Pattern[str]", chat_id: str) -> list[str]:
    """Answers of a chat that have one of these names, with what was told of open ones."""
    said = Message.objects.filter(chat_id=chat_id, type=MessageType.AI, removed=None)
    rows = said.values_list("pk", "content", "job__told_from", "job__told").iterator(_STEP)
    return [
        pk
        for pk, content, start, told in rows
        if names.search(folded(whole(content, start or 0, told or "")))
    ]


@transaction.atomic
def begin_answers_again(chat_id: str) -> None:
    """Whoever writes an answer here may have read what has gone since: somebody begins it anew."""
    log.lock_one(chat_id)
    begun = Job.objects.filter(chat_id=chat_id, message__type=MessageType.AI).exclude(token="")
    begun.update(token="", lease_until=None, attempt=F("attempt") - 1)
