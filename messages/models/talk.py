"""Messages, and the log of what happened in each chat."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from messages.models.chats import Chat

MAX_CONTENT = 16_384


class MessageType(models.TextChoices):
    USER = "user", _("user")
    SYSTEM = "system", _("system")
    YOUTUBE = "youtube", _("YouTube")
    AI = "ai", _("AI")


class Status(models.TextChoices):
    PENDING = "pending", _("pending")
    PROCESSING = "processing", _("processing")
    COMPLETED = "completed", _("completed")
    ERROR = "error", _("error")


class RemovedBy(models.TextChoices):
    AUTHOR = "author", _("author")
    STAFF = "staff", _("staff")
    RETENTION = "retention", _("retention")
    ERASURE = "erasure", _("erasure")


class Message(models.Model):
    """One message as it is now; its past is in the events that point here."""

    message_id = models.CharField(primary_key=True, max_length=50, editable=False)
    chat = models.ForeignKey(Chat, models.CASCADE, related_name="messages", db_index=False)
    type = models.CharField(max_length=8, choices=MessageType)
    content = models.TextField(blank=True)
    html = models.TextField(blank=True)
    timestamp = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=Status)
    metadata = models.JSONField(default=dict, blank=True)
    seq = models.BigIntegerField(help_text=_("Number of the message's first event."))
    rev = models.BigIntegerField(default=1)
    # Nothing asks for all of one person's messages but their erasure, which may walk the table.
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    client_message_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    body_digest = models.CharField(max_length=32, blank=True, editable=False)
    reply_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    error = models.JSONField(null=True, blank=True)
    edited_at = models.BigIntegerField(null=True, blank=True)
    removed = models.CharField(max_length=10, null=True, blank=True, choices=RemovedBy)  # noqa: DJ001
    # What is said in a video: context for answers, never on the wire.
    transcript = models.TextField(blank=True, db_default="", editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chat", "seq"], name="one_message_per_seq"),
            models.UniqueConstraint(
                fields=["chat", "author", "client_message_id"],
                name="one_message_per_client_id",
                condition=Q(client_message_id__isnull=False),
            ),
            models.CheckConstraint(name="message_type", condition=Q(type__in=MessageType.values)),
            models.CheckConstraint(name="message_status", condition=Q(status__in=Status.values)),
            models.CheckConstraint(
                name="message_born_completed",
                condition=Q(type__in=["youtube", "ai"]) | Q(status="completed"),
            ),
            models.CheckConstraint(
                name="message_error_while_error",
                condition=Q(status="error", error__isnull=False)
                | (~Q(status="error") & Q(error=None)),
            ),
            models.CheckConstraint(
                name="message_removed_is_empty",
                condition=Q(removed=None)
                | Q(removed__in=RemovedBy.values, content="", html="", transcript=""),
            ),
            models.CheckConstraint(name="message_counts", condition=Q(seq__gte=1, rev__gte=1)),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["chat", "seq"],
                name="open_messages",
                condition=Q(status__in=["pending", "processing"]),
            ),
            # Without it each deleted message is a walk through the table for what replied to it.
            models.Index(fields=["reply_to"], name="replies", condition=Q(reply_to__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.message_id


class EventType(models.TextChoices):
    """`<type>_message` and `<type>_message_update` per message type, then the rest."""

    USER_MESSAGE = "user_message"
    SYSTEM_MESSAGE = "system_message"
    YOUTUBE_MESSAGE = "youtube_message"
    AI_MESSAGE = "ai_message"
    USER_MESSAGE_UPDATE = "user_message_update"
    SYSTEM_MESSAGE_UPDATE = "system_message_update"
    YOUTUBE_MESSAGE_UPDATE = "youtube_message_update"
    AI_MESSAGE_UPDATE = "ai_message_update"
    MESSAGE_REMOVED = "message_removed"
    MEMBER_JOINED = "member_joined"
    MEMBER_LEFT = "member_left"
    MEMBER_MUTED = "member_muted"
    MEMBER_UNMUTED = "member_unmuted"
    CHAT_FROZEN = "chat_frozen"
    CHAT_UNFROZEN = "chat_unfrozen"
    CHAT_RENAMED = "chat_renamed"
    CHAT_HISTORY_CHANGED = "chat_history_changed"


class Event(models.Model):
    """One numbered line of a chat's log. It points at its message and holds no content."""

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    at = models.BigIntegerField()
    type = models.CharField(max_length=24, choices=EventType)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    message = models.ForeignKey(
        Message, models.CASCADE, null=True, blank=True, related_name="events"
    )
    data = models.JSONField(null=True, blank=True)

    class Meta:
        ordering = ("seq",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chat", "seq"], name="one_event_per_seq"),
            models.CheckConstraint(name="event_type", condition=Q(type__in=EventType.values)),
        ]

    def __str__(self) -> str:
        return f"{self.chat_id} {self.seq} {self.type}"
