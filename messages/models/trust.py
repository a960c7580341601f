"""Who signs in with what, and how it ends that somebody hears."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from messages.models.chats import Chat

MAX_TOKEN_NAME = 64
MAX_AGENT = 200


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
