"""The life of one message: what, when, how long after what came before, by whom, which try."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from django.contrib import admin
from django.db.models import F, QuerySet, Window
from django.db.models.functions import Lag
from django.http import HttpRequest
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from messages.admin.windows import ReadOnly, moment
from messages.models import Event, EventType, MessageType, RemovedBy, Status

_BIRTH = _("received")
_CHANGES = {
    Status.PROCESSING: _("begun"),
    Status.COMPLETED: _("completed"),
    Status.ERROR: _("ended in an error"),
    "retry": _("asked for again"),
    "cancel": _("stopped"),
    "edit": _("edited"),
}
_BIRTHS = frozenset(f"{kind}_message" for kind in MessageType.values)


class EventInline(ReadOnly, admin.TabularInline):
    """In the order of the log."""

    model = Event
    verbose_name_plural = _("timeline")
    fields = readonly_fields = ("position", "what", "time", "passed", "by", "tries")
    extra = 0

    @admin.display(description=_("seq"))
    def position(self, event: Event) -> int:
        return event.seq

    @admin.display(description=_("what"))
    def what(self, event: Event) -> str:
        return what_of(event)

    @admin.display(description=_("time"))
    def time(self, event: Event) -> str:
        return f"{moment(event.at)}.{event.at % 1000:03d}"

    @admin.display(description=_("after"))
    def passed(self, event: Event) -> str:
        """Since the event before it."""
        before: int | None = getattr(event, "before", None)
        return "" if before is None else seconds(event.at - before)

    @admin.display(description=_("by"))
    def by(self, event: Event) -> str:
        return event.actor.get_username() if event.actor else say("the server")

    @admin.display(description=_("attempt"))
    def tries(self, event: Event) -> str:
        """Of a failed one the log names the next."""
        data = event.data or {}
        if "attempt" not in data:
            return ""
        return f"{data['attempt'] - ('dueAt' in data)} / {data['of']}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        before = Window(Lag("at"), partition_by=F("message"), order_by=F("seq").asc())
        return super().get_queryset(request).select_related("actor").annotate(before=before)


def what_of(event: Event) -> str:
    """What happened, in words; what is not known here keeps its type."""
    data = event.data or {}
    if "dueAt" in data:
        pause = seconds(data["dueAt"] - event.at)
        why = {"code": data["error"]["code"], "pause": pause}
        return say("failed (%(code)s), again in %(pause)s") % why
    if event.type == EventType.MESSAGE_REMOVED and data.get("by") in RemovedBy:
        return say("removed: %(by)s") % {"by": RemovedBy(data["by"]).label}
    happened = data.get("status") if data.get("change") == "status" else data.get("change")
    known = _BIRTH if event.type in _BIRTHS else _CHANGES.get(happened or "")
    return str(known or event.get_type_display())


def seconds(ms: int) -> str:
    return f"{ms / 1000:.3f} s"
