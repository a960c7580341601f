"""Decode JSON from outside, refusing all that other readers would understand differently."""

import re
from json import JSONDecoder
from math import isfinite
from typing import Any, NoReturn

import orjson

from messages.errors import BadRequest

MAX_DEPTH = 20
_MIN_INTEGER, _MAX_INTEGER = -(2**63), 2**63 - 1
# Strings as a whole, closed or not, so that brackets inside them do not count; possessive, so
# that a frame of nothing but quotes is read once and not once for each quote.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{}]', re.DOTALL)


def decode(text: str | bytes) -> object:
    """The value of one JSON text (bytes: UTF-8): dict, list, str, int, float, bool or None.

    Raises BadRequest for what is not JSON or not UTF-8, a byte order mark, a name twice in one
    object, containers more than 20 deep (a flat object is 1), NaN and the infinities also when
    written as 1e999, integers beyond 64 bits, and strings with NUL or half a surrogate pair.
    """
    if isinstance(text, bytes):
        text = _from_utf8(text)
    elif not text.isascii():
        _require_whole_characters(text)
    return _plain(text) or _whole(text)


def _plain(text: str) -> dict[str, Any] | None:
    """The common case by a quicker parser, where all that makes it differ can be ruled out: a
    flat object without escapes, whose quotes are those of its different names and its texts."""
    if "\\" in text:
        return None
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    if type(value) is not dict:
        return None
    quoted = len(value)
    for member in value.values():
        kind = type(member)
        if kind is str:
            quoted += 1
        elif kind is int:
            if member > _MAX_INTEGER:
                return None
        elif kind is not bool and member is not None:
            return None
    return value if text.count('"') == 2 * quoted else None


def _whole(text: str) -> object:
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _require_shallow(text)
    try:
        value = _decode(text)
    except ValueError:
        raise BadRequest("This is not JSON.") from None
    if "\\u" in text:
        _require_clean_strings(value)
    return value


def _from_utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise BadRequest("This is not UTF-8.") from None


def _require_whole_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("A string has half a surrogate pair.") from None


def _require_shallow(text: str) -> None:
    """Before parsing: the parser recurses, and how far it can depends on who calls it."""
    depth = 0
    for piece in _STRING_OR_BRACKET.findall(text):
        if piece in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise BadRequest("The JSON is nested too deeply.")
        elif piece in "]}":
            depth -= 1


def _require_clean_strings(value: object) -> None:
    """Only escapes bring NUL and half surrogate pairs past the parser, so this is rarely needed."""
    if isinstance(value, str):
        if "\0" in value:
            raise BadRequest("A string has a NUL character.")
        _require_whole_characters(value)
    elif isinstance(value, dict):
        for name, member in value.items():
            _require_clean_strings(name)
            _require_clean_strings(member)
    elif isinstance(value, list):
        for member in value:
            _require_clean_strings(member)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise BadRequest("An object has the same name twice.")
    return members


def _integer(digits: str) -> int:
    value = int(digits)  # ValueError above 4300 digits
    if _MIN_INTEGER <= value <= _MAX_INTEGER:
        return value
    raise BadRequest("A number is too large.")


def _float(digits: str) -> float:
    value = float(digits)
    if isfinite(value):
        return value
    raise BadRequest("A number is too large.")


def _constant(name: str) -> NoReturn:
    raise BadRequest("NaN and Infinity are not JSON.")


_decode = JSONDecoder(
    object_pairs_hook=_object,
    parse_int=_integer,
    parse_float=_float,
    parse_constant=_constant,
).decode
