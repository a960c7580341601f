"""What shapes are made of, and the two that all the others need."""

from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from messages.errors import Code
from messages.history import MAX_LOOKUP
from messages.identity import MAX_SEQ

Shape = type[serializers.Serializer[Any]]

CHAT_ID = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$"
CLIENT_MESSAGE_ID = r"^[A-Za-z0-9_-]{1,64}$"
CURSOR = r"^[a-z0-9]{1,16}:(0|[1-9][0-9]{0,18})$"
MESSAGE_ID = r"^[0-9]{13}-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
HEX_16 = r"^[0-9a-f]{16}$"


def shape(name: str, /, **fields: Any) -> Shape:
    """A serializer class; its fields have the names they have on the wire."""
    return type(name, (serializers.Serializer,), fields)


def field(schema: dict[str, Any], **options: Any) -> Any:
    return extend_schema_field(schema)(type("Field", (serializers.Field,), {}))(**options)


def text(pattern: str | None = None, *, most: int | None = None, **options: Any) -> Any:
    limits = {"pattern": pattern, "maxLength": most}
    return field({"type": "string"} | {k: v for k, v in limits.items() if v}, **options)


def number(least: int = 0, *, most: int = MAX_SEQ, **options: Any) -> Any:
    schema = {"type": "integer", "format": "int64", "minimum": least, "maximum": most}
    return field(schema, **options)


def choice(values: Iterable[str], **options: Any) -> Any:
    null = [None] if options.get("allow_null") else []
    return field({"type": "string", "enum": [*values, *null]}, **options)


def yes_or_no(**options: Any) -> Any:
    return field({"type": "boolean"}, **options)


def any_object(**options: Any) -> Any:
    return field({"type": "object", "additionalProperties": True}, **options)


Error = shape(
    "Error",
    error=shape(
        "ErrorBody",
        code=choice(code.value for code in Code),
        message=text(help_text="For people."),
        retryable=yes_or_no(),
        details=any_object(),
        retryAfterMs=number(required=False),
    )(),
)

Person = shape("Person", id=number(1), name=text())

MESSAGE_IDS = {
    "type": "array",
    "items": {"type": "string", "pattern": MESSAGE_ID},
    "minItems": 1,
    "maxItems": MAX_LOOKUP,
}
