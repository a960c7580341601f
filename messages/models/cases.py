"""What people report, what waits for a moderator, and what was decided."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messages.models.chats import MAX_REASON, Chat
from messages.models.talk import Message, MessageType
from messages.models.trust import MAX_AGENT

MAX_PROBLEM = 2_000


class Verb(models.TextChoices):
    """What can be decided. The second of each pair undoes the first."""

    DISMISS = "dismiss", _("dismiss")
    REOPEN = "reopen", _("reopen")
    REMOVE = "remove", _("remove")
    WARN = "warn", _("warn")
    MUTE = "mute", _("mute")
    UNMUTE = "unmute", _("unmute")
    BAN = "ban", _("ban")
    UNBAN = "unban", _("lift the ban")
    FREEZE = "freeze", _("freeze")
    UNFREEZE = "unfreeze", _("unfreeze")
    RELEASE = "release", _("release")
    REJECT = "reject", _("reject")


class Decision(models.Model):
    """What staff (or an owner) decided, once and for all: who, when, why, and what about.

    Never edited: undoing is another decision. Erasing somebody takes names and reasons out.
    """

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=8, choices=Verb)
    at = models.BigIntegerField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    by_moderator = models.BooleanField(
        default=False, db_default=False, help_text=_("Not for owners to take back.")
    )
    reason = models.CharField(max_length=MAX_REASON, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="decisions_about",
        help_text=_("Whom it is about."),
    )
    message = models.ForeignKey(
        Message, models.SET_NULL, null=True, blank=True, related_name="decisions"
    )
    until = models.BigIntegerField(
        null=True, blank=True, help_text=_("When a mute ends, in milliseconds.")
    )
    undoes = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="undone_by"
    )

    class Meta:
        ordering = ("-pk",)
        constraints: ClassVar = [
            models.CheckConstraint(name="decision_verb", condition=Q(verb__in=Verb.values)),
            models.CheckConstraint(
                name="decision_until_of_mute", condition=Q(until=None) | Q(verb="mute")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verb} ({self.pk})"


class Report(models.Model):
    """What one person finds wrong with one message; open until a decision settles it."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="reports", db_index=False)
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_reports"
    )
    reason = models.CharField(max_length=MAX_REASON)
    at = models.BigIntegerField()
    decision = models.ForeignKey(
        Decision, models.SET_NULL, null=True, blank=True, related_name="reports"
    )

    class Meta:
        ordering = ("pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "reporter"], name="one_report_per_person"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["message"], name="open_reports", condition=Q(decision=None)),
        ]

    def __str__(self) -> str:
        return f"{self.reporter}: {self.message_id}"


class Held(models.Model):
    """A send that waits for a moderator: no message yet, without a number, in nobody's log."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="held", db_index=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    client_message_id = models.CharField(max_length=64)
    type = models.CharField(max_length=8, choices=MessageType)
    content = models.TextField(blank=True)
    url = models.TextField(null=True, blank=True)  # noqa: DJ001
    reply_to = models.CharField(max_length=50, null=True, blank=True)  # noqa: DJ001
    digest = models.CharField(max_length=32)
    why = models.CharField(max_length=4, choices=[("word", _("word")), ("link", _("link"))])
    at = models.BigIntegerField()

    class Meta:
        ordering = ("pk",)
        verbose_name_plural = _("held")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["chat", "author", "client_message_id"], name="one_held_per_client_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.client_message_id}"


class Problem(models.Model):
    """What somebody says went wrong on their page, with the trace of frames that it had.

    A trace has types, numbers and times; neither content nor names (`messages/problems.py`).
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    at = models.BigIntegerField(help_text=_("Milliseconds since the epoch, UTC."))
    words = models.TextField(max_length=MAX_PROBLEM)
    agent = models.CharField(max_length=MAX_AGENT, blank=True)
    trace = models.JSONField()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return str(self.pk)
