"""What is stored: chats, who belongs to them, messages, the log of events, open work, decisions."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messages.identity import new_chat_id, new_epoch

MAX_TITLE = 120
MAX_SLOW_MODE = 21_600  # seconds
MAX_TOKEN_NAME = 64
MAX_CONTENT = 16_384
MAX_REASON = 500
MAX_HELD_WORDS = 2_048
MAX_PROBLEM = 2_000
MAX_AGENT = 200


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


class Cause(models.TextChoices):
    LEFT = "left", _("left")
    REMOVED = "removed", _("removed")
    BANNED = "banned", _("banned")
    RIGHTS = "rights", _("no longer a moderator")
    SESSION = "session", _("session ended")
    TOKEN = "token", _("token revoked")
    ACCOUNT = "account", _("account deactivated")


class Revocation(models.Model):
    """Somebody no longer hears a chat: why, and what was the last that they were sent.

    Of a membership it is written with its end, at number `seq` of the log, which nothing from
    there on passes; of a sign-in by the process that held its connection.
    """

    chat = models.ForeignKey(Chat, models.CASCADE, related_name="revocations", db_index=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="chat_revocations", db_index=False
    )
    cause = models.CharField(max_length=8, choices=Cause)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False
    )
    at = models.BigIntegerField()
    seq = models.BigIntegerField(null=True, help_text=_("Number of the event that says so."))
    sent_seq = models.BigIntegerField(
        null=True, help_text=_("Number of the last event sent; none where nothing was open.")
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="revocation_cause", condition=Q(cause__in=Cause.values)),
            models.CheckConstraint(
                name="revocation_sends_nothing_later",
                condition=Q(seq=None) | Q(sent_seq=None) | Q(sent_seq__lt=F("seq")),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "chat"], name="revocations_of")]

    def __str__(self) -> str:
        return f"{self.user} no longer hears {self.chat}"


class Ending(models.Model):
    """A sign-in has ended: written by the database itself, in the transaction that ends it.

    `key` is the session's key, the token's digest or the user's id. Numbers have no holes and are
    given in the order of the commits (see `endings`).
    """

    class Kind(models.TextChoices):
        SESSION = "session"
        TOKEN = "token"  # noqa: S105
        USER = "user"

    number = models.BigIntegerField(primary_key=True)
    kind = models.CharField(max_length=7, choices=Kind)
    key = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"{self.number}: {self.kind}"


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


class TokenName(models.Model):
    """What somebody calls one of their API tokens; the token itself is knox's."""

    token = models.OneToOneField(
        "knox.AuthToken", models.CASCADE, primary_key=True, related_name="+"
    )
    name = models.CharField(max_length=MAX_TOKEN_NAME)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="token_name_is_not_empty", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class SignIn(models.Model):
    """Who has begun a session, when, and with what browser; the session itself is Django's."""

    # Without a constraint: processes of the release before delete sessions and know of no such row.
    session = models.OneToOneField(
        "sessions.Session", models.CASCADE, related_name="signin", db_constraint=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.BigIntegerField(help_text=_("Milliseconds since the epoch, UTC."))
    agent = models.CharField(max_length=MAX_AGENT, blank=True)

    def __str__(self) -> str:
        return str(self.pk)


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
