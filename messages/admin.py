"""The admin: a window on chats, members, messages and the log. What may change is changed by the
verbs of the domain, so that the log says so."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from messages.access import actor_of
from messages.chats import change_chat, delete_chat
from messages.models import Chat, Event, Membership, Message

_SNIPPET = 80


def _moment(ms: int | None) -> str | None:
    """Milliseconds as a date and time for people, in UTC."""
    return (
        None if ms is None else date_format(datetime.fromtimestamp(ms / 1000, UTC), "Y-m-d H:i:s")
    )


class ReadOnly:
    """Nothing is added, changed or deleted here, by nobody."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Window(admin.ModelAdmin):
    """What all lists here have in common: they stay quick however long the table is."""

    actions = None
    show_full_result_count = False
    # Newest first by the one index that orders the whole table.
    ordering = ("-pk",)


@admin.register(Chat)
class ChatAdmin(Window):
    """Title and frozen can be changed, which is logged; a superuser can delete a chat."""

    list_display = ("title", "chat_id", "frozen", "last_seq", "created", "last_active")
    list_filter = ("frozen",)
    search_fields = ("chat_id__exact", "title")
    search_help_text = _("A chatId, or a part of the title.")
    ordering = ("-last_at",)
    fields = (
        *("chat_id", "title", "frozen", "created", "last_active"),
        *("epoch", "oldest_seq", "last_seq", "more"),
    )
    readonly_fields = (
        *("chat_id", "created", "last_active"),
        *("epoch", "oldest_seq", "last_seq", "more"),
    )

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, chat: Chat) -> str | None:
        return _moment(chat.created_at)

    @admin.display(description=_("last active"), ordering="last_at")
    def last_active(self, chat: Chat) -> str | None:
        return _moment(chat.last_at)

    @admin.display(description=_("more"))
    def more(self, chat: Chat) -> str:
        lists = (("membership", _("members")), ("message", _("messages")), ("event", _("events")))
        query = urlencode({"q": chat.chat_id})
        links = [
            format_html('<a href="{}?{}">{}</a>', _list_address(name), query, label)
            for name, label in lists
        ]
        return format_html("{} · {} · {}", *links)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A chat begins with its owner, who makes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Chat | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Chat, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Only what was changed in the form: the rest may have moved on since it was shown."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        change_chat(actor_of(request.user), obj.chat_id, **changes)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        """What deleting takes along, counted: a list of every message helps nobody."""
        chat_ids = [chat.chat_id for chat in objs]
        counts = {
            str(model._meta.verbose_name_plural): model.objects.filter(chat_id__in=chat_ids).count()
            for model in (Membership, Message, Event)
        }
        return [str(chat) for chat in objs], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: Chat) -> None:
        delete_chat(obj.chat_id)


@admin.register(Membership)
class MembershipAdmin(ReadOnly, Window):
    """Who comes and goes does so by the chat's own doors, where it is logged."""

    list_display = ("user", "chat", "role", "read_seq", "muted", "muted_till", "joined")
    list_filter = ("role", "muted")
    list_select_related = ("chat", "user")
    search_fields = ("chat__chat_id__exact", "user__username__startswith")
    search_help_text = _("A chatId, or the beginning of a user name.")
    fields = ("chat", "user", "role", "read_seq", "muted", "muted_till", "joined")

    @admin.display(description=_("joined"), ordering="joined_at")
    def joined(self, membership: Membership) -> str | None:
        return _moment(membership.joined_at)

    @admin.display(description=_("muted until"), ordering="muted_until")
    def muted_till(self, membership: Membership) -> str | None:
        return _moment(membership.muted_until)


class EventInline(ReadOnly, admin.TabularInline):
    """The life of one message, event by event."""

    model = Event
    fields = ("seq", "time", "type", "actor", "data")
    readonly_fields = ("time",)
    extra = 0

    @admin.display(description=_("time"))
    def time(self, event: Event) -> str | None:
        return _moment(event.at)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return super().get_queryset(request).select_related("actor")


@admin.register(Message)
class MessageAdmin(ReadOnly, Window):
    """A message as it is now, with its life below."""

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
    def sent(self, message: Message) -> str | None:
        return _moment(message.timestamp)

    @admin.display(description=_("edited"))
    def edited(self, message: Message) -> str | None:
        return _moment(message.edited_at)

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
    def time(self, event: Event) -> str | None:
        return _moment(event.at)


def _list_address(model_name: str) -> str:
    return reverse(f"admin:chat_messages_{model_name}_changelist")
