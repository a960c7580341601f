"""What can go wrong with an endpoint, each in a sentence of its own."""

import httpx2
import openai

from messages.processors.ai_stream import BrokenOff, CutShort, Declined, Malformed
from messages.processors.calls import retry_after_ms
from messages.processors.work import Failure, FailureCode

_FAILED = FailureCode.PROCESSING_FAILED
_UNAVAILABLE = FailureCode.UPSTREAM_UNAVAILABLE

KNOWN = (openai.OpenAIError, httpx2.HTTPError, OSError, BrokenOff, CutShort, Declined, Malformed)

# The first that fits; what is derived from comes after what is derived.
_SENTENCES: tuple[tuple[type[Exception], FailureCode, str, bool], ...] = (
    (Malformed, _FAILED, "The AI service sent something that cannot be read.", True),
    (httpx2.SSEError, _FAILED, "The AI service sent something that cannot be read.", True),
    (Declined, _FAILED, "The AI service declined to answer this.", False),
    (BrokenOff, _UNAVAILABLE, "The AI service reported an error in the middle of it.", True),
    (CutShort, _UNAVAILABLE, "The answer broke off before its end.", True),
    (httpx2.HTTPError, _UNAVAILABLE, "The answer broke off before its end.", True),
    (openai.APIConnectionError, _UNAVAILABLE, "The AI service cannot be reached.", True),
    (OSError, _UNAVAILABLE, "The AI service cannot be reached.", True),
    (openai.OpenAIError, _FAILED, "The AI service could not be asked.", False),
)
_REFUSED_KEY = "The AI service refused this server's key; whoever runs it has to look at that."
_UNKNOWN_MODEL = "The AI service does not know the model or address set on this server."
_TOO_LONG = "The AI service refused the question; it may be too long."


def failure_from(error: Exception) -> Failure:
    """For each of KNOWN, what people and engine are told of it."""
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    for kind, code, sentence, retryable in _SENTENCES:
        if isinstance(error, kind):
            return Failure(code, sentence, retryable=retryable)
    raise TypeError(f"{type(error).__name__} is none of KNOWN.")


def too_late(*, is_over: bool) -> Failure:
    """A limit of time was reached: the whole answer's, or that of silence."""
    sentence = "The answer took too long." if is_over else "The AI service said nothing in time."
    return Failure(FailureCode.TIMED_OUT, sentence, retryable=True)


def empty_answer() -> Failure:
    return Failure(_FAILED, "The AI service gave an empty answer.", retryable=True)


def _of_status(error: openai.APIStatusError) -> Failure:
    status = error.status_code
    wait = retry_after_ms(error.response.headers)
    if status == 429:
        return _of_limit(error, wait)
    if status >= 500 or status == 408:
        sentence = f"The AI service is out of order at the moment ({status})."
        return Failure(_UNAVAILABLE, sentence, retryable=True, retry_after_ms=wait)
    if status in (401, 403):
        return Failure(_FAILED, _REFUSED_KEY)
    if status == 404:
        return Failure(_FAILED, _UNKNOWN_MODEL)
    if status in (400, 413, 422):
        return Failure(_FAILED, _TOO_LONG)
    return Failure(_FAILED, f"The AI service answered with something unexpected ({status}).")


def _of_limit(error: openai.APIStatusError, wait: int | None) -> Failure:
    if error.code == "insufficient_quota":
        return Failure(_UNAVAILABLE, "What this server may use of the AI service is used up.")
    sentence = "The AI service has too much to do; it takes more questions later."
    return Failure(_UNAVAILABLE, sentence, retryable=True, retry_after_ms=wait)
