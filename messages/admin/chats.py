"""Chats and who is in them."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from messages import moderation
from messages.access import actor_of
from messages.admin.deciding import Deciding, deciding
from messages.admin.windows import MODERATE, ReadOnly, Window, moment
from messages.chats import delete_chat
from messages.models import Chat, Event, Membership, Message, Verb


@admin.register(Chat)
class ChatAdmin(Deciding, Window):
    """Title, frozen and history can be changed, which is logged; a superuser can delete a chat."""

    list_display = ("title", "chat_id", "frozen", "last_seq", "created", "last_active")
    list_filter = ("frozen",)
    search_fields = ("chat_id__exact", "title")
    search_help_text = _("A chatId, or a part of the title.")
    ordering = ("-last_at",)
    actions = tuple(
        deciding(verb, lambda chat: {"chat_id": chat.chat_id})
        for verb in (Verb.FREEZE, Verb.UNFREEZE)
    )
    fields = (
        *("chat_id", "title", "frozen", "history", "created", "last_active"),
        *("epoch", "oldest_seq", "last_seq", "more"),
    )
    readonly_fields = (
        *("chat_id", "created", "last_active"),
        *("epoch", "oldest_seq", "last_seq", "more"),
    )

    @admin.display(description=_("created"), ordering="created_at")
    def created(self, chat: Chat) -> str:
        return moment(chat.created_at)

    @admin.display(description=_("last active"), ordering="last_at")
    def last_active(self, chat: Chat) -> str:
        return moment(chat.last_at)

    @admin.display(description=_("more"))
    def more(self, chat: Chat) -> str:
        lists = (
            *(("membership", _("members")), ("ban", _("bans")), ("invitation", _("invitations"))),
            *(("revocation", _("revocations")), ("message", _("messages"))),
            ("event", _("events")),
        )
        query = urlencode({"q": chat.chat_id})
        links = ((_list_address(name), query, label) for name, label in lists)
        return format_html_join(" · ", '<a href="{}?{}">{}</a>', links)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A chat begins with its owner, who makes it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Chat | None = None) -> bool:
        """Changing goes by the verbs of moderators."""
        may_change: bool = super().has_change_permission(request, obj)
        return may_change and request.user.has_perm(MODERATE)

    def has_delete_permission(self, request: HttpRequest, obj: Chat | None = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def save_model(self, request: HttpRequest, obj: Chat, form: ModelForm, change: bool) -> None:  # noqa: FBT001
        """Only what was changed in the form: the rest may have moved on since it was shown."""
        changes = {name: form.cleaned_data[name] for name in form.changed_data}
        moderation.change_chat(actor_of(request.user), obj.chat_id, **changes)

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
class MembershipAdmin(Deciding, ReadOnly, Window):
    """Who comes and goes does so by the chat's own doors, where it is logged."""

    list_display = ("user", "chat", "role", "read_seq", "muted", "muted_till", "joined")
    list_filter = ("role", "muted")
    list_select_related = ("chat", "user")
    actions = tuple(
        deciding(verb, lambda row: {"chat_id": row.chat_id, "user_id": row.user_id})
        for verb in (Verb.WARN, Verb.MUTE, Verb.UNMUTE, Verb.BAN)
    )
    search_fields = ("chat__chat_id__exact", "user__username__startswith")
    search_help_text = _("A chatId, or the beginning of a user name.")
    fields = ("chat", "user", "role", "first_seq", "read_seq", "muted", "muted_till", "joined")

    @admin.display(description=_("joined"), ordering="joined_at")
    def joined(self, membership: Membership) -> str:
        return moment(membership.joined_at)

    @admin.display(description=_("muted until"), ordering="muted_until")
    def muted_till(self, membership: Membership) -> str:
        return moment(membership.muted_until)


def _list_address(model_name: str) -> str:
    return reverse(f"admin:chat_messages_{model_name}_changelist")
