"""What models and their fields are called in the admin, in the language of who reads it.

Django's names are made of the code's. They are translated here and not at each field, since a name
in another language is no change of the database, and no migration.
"""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as _

NAMES = {
    *(_("actor"), _("agent"), _("at"), _("attempt"), _("author"), _("ban"), _("bans")),
    *(_("body digest"), _("by"), _("by moderator"), _("cause"), _("chat"), _("chat id")),
    *(_("chats"), _("claimed at"), _("client message id"), _("content"), _("created at")),
    *(_("created by"), _("data"), _("decision"), _("decisions"), _("digest"), _("due at")),
    *(_("edited at"), _("epoch"), _("error"), _("event"), _("events"), _("expires at")),
    *(_("feedback"), _("feedbacks"), _("first seq"), _("frozen"), _("held"), _("held words")),
    *(_("history"), _("hold links"), _("html"), _("invitation"), _("invitation id")),
    *(_("invitations"), _("job"), _("jobs"), _("joined at"), _("last at"), _("last error")),
    *(_("last seq"), _("lease until"), _("max uses"), _("membership"), _("memberships")),
    *(_("message"), _("message id"), _("messages"), _("metadata"), _("muted")),
    *(_("muted until"), _("name"), _("oldest seq"), _("problem"), _("problems")),
    *(_("read seq"), _("reason"), _("removed"), _("reply to"), _("report"), _("reporter")),
    *(_("reports"), _("rev"), _("revocation"), _("revocations"), _("revoked at"), _("role")),
    *(_("session"), _("sign in"), _("sign ins"), _("told"), _("told from")),
    *(_("sent seq"), _("seq"), _("slow mode seconds"), _("status"), _("timestamp")),
    *(_("title"), _("token"), _("token name"), _("token names"), _("trace")),
    *(_("transcript"), _("type"), _("undoes"), _("until"), _("url"), _("user"), _("uses")),
    *(_("verb"), _("verdict"), _("why"), _("words")),
    *(_("ending"), _("endings"), _("key"), _("kind"), _("number")),
}

# Of django-axes, which does not speak Portuguese, and knox, which speaks English alone.
BORROWED = {
    *(_("User Agent"), _("IP Address"), _("Username"), _("HTTP Accept"), _("Path")),
    *(_("Attempt Time"), _("Access lock out"), _("access failure"), _("access failures")),
    *(_("GET Data"), _("POST Data"), _("Failed Logins"), _("access attempt")),
    *(_("access attempts"), _("Access Attempt"), _("Expires At"), _("access log")),
    *(_("access attempt expiration"), _("access attempt expirations"), _("access logs")),
    *(_("Logout Time"), _("Session key hash (sha256)"), _("auth token"), _("auth tokens")),
    *(_("digest"), _("token key"), _("user"), _("created"), _("expiry")),
}
# What is said in the pages of django-axes beside the names.
SAID = (
    *(_("Locked Out"), _("Form Data"), _("Meta Data"), _("Not set"), _("Attempt Remaining")),
    _("Clean up expired attempts"),
)


def translate_names() -> None:
    for app in ("chat_messages", "knox"):
        for model in apps.get_app_config(app).get_models():
            _translate(model._meta)
    apps.get_app_config("axes").verbose_name = gettext_lazy("Sign-in attempts")
    apps.get_app_config("knox").verbose_name = gettext_lazy("API tokens")


def _translate(meta: Any) -> None:
    meta.verbose_name = gettext_lazy(str(meta.verbose_name))
    meta.verbose_name_plural = gettext_lazy(str(meta.verbose_name_plural))
    for field in meta.fields:
        field.verbose_name = gettext_lazy(str(field.verbose_name))
