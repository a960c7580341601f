"""What pages say about a message or the connection: one table for templates and script.

Its sentences are of the script's catalogue, `djangojs`, whoever shows them.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation.trans_real import DjangoTranslation

from messages.models import MessageType, RemovedBy, Status
from messages.representation import WireMessage

_ENGLISH = "en"


@cache
def _catalogue(language: str) -> DjangoTranslation:
    folders = [str(folder) for folder in settings.LOCALE_PATHS]
    return DjangoTranslation(language, domain="djangojs", localedirs=folders)


def _language_now() -> str:
    return get_language() or _ENGLISH


def _sentence(sentence: str) -> str:
    return str(_catalogue(_language_now()).gettext(sentence))


def _form(one: str, other: str, count: int) -> str:
    return str(_catalogue(_language_now()).ngettext(one, other, count))


def _elsewhere(sentence: str) -> str:
    """Nothing in English: there the sentence that is stored with the failure says more."""
    return "" if _language_now().startswith(_ENGLISH) else _sentence(sentence)


_ = lazy(_sentence, str)
in_portuguese = lazy(_elsewhere, str)
_lazy_language = lazy(_language_now, str)
_lazy_form = lazy(_form, str)


def counted(one: str, other: str) -> dict[str, Any]:
    """Both forms of what is said of `{count}` things; which fits is for `static/js/words.js`."""
    forms = {"one": _lazy_form(one, other, 1), "other": _lazy_form(one, other, 2)}
    return {"language": _lazy_language(), **forms}


# `{name}` is filled in by whoever shows it.
WORDS: dict[str, Any] = {
    "system": _("System"),
    "assistant": _("Assistant"),
    "nobody": _("Somebody who has left"),
    "ai.pending": _("Waiting for an answer…"),
    "ai.processing": _("Writing an answer…"),
    "tryOf": _("{state} (try {attempt} of {of})"),
    "youtube.pending": _("Waiting to look at the video…"),
    "youtube.processing": _("Looking at the video…"),
    "asking": _("About: {words}"),
    "replying": _("Reply to {name}: {words}"),
    "editing": _("Editing: {words}"),
    "gone": _("The message is gone."),
    "newMessages": counted("{count} new", "{count} new"),
    "toEnd": _("To the newest messages"),
    "copied": _("Link copied"),
    "notDone": _("That did not work: {reason}"),
    "noConnection": _("there is no connection."),
    "left": counted("{count} character left", "{count} characters left"),
    "over": counted("{count} character too many", "{count} characters too many"),
    "said": _("{name}: {words}"),
    "error": _("Failed: {reason}"),
    "errorUnknown": _("no reason is known"),
    "failed.processingFailed": in_portuguese("the work on it could not be done."),
    "failed.upstreamUnavailable": in_portuguese(
        "the service that is needed for it is out of reach."
    ),
    "failed.unsupportedVideo": in_portuguese("this video cannot be used."),
    "failed.cancelled": in_portuguese("it was stopped."),
    "failed.timedOut": in_portuguese("it took too long."),
    "removed": _("This message was removed."),
    "removed.author": _("This message was removed by its author."),
    "removed.staff": _("This message was removed by a moderator."),
    "why": _("{state} Reason: {reason}"),
    "sending": _("Sending…"),
    "waiting": _("Too many at once. Goes on in {seconds} s…"),
    "notSent": _("Not sent: {reason}"),
    "noReason": _("the connection has ended."),
    "inStep": _("In step"),
    "catchingUp": _("Catching up…"),
    "behind": counted("{count} behind, catching up", "{count} behind, catching up"),
    "incomplete": _("History incomplete before {time}"),
    "offline": _("Offline, trying again"),
    "offlineUnsent": counted(
        "Offline, {count} waiting to send", "Offline, {count} waiting to send"
    ),
    "signedOut": _("You are signed out. Please sign in again."),
    "noAccess": _("This chat is no longer open to you."),
    "broken": _("This page and the server no longer understand each other. Please reload it."),
    "here": _("Also here: {names}"),
    "alone": _("Nobody else is here"),
    "typingOne": _("{names} is typing…"),
    "typingMany": _("{names} are typing…"),
}


def author_of(message: WireMessage) -> str:
    """The name over a message."""
    if message["author"] is not None:
        return str(message["author"]["name"])
    match message["type"]:
        case MessageType.SYSTEM:
            return str(WORDS["system"])
        case MessageType.AI:
            return str(WORDS["assistant"])
        case _:
            return str(WORDS["nobody"])


def state_of(message: WireMessage) -> str:
    """What has to be said of a message that is not simply there; empty where it is."""
    if message["removed"]:
        by = message["removed"]
        named = by in (RemovedBy.AUTHOR, RemovedBy.STAFF)
        return str(WORDS[f"removed.{by}" if named else "removed"])
    if message["status"] == Status.ERROR:
        error = message["error"] or {}
        known = str(WORDS.get(f"failed.{error.get('code')}", ""))
        reason = known or error.get("detail") or WORDS["errorUnknown"]
        return str(WORDS["error"]).format(reason=reason)
    return str(WORDS.get(f"{message['type']}.{message['status']}", ""))
