"""Every refusal this project can give: one enum of codes, one exception per kind."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Code(StrEnum):
    """The codes clients match on (docs/protocol.md §6)."""

    BAD_REQUEST = "badRequest"
    BAD_MESSAGE_ID = "badMessageId"
    BAD_CHAT_ID = "badChatId"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    MUTED = "muted"
    CHAT_FROZEN = "chatFrozen"
    NOT_FOUND = "notFound"
    ID_CONFLICT = "idConflict"
    CONFLICT = "conflict"
    BAD_TRANSITION = "badTransition"
    STALE_CURSOR = "staleCursor"
    TOO_LARGE = "tooLarge"
    RATE_LIMITED = "rateLimited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


def _translated(sentence: Any, blanks: Mapping[str, Any]) -> Any:
    """The sentence in the language of whoever reads it, when they do."""
    if isinstance(sentence, Promise):
        return sentence
    return _Sentence(sentence, blanks)


class _Sentence:
    def __init__(self, sentence: str, blanks: Mapping[str, Any]) -> None:
        self._sentence, self._blanks = sentence, blanks

    def __str__(self) -> str:
        sentence = gettext(self._sentence)
        return sentence % self._blanks if self._blanks else sentence


class ChatError(Exception):
    """A refusal with a code, a sentence for people and what else the client needs to know.

    A sentence of its own is given in English, as it is (`make messages` finds it there), with its
    `%(blanks)s` beside it; it is translated for whoever is told.
    """

    code: Code
    sentence: Any
    retryable = False

    def __init__(
        self,
        message: Any = None,
        *,
        details: Mapping[str, Any] | None = None,
        retry_after_ms: int | None = None,
        **blanks: Any,
    ) -> None:
        self.message = _translated(message, blanks) if message else self.sentence
        self.details = dict(details or {})
        self.retry_after_ms = retry_after_ms
        super().__init__(self.message)

    def as_dict(self) -> dict[str, Any]:
        """The `error` object of every door."""
        error: dict[str, Any] = {
            "code": self.code.value,
            "message": str(self.message),
            "retryable": self.retryable,
            "details": self.details,
        }
        if self.retry_after_ms is not None:
            error["retryAfterMs"] = self.retry_after_ms
        return error


class BadRequest(ChatError):
    """Something in the request is malformed; `field` says which part, by its name on the wire."""

    code = Code.BAD_REQUEST
    sentence = _("The request is malformed.")

    def __init__(self, message: Any = None, *, field: str | None = None, **blanks: Any) -> None:
        super().__init__(message, details={"field": field} if field else None, **blanks)


class BadMessageId(ChatError):
    code = Code.BAD_MESSAGE_ID
    sentence = _("This is not a message id.")


class BadChatId(ChatError):
    code = Code.BAD_CHAT_ID
    sentence = _("This is not a chat id.")


class Unauthenticated(ChatError):
    code = Code.UNAUTHENTICATED
    sentence = _("Please sign in.")


class Forbidden(ChatError):
    code = Code.FORBIDDEN
    sentence = _("You may not do this.")


class Muted(ChatError):
    """`details.until` is the end in ms, or None where there is none."""

    code = Code.MUTED
    sentence = _("You are muted in this chat.")

    def __init__(self, *, until: int | None) -> None:
        super().__init__(details={"until": until})


class ChatFrozen(ChatError):
    code = Code.CHAT_FROZEN
    sentence = _("This chat is frozen; nobody can write in it now.")


class NotFound(ChatError):
    """Also the answer for what exists but is not yours: the two can't be told apart."""

    code = Code.NOT_FOUND
    sentence = _("There is no such thing here.")


class IdConflict(ChatError):
    code = Code.ID_CONFLICT
    sentence = _("This id was already used for something else.")


class Conflict(ChatError):
    code = Code.CONFLICT
    sentence = _("This was changed in the meantime.")


class BadTransition(ChatError):
    code = Code.BAD_TRANSITION
    sentence = _("The message is not in a state that allows this.")


class StaleCursor(ChatError):
    code = Code.STALE_CURSOR
    sentence = _("This position is no longer in the log; start from a snapshot.")


class TooLarge(ChatError):
    code = Code.TOO_LARGE
    sentence = _("This is too large.")


class RateLimited(ChatError):
    """`details.scope` says which limit, `limit` how large it is: `chat` is per user and chat."""

    code = Code.RATE_LIMITED
    sentence = _("Too many messages; please wait a moment.")
    retryable = True

    def __init__(self, message: Any = None, *, scope: str, limit: int, retry_after_ms: int) -> None:
        super().__init__(message, details={"scope": scope}, retry_after_ms=retry_after_ms)
        self.limit = limit


class Unavailable(ChatError):
    code = Code.UNAVAILABLE
    sentence = _("The server is busy; please try again.")
    retryable = True


class Internal(ChatError):
    code = Code.INTERNAL
    sentence = _("Something went wrong on the server.")
    retryable = True
