"""The work on messages: what waits and what is held, and the two things staff can do about it."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from messages import pipeline
from messages.access import actor_of
from messages.admin.windows import NONE, ReadOnly, Window, moment
from messages.clock import now_ms
from messages.errors import ChatError
from messages.jobs import LEASE_MS, MAX_ATTEMPTS
from messages.models import Job
from messages.writer import writer


class WorkActions:
    """Retry and cancel, by the same verbs as everywhere, for staff who may change messages.

    Chosen are messages, or jobs, which go by the id of their message.
    """

    @admin.action(description=_("Have failed work done again"), permissions=["work"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        _do(request, chosen, pipeline.retry)

    @admin.action(description=_("Stop open work"), permissions=["work"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        _do(request, chosen, pipeline.cancel)

    def has_work_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("chat_messages.change_message")


def _do(request: HttpRequest, chosen: QuerySet[Any], verb: Callable[..., Any]) -> None:
    """Each by itself; what was refused is said, with its reason, and hinders no other."""
    done = 0
    for message_id in list(chosen.values_list("pk", flat=True)):
        try:
            writer.call(verb, actor_of(request.user), message_id)
            done += 1
        except ChatError as refusal:
            messages.error(request, f"{message_id}: {refusal.message}")
    if done:
        messages.success(request, say("Done: %(count)d.") % {"count": done})


@admin.register(Job)
class JobAdmin(WorkActions, ReadOnly, Window):
    """A job is there as long as its message is open; its verbs but one are the workers'."""

    actions = ("cancel",)
    list_display = ("message_id", "chat", "type", "state", "tries", "lease", "due", "trouble")
    list_filter = ("message__type", "message__status")
    list_select_related = ("chat", "message")
    search_fields = ("message__message_id__exact", "chat__chat_id__exact")
    search_help_text = _("A messageId or a chatId.")
    fields = ("message", *list_display[1:])

    @admin.display(description=_("type"), ordering="message__type")
    def type(self, job: Job) -> str:
        return job.message.get_type_display()

    @admin.display(description=_("state"), ordering="message__status")
    def state(self, job: Job) -> str:
        return job.message.get_status_display()

    @admin.display(description=_("attempt"), ordering="attempt")
    def tries(self, job: Job) -> str:
        return f"{job.attempt} / {MAX_ATTEMPTS}"

    @admin.display(description=_("lease"), ordering="lease_until")
    def lease(self, job: Job) -> str:
        """How long ago it was last held on to, and whether anybody may take it by now."""
        if job.lease_until is None:
            return NONE
        now = now_ms()
        age = f"{(now - job.lease_until + LEASE_MS) / 1000:.1f} s"
        return age if now < job.lease_until else say("%(age)s, expired") % {"age": age}

    @admin.display(description=_("due"), ordering="due_at")
    def due(self, job: Job) -> str:
        return moment(job.due_at)

    @admin.display(description=_("last error"))
    def trouble(self, job: Job) -> str:
        return job.last_error["code"] if job.last_error else NONE

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        unread = ("message__content", "message__html", "message__transcript")
        return super().get_queryset(request).defer(*unread)
