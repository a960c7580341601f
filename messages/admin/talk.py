"""Messages and the log."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from messages.admin.timeline import EventInline
from messages.admin.windows import ReadOnly, Window, moment
from messages.admin.work import WorkActions
from messages.models import Event, Message

_SNIPPET = 80


@admin.register(Message)
class MessageAdmin(WorkActions, ReadOnly, Window):
    """A message as it is now, with its life below."""

    actions = ("retry", "cancel")
    list_display = ("message_id", "chat", "seq", "type", "status", "sender", "snippet", "sent")
    list_filter = ("type", "status", "removed")
    list_select_related = ("chat", "author")
    search_fields = ("message_id__exact", "chat__chat_id__exact")
    search_help_text = _("A messageId or a chatId.")
    inlines = (EventInline,)
    fields = (
        *("message_id", "chat", "seq", "rev", "type", "status", "error", "author", "sent"),
        *("content", "metadata", "reply_to", "client_message_id", "edited", "removed"),
    )

    @admin.display(description=_("author"), ordering="author__username")
    def sender(self, message: Message) -> str | None:
        return message.author.get_username() if message.author else None

    @admin.display(description=_("content"))
    def snippet(self, message: Message) -> str:
        return Truncator(message.content).chars(_SNIPPET)

    @admin.display(description=_("sent"), ordering="timestamp")
    def sent(self, message: Message) -> str:
        return moment(message.timestamp)

    @admin.display(description=_("edited"))
    def edited(self, message: Message) -> str:
        return moment(message.edited_at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).defer("html", "transcript")


@admin.register(Event)
class EventAdmin(ReadOnly, Window):
    """The log, newest first."""

    list_display = ("position", "chat", "type", "actor", "message_id", "time")
    list_filter = ("type",)
    list_select_related = ("chat", "actor")
    search_fields = ("chat__chat_id__exact", "message__message_id__exact")
    search_help_text = _("A chatId or a messageId.")
    fields = ("chat", "seq", "time", "type", "actor", "message", "data")

    @admin.display(description=_("seq"))
    def position(self, event: Event) -> int:
        return event.seq

    @admin.display(description=_("time"), ordering="at")
    def time(self, event: Event) -> str:
        return moment(event.at)
