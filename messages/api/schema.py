"""How the API describes itself: what each view adds to the OpenAPI document."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.serializers import Serializer

from messages.api import shapes
from messages.api.errors import STATUS
from messages.identity import MAX_SEQ
from messages.ratelimit import Limit

View = TypeVar("View", bound=Callable[..., Any])
Shape = type[Serializer[Any]]

_ANYWHERE = (401, 500, 503)
_WITH_A_BODY = (413, 415)


def documented(
    operation_id: str,
    *,
    answers: Mapping[int, Shape | None],
    request: Shape | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    refusals: Sequence[int] = (),
    limit: Limit | None = None,
) -> Callable[[View], View]:
    """Describe a view; its docstring is what people read. `refusals` go without those which
    every view can give, or every view with a body; what has a limit has the headers that say so,
    which `ApiView` gives to what is answered."""
    if limit is not None:
        refusals = (*refusals, 429)
        parameters = (*parameters, *_headers_of_a_limit([*answers, 429]))
    elif 429 in refusals and not parameters:
        parameters = _headers_of_a_limit([429])
    expected = {*refusals, *_ANYWHERE, *(_WITH_A_BODY if request else ())}
    described = extend_schema(
        operation_id=operation_id,
        request=request,
        parameters=list(parameters),
        responses={**answers, **{status: _refusal(status) for status in sorted(expected)}},
    )

    def document(view: View) -> View:
        vars(view)["limit"] = limit
        return described(view)

    return document


def _refusal(status: int) -> OpenApiResponse:
    codes = [code.value for code, its_status in STATUS.items() if its_status == status]
    return OpenApiResponse(shapes.Error, description=", ".join(codes) or "badRequest")


def number_parameter(
    name: str, *, least: int = 0, most: int = MAX_SEQ, default: int | None = None
) -> OpenApiParameter:
    """A number after the question mark."""
    schema = {"type": "integer", "format": "int64", "minimum": least, "maximum": most}
    return OpenApiParameter(name, schema if default is None else schema | {"default": default})


def _answer_header(name: str, description: str, statuses: Sequence[int]) -> OpenApiParameter:
    return OpenApiParameter(
        name, int, OpenApiParameter.HEADER, description=description, response=statuses
    )


_OF_A_SEND = (200, 201, 400, 403, 409, 413, 429)
SEND_HEADERS = (
    _answer_header("RateLimit-Limit", "How many sends the limit allows.", _OF_A_SEND),
    _answer_header("RateLimit-Remaining", "How many of them are left.", _OF_A_SEND),
    _answer_header("RateLimit-Reset", "Seconds until they are all there again.", _OF_A_SEND),
    _answer_header("Retry-After", "Seconds until the next send is accepted.", [429]),
)


def _headers_of_a_limit(statuses: Sequence[int]) -> tuple[OpenApiParameter, ...]:
    return (
        _answer_header("RateLimit-Limit", "How many attempts the limit allows.", statuses),
        _answer_header("RateLimit-Remaining", "How many of them are left.", statuses),
        _answer_header("RateLimit-Reset", "Seconds until they are all there again.", statuses),
        _answer_header("Retry-After", "Seconds until the next attempt is looked at.", [429, 503]),
    )


_IN_THE_PATH: dict[str, dict[str, Any]] = {
    "chat_id": {"type": "string", "pattern": shapes.CHAT_ID},
    "message_id": {"type": "string", "pattern": shapes.MESSAGE_ID},
    "token_id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
    "user_id": {"type": "integer", "minimum": 1},
    "decision_id": {"type": "integer", "minimum": 1},
    "held_id": {"type": "integer", "minimum": 1},
    "invitation_id": {"type": "string"},
    "token": {"type": "string"},
}


class ApiSchema(AutoSchema):
    """Says what the names in an address look like."""

    def get_override_parameters(self) -> list[Any]:
        return [
            OpenApiParameter(name, _IN_THE_PATH[name], OpenApiParameter.PATH)
            for name in re.findall(r"\{(\w+)\}", self.path)
        ]


class _TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "messages.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "From auth/token/."}


class _CookieScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "messages.api.authentication.CookieAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "A browser's session; unsafe methods need the X-CSRFToken header too.",
        }


def add_stream(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The one address that is no view of DRF's: an answer without an end, described by hand."""
    text: dict[str, Any] = {"type": "string"}
    places = [
        ("chats", "query", True),
        ("since", "query", False),
        ("Last-Event-ID", "header", False),
    ]
    refusals = {
        str(status): {
            "description": ", ".join(code for code, its in STATUS.items() if its == status),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
        for status in sorted({400, 401, 404, 413, 429, 500, 503})
    }
    stream = {"description": "Frames.", "content": {"text/event-stream": {"schema": text}}}
    result["paths"]["/api/v1/stream/"] = {
        "get": {
            "operationId": "streamEvents",
            "description": "The frames of a socket as server-sent events (docs/protocol.md §5.1).",
            "parameters": [
                {"name": name, "in": place, "required": is_required, "schema": text}
                for name, place, is_required in places
            ],
            "tags": ["stream"],
            "security": [{"token": []}, {"session": []}],
            "responses": {"200": stream} | refusals,
        }
    }
    return result
