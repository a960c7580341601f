"""Reads for moderators: reported messages with what was said of them and decided about them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Count, Max, Q

from messages.decisions import WireDecision, decisions
from messages.errors import NotFound
from messages.models import Chat, Decision, Held, Report
from messages.representation import WireMessage, author, find_messages, places

MAX_CASES = 100
_AROUND = 4


class State(StrEnum):
    OPEN = "open"
    DECIDED = "decided"


@dataclass(frozen=True, slots=True)
class Case:
    """One reported message. `position` is its place in the list, and grows with each report."""

    position: int
    message: WireMessage
    title: str
    reports: list[dict[str, Any]]
    decisions: list[WireDecision]

    @property
    def is_open(self) -> bool:
        return any(report["decisionId"] is None for report in self.reports)

    @property
    def author_id(self) -> int | None:
        return self.message["author"] and int(self.message["author"]["id"])

    def as_dict(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "open": self.is_open,
            "message": self.message,
            "chatTitle": self.title,
            "reports": self.reports,
            "decisions": self.decisions,
        }


@dataclass(frozen=True, slots=True)
class Past:
    """What is on record of somebody."""

    reports: int = 0
    open_reports: int = 0
    decisions: list[WireDecision] = field(default_factory=list)


def cases(state: State, *, before: int | None = None, limit: int = 20) -> tuple[list[Case], bool]:
    """A page of cases, those reported last first, and whether there are more."""
    found = Report.objects.order_by().values("message_id")
    found = found.annotate(last=Max("pk"), waiting=Count("pk", filter=Q(decision=None)))
    found = found.filter(waiting__gt=0) if state is State.OPEN else found.filter(waiting=0)
    if before is not None:
        found = found.filter(last__lt=before)
    rows = list(found.order_by("-last").values_list("message_id", "last")[: limit + 1])
    return _cases(rows[:limit]), len(rows) > limit


def case_of(message_id: str) -> Case:
    """One of them, open or not; raises NotFound where nobody has reported it."""
    last = Report.objects.filter(message_id=message_id).aggregate(last=Max("pk"))["last"]
    if last is None:
        raise NotFound
    (case,) = _cases([(message_id, last)])
    return case


def count_open() -> int:
    """How much waits for moderators: messages reported, and messages held."""
    reported = Report.objects.filter(decision=None).values("message_id").distinct().count()
    return reported + Held.objects.count()


def context_of(message: WireMessage) -> tuple[list[WireMessage], list[WireMessage]]:
    """Some messages before it and after it."""
    place = [message["chatId"], message["seq"]]
    before = find_messages(
        "m.chat_id = %s AND m.seq < %s", place, order="m.seq DESC", limit=_AROUND
    )
    after = find_messages("m.chat_id = %s AND m.seq > %s", place, limit=_AROUND)
    return before[::-1], after


def past_of(user_id: int | None, *, limit: int = 20) -> Past:
    """What was decided about somebody, in any chat, and how often they were reported."""
    if user_id is None:
        return Past()
    about = Report.objects.filter(message__author_id=user_id)
    counts = about.aggregate(all=Count("pk"), waiting=Count("pk", filter=Q(decision=None)))
    return Past(counts["all"], counts["waiting"], decisions(limit=limit, user_id=user_id))


def _cases(rows: Sequence[tuple[str, int]]) -> list[Case]:
    ids = [message_id for message_id, _ in rows]
    if not ids:
        return []
    found = {
        message["messageId"]: message
        for message in find_messages(f"m.message_id IN {places(len(ids))}", ids)
    }
    chat_ids = {message["chatId"] for message in found.values()}
    titles = dict(Chat.objects.filter(pk__in=chat_ids).values_list("chat_id", "title"))
    reports = _reports(ids)
    decided = defaultdict(list)
    most = Decision.objects.filter(message_id__in=ids).count()
    for decision in decisions(limit=most, message_id__in=ids):
        decided[decision["messageId"]].append(decision)
    return [
        Case(position, found[key], titles[found[key]["chatId"]], reports.get(key, []), decided[key])
        for key, position in rows
        if key in found
    ]


def _reports(message_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    columns = [f"reporter__{name}" for name in ("id", "username", "first_name", "last_name")]
    rows = (
        Report.objects.filter(message_id__in=message_ids)
        .order_by("pk")
        .values_list("message_id", "pk", "at", "reason", "decision_id", *columns)
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for message_id, key, at, reason, decision_id, *person in rows:
        report = {"id": key, "at": at, "reason": reason, "decisionId": decision_id}
        found[message_id].append(report | {"reporter": author(*person)})
    return found
