"""Open work on messages, and what people think of what came of it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messages.models.chats import Chat
from messages.models.talk import Message


class Job(models.Model):
    """The work on one `youtube` or `ai` message, there as long as the message is open.

    The row is the queue. Whoever claims it gets a token, which every later write quotes.
    """

    message = models.OneToOneField(
        Message, models.CASCADE, primary_key=True, related_name="job", editable=False
    )
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="jobs", db_index=False)
    attempt = models.PositiveSmallIntegerField(default=0, help_text=_("Claims up to now."))
    due_at = models.BigIntegerField(help_text=_("Not to be claimed before, in milliseconds."))
    claimed_at = models.BigIntegerField(null=True, blank=True, help_text=_("The first claim."))
    lease_until = models.BigIntegerField(null=True, blank=True)
    token = models.CharField(max_length=32, blank=True, editable=False)
    last_error = models.JSONField(null=True, blank=True)
    # What `messages/told.py` is about.
    told_from = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    told = models.TextField(default="", db_default="", editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="job_lease_has_token", condition=Q(lease_until=None) | ~Q(token="")
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="due_jobs")]

    def __str__(self) -> str:
        return self.message_id


class Verdict(models.TextChoices):
    UP = "up", _("up")
    DOWN = "down", _("down")


class Feedback(models.Model):
    """What one person thinks of one answer."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="feedback", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_feedback")
    verdict = models.CharField(max_length=4, choices=Verdict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["message", "user"], name="one_feedback_per_person"),
            models.CheckConstraint(
                name="feedback_verdict", condition=Q(verdict__in=Verdict.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.verdict}"
