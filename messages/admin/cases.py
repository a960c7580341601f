"""What was reported, what waits, and what was decided."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from messages import held, moderation
from messages.admin.deciding import Deciding, deciding, for_each
from messages.admin.windows import ReadOnly, Window, moment
from messages.models import Decision, Held, Report, Verb


def _message(report: Report) -> dict[str, Any]:
    return {"message_id": report.message_id}


@admin.register(Report)
class ReportAdmin(Deciding, ReadOnly, Window):
    """One line for each person who reported a message."""

    list_display = ("message_id", "reporter", "reason", "time", "decision")
    list_filter = (("decision", admin.EmptyFieldListFilter),)
    list_select_related = ("reporter", "decision")
    search_fields = ("message__message_id__exact", "message__chat__chat_id__exact")
    search_help_text = _("A messageId or a chatId.")
    fields = ("message", "reporter", "reason", "time", "decision")
    actions = tuple(
        deciding(verb, _message)
        for verb in (Verb.DISMISS, Verb.REMOVE, Verb.WARN, Verb.MUTE, Verb.BAN, Verb.FREEZE)
    )

    @admin.display(description=_("time"), ordering="at")
    def time(self, report: Report) -> str | None:
        return moment(report.at)


@admin.register(Decision)
class DecisionAdmin(Deciding, ReadOnly, Window):
    """Never edited; some can be undone, which is a decision of its own."""

    list_display = ("verb", "chat", "user", "by", "reason", "time", "ends", "undoes")
    list_filter = ("verb",)
    list_select_related = ("chat", "user", "by", "undoes")
    search_fields = ("chat__chat_id__exact", "message__message_id__exact")
    search_help_text = _("A chatId or a messageId.")
    fields = (
        *("verb", "chat", "user", "message", "by", "by_moderator"),
        *("reason", "time", "ends", "undoes"),
    )
    actions = ("undo",)

    @admin.action(description=_("Undo"), permissions=["moderate"])
    def undo(self, request: HttpRequest, chosen: QuerySet[Decision]) -> None:
        reason = request.POST.get("reason")
        about = lambda row: {"decision_id": row.pk, "reason": reason}  # noqa: E731
        for_each(request, chosen, about, moderation.undo)

    @admin.display(description=_("time"), ordering="at")
    def time(self, decision: Decision) -> str | None:
        return moment(decision.at)

    @admin.display(description=_("muted until"), ordering="until")
    def ends(self, decision: Decision) -> str | None:
        return moment(decision.until)


@admin.register(Held)
class HeldAdmin(Deciding, ReadOnly, Window):
    """What waits for a moderator."""

    list_display = ("author", "chat", "type", "why", "content", "time")
    list_filter = ("why",)
    list_select_related = ("author", "chat")
    fields = list_display
    actions = ("release", "reject")

    @admin.action(description=_("Release"), permissions=["moderate"])
    def release(self, request: HttpRequest, chosen: QuerySet[Held]) -> None:
        self._each(request, chosen, held.release)

    @admin.action(description=_("Reject"), permissions=["moderate"])
    def reject(self, request: HttpRequest, chosen: QuerySet[Held]) -> None:
        self._each(request, chosen, held.reject)

    def _each(self, request: HttpRequest, chosen: QuerySet[Held], verb: Any) -> None:
        reason = request.POST.get("reason")
        for_each(request, chosen, lambda row: {"held_id": row.pk, "reason": reason}, verb)

    @admin.display(description=_("time"), ordering="at")
    def time(self, waiting: Held) -> str | None:
        return moment(waiting.at)
