"""Every refusal and failure as an answer: a status, and the error shape of docs/protocol.md §6."""

import logging
import secrets
from typing import Any

import orjson
from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.response import Response

from messages.api.authentication import SCHEME
from messages.api.renderers import OrjsonRenderer
from messages.errors import (
    BadRequest,
    ChatError,
    Code,
    Forbidden,
    Internal,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from messages.windows import Budget

logger = logging.getLogger(__name__)

STATUS = {
    Code.BAD_REQUEST: 400,
    Code.BAD_MESSAGE_ID: 400,
    Code.BAD_CHAT_ID: 400,
    Code.UNAUTHENTICATED: 401,
    Code.FORBIDDEN: 403,
    Code.MUTED: 403,
    Code.CHAT_FROZEN: 403,
    Code.NOT_FOUND: 404,
    Code.ID_CONFLICT: 409,
    Code.CONFLICT: 409,
    Code.BAD_TRANSITION: 409,
    Code.STALE_CURSOR: 410,
    Code.TOO_LARGE: 413,
    Code.RATE_LIMITED: 429,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
}

# What Django and DRF raise, the first that fits; anything else is a mistake of ours.
_KINDS: tuple[tuple[type[Exception], type[ChatError]], ...] = (
    (exceptions.NotAuthenticated, Unauthenticated),
    (exceptions.AuthenticationFailed, Unauthenticated),
    (exceptions.PermissionDenied, Forbidden),
    (exceptions.NotFound, NotFound),
    (exceptions.APIException, BadRequest),
    (RequestDataTooBig, TooLarge),
    (SuspiciousOperation, BadRequest),
    (DjangoBadRequest, BadRequest),
    (MultiPartParserError, BadRequest),
    (UnreadablePostError, BadRequest),
    (InterfaceError, Unavailable),
    (DatabaseError, Unavailable),
    (Exception, Internal),
)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response:
    """The one place where an exception becomes an answer."""
    error, status = _translated(exc)
    details = error.as_dict()
    if error.code is Code.INTERNAL or (status >= 500 and error is not exc):
        _report(exc, context, details["details"])
    # Also where the page itself would be HTML.
    context["request"].accepted_renderer = OrjsonRenderer()
    context["request"].accepted_media_type = OrjsonRenderer.media_type
    return Response({"error": details}, status, headers=headers_of(error))


def refusal(error: ChatError) -> HttpResponse:
    """The same answer where DRF has no part in it."""
    body = orjson.dumps({"error": error.as_dict()})
    return HttpResponse(
        body, status=STATUS[error.code], content_type="application/json", headers=headers_of(error)
    )


def _translated(exc: Exception) -> tuple[ChatError, int]:
    if isinstance(exc, ChatError):
        return exc, STATUS[exc.code]
    kind = next(kind for raised, kind in _KINDS if isinstance(exc, raised))
    if isinstance(exc, exceptions.APIException):
        # 405 and 415 have a status of their own, but no code.
        return kind(str(exc.detail)), exc.status_code
    error = kind()
    return error, STATUS[error.code]


def _report(exc: Exception, context: dict[str, Any], details: dict[str, Any]) -> None:
    """Log what went wrong here, under a number that the client is told too."""
    details["traceId"] = secrets.token_hex(8)
    request = context["request"]
    asked = f"{request.method} {request.path!r}"
    logger.error("%s failed, traceId %s", asked, details["traceId"], exc_info=exc)


def headers_of(error: ChatError) -> dict[str, str]:
    """What says so besides the body, which may be a page."""
    headers = {}
    if error.code is Code.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = SCHEME
    if error.retry_after_ms is not None:
        headers["Retry-After"] = str(seconds(error.retry_after_ms))
        if isinstance(error, RateLimited):
            headers |= headers_of_budget(Budget(0, error.retry_after_ms, error.limit))
    return headers


def headers_of_budget(budget: Budget | None) -> dict[str, str]:
    """What is left of a limit, as documents and clients know it."""
    if budget is None:
        return {}
    return {
        "RateLimit-Limit": str(budget.limit),
        "RateLimit-Remaining": str(budget.remaining),
        "RateLimit-Reset": str(seconds(budget.reset_ms)),
    }


def seconds(ms: int) -> int:
    """Whole seconds, rounded up: who waits that long has waited long enough."""
    return -(-ms // 1000)
