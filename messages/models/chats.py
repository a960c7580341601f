"""Chats, and who belongs to them, is kept out of them or let in."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messages.identity import new_chat_id, new_epoch

MAX_TITLE = 120
MAX_SLOW_MODE = 21_600  # seconds
MAX_HELD_WORDS = 2_048
MAX_REASON = 500


class History(models.TextChoices):
    """From where on whoever joins may read; what is decided at joining stays so."""

    ALL = "all", _("from the start")
    SINCE_JOINING = "sinceJoining", _("from joining on")


class Chat(models.Model):
    """A conversation and the head of its log."""

    chat_id = models.CharField(
        primary_key=True,
        max_length=64,
        default=new_chat_id,
        validators=[RegexValidator(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")],
    )
    title = models.CharField(max_length=MAX_TITLE)
    frozen = models.BooleanField(default=False)
    slow_mode_seconds = models.PositiveIntegerField(
        default=0,
        db_default=0,  # for processes of the release before, while both run
        help_text=_("Between two messages of one member; 0 for no slow mode."),
    )
    history = models.CharField(
        max_length=12, choices=History, default=History.ALL, db_default=History.ALL
    )
    epoch = models.CharField(max_length=16, default=new_epoch)
    last_seq = models.BigIntegerField(default=0, help_text=_("Number of the newest event."))
    oldest_seq = models.BigIntegerField(default=1, help_text=_("Number of the oldest kept event."))
    created_at = models.BigIntegerField(help_text=_("Milliseconds since the epoch, UTC."))
    last_at = models.BigIntegerField(help_text=_("Time of the newest event, in milliseconds."))
    held_words = models.TextField(
        blank=True,
        default="",
        db_default="",
        max_length=MAX_HELD_WORDS,
        help_text=_("One a line. What has one of them waits for a moderator."),
    )
    hold_links = models.BooleanField(
        default=False, db_default=False, help_text=_("What has a link waits for a moderator.")
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="chat_seq_in_order",
                condition=Q(oldest_seq__gte=1) & Q(oldest_seq__lte=F("last_seq") + 1),
            ),
            models.CheckConstraint(name="chat_has_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="chat_slow_mode_has_an_end",
                condition=Q(slow_mode_seconds__lte=MAX_SLOW_MODE),
            ),
            models.CheckConstraint(name="chat_history", condition=Q(history__in=History.values)),
        ]
        permissions: ClassVar = [
            ("moderate_chat", _("Can read every chat and use the verbs of moderation"))
        ]

    def __str__(self) -> str:
        return self.title


class Role(models.TextChoices):
    OWNER = "owner", _("owner")
    MEMBER = "member", _("member")


class Membership(models.Model):
    """One person in one chat, and how far they have read."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_memberships"
    )
    role = models.CharField(max_length=8, choices=Role, default=Role.MEMBER)
    read_seq = models.BigIntegerField(default=0)
    first_seq = models.BigIntegerField(
        default=1, db_default=1, help_text=_("Number of the oldest event this member may see.")
    )
    muted = models.BooleanField(default=False)
    muted_until = models.BigIntegerField(null=True, blank=True)
    joined_at = models.BigIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chat", "user"], name="one_membership_per_chat"),
            models.CheckConstraint(name="membership_role", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="membership_read_seq", condition=Q(read_seq__gte=0)),
            models.CheckConstraint(name="membership_first_seq", condition=Q(first_seq__gte=1)),
            models.CheckConstraint(
                name="membership_muted_until", condition=Q(muted=True) | Q(muted_until=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.chat}"


class Ban(models.Model):
    """Somebody is kept out of a chat: neither added nor let in by a link until it is lifted."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="bans", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_bans")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    by_moderator = models.BooleanField(default=False, help_text=_("Not for owners to lift."))
    at = models.BigIntegerField()
    reason = models.CharField(max_length=MAX_REASON, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chat", "user"], name="one_ban_per_chat"),
        ]

    def __str__(self) -> str:
        return f"{self.user} not in {self.chat}"


class Invitation(models.Model):
    """A link that lets people into a chat. Its address is its id with our signature."""

    invitation_id = models.CharField(primary_key=True, max_length=32, editable=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="invitations")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    created_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    max_uses = models.PositiveIntegerField(null=True, blank=True)
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="invitation_uses", condition=Q(max_uses=None) | Q(uses__lte=F("max_uses"))
            ),
        ]

    def __str__(self) -> str:
        return self.invitation_id
