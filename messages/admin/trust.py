"""Who was let in by a link, is kept out, or was cut off, and what they were sent last."""

# Django's admin classes take no type arguments when run.
# mypy: disable-error-code="type-arg"

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from messages.admin.windows import ReadOnly, Window, moment
from messages.models import Ban, Invitation, Revocation

_OF_SOMEBODY = ("chat__chat_id__exact", "user__username__startswith")


@admin.register(Ban)
class BanAdmin(ReadOnly, Window):
    """What is done about it is done by the chat's own doors, here and below."""

    search_fields = _OF_SOMEBODY
    search_help_text = _("A chatId, or the beginning of a user name.")
    list_display = ("user", "chat", "by", "by_moderator", "time", "reason")
    list_filter = ("by_moderator",)
    list_select_related = ("chat", "user", "by")
    fields = list_display

    @admin.display(description=_("time"), ordering="at")
    def time(self, ban: Ban) -> str | None:
        return moment(ban.at)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly, Window):
    """The link itself is shown to those who manage the chat, and to nobody here."""

    list_display = ("invitation_id", "chat", "created_by", "made", "ends", "times", "revoked")
    list_select_related = ("chat", "created_by")
    search_fields = ("chat__chat_id__exact",)
    search_help_text = _("A chatId.")
    ordering = ("-created_at",)
    fields = list_display

    @admin.display(description=_("made"), ordering="created_at")
    def made(self, invitation: Invitation) -> str | None:
        return moment(invitation.created_at)

    @admin.display(description=_("ends"), ordering="expires_at")
    def ends(self, invitation: Invitation) -> str | None:
        return moment(invitation.expires_at)

    @admin.display(description=_("revoked"), ordering="revoked_at")
    def revoked(self, invitation: Invitation) -> str | None:
        return moment(invitation.revoked_at)

    @admin.display(description=_("uses"), ordering="uses")
    def times(self, invitation: Invitation) -> str:
        return f"{invitation.uses} / {invitation.max_uses or '∞'}"


@admin.register(Revocation)
class RevocationAdmin(ReadOnly, Window):
    search_fields = _OF_SOMEBODY
    search_help_text = _("A chatId, or the beginning of a user name.")
    list_display = ("user", "chat", "cause", "by", "time", "seq", "sent_seq")
    list_filter = ("cause",)
    list_select_related = ("chat", "user", "by")
    fields = list_display

    @admin.display(description=_("time"), ordering="at")
    def time(self, revocation: Revocation) -> str | None:
        return moment(revocation.at)
