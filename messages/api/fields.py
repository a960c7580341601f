"""Readers of what clients send: each takes one field, and names it where it is wrong."""

import re
from typing import Any

from django.http import QueryDict
from rest_framework.request import Request

from messages.errors import BadRequest
from messages.identity import MAX_SEQ

_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent, `{}` for an empty body. Fields nobody asks for are ignored."""
    body = request.data
    if not isinstance(body, dict):
        raise BadRequest("The body is a JSON object.")
    return body


def integer(body: dict[str, Any], name: str, *, least: int = 0, most: int = MAX_SEQ) -> int:
    value = body.get(name)
    # To Python True is 1; to a client it is not.
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return value
    raise _bad_number(name, least, most)


def text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if isinstance(value, str):
        return value
    raise BadRequest("%(name)s is a text.", field=name, name=name)


def boolean(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if isinstance(value, bool):
        return value
    raise BadRequest("%(name)s is true or false.", field=name, name=name)


def in_query(query: QueryDict, name: str) -> str | None:
    """A parameter of the address; said twice, it is not clear what is meant."""
    values = query.getlist(name)
    if len(values) > 1:
        raise BadRequest("%(name)s is given once.", field=name, name=name)
    return values[0] if values else None


def number_in_query(
    query: QueryDict, name: str, *, default: int, least: int = 0, most: int = MAX_SEQ
) -> int:
    value = in_query(query, name)
    return default if value is None else number(value, name, least=least, most=most)


def number(value: str, name: str, *, least: int = 0, most: int = MAX_SEQ) -> int:
    """Digits of an address as a number."""
    if _NUMBER.fullmatch(value) and least <= int(value) <= most:
        return int(value)
    raise _bad_number(name, least, most)


def _bad_number(name: str, least: int, most: int) -> BadRequest:
    return BadRequest(
        "%(name)s is a whole number from %(least)d to %(most)d.",
        field=name,
        name=name,
        least=least,
        most=most,
    )
