"""Strict JSON: what is refused, each beside its nearest neighbour that is not."""

import json
import math
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages import strict_json
from messages.errors import BadRequest, Code
from messages.strict_json import decode

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
PIECES = st.sampled_from(
    [
        *'{}[],:"\\-10. \n\0\ufeffé\ud800',
        *("\\u", "d800", "0000", "\\udc00", "\\\\", '"a"', '{"a":', "e9999", "9" * 19),
        *("true", "null", "NaN", "-Infinity", "[" * 30, "]" * 30, '{"a":' * 30),
    ]
)


def refuses(text: str | bytes) -> bool:
    try:
        decode(text)
    except BadRequest as refusal:
        return refusal.code == Code.BAD_REQUEST
    return False


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


@given(VALUES, st.sampled_from([{}, {"ensure_ascii": False}, {"indent": 1}]))
def test_every_json_value_comes_back_as_it_was(value: object, style: dict[str, Any]) -> None:
    text = json.dumps(value, **style)
    if deepest(value) <= 20:
        assert repr(decode(text)) == repr(value)
        assert repr(decode(text.encode())) == repr(value)
    else:
        assert refuses(text)


def deepest(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(deepest, value.values()), default=0)
    return 1 + max(map(deepest, value), default=0) if isinstance(value, list) else 0


@pytest.mark.parametrize(
    "refused, taken",
    [
        # not JSON at all
        ("", '""'),
        (" ", " 0 "),
        ("hello", '"hello"'),
        ("{'a': 1}", '{"a": 1}'),
        ("{a: 1}", '{"a": 1}'),
        ('{"a": 1,}', '{"a": 1}'),
        ("[1,]", "[1]"),
        ("[1] [2]", "[1,[2]]"),
        ("[1", "[1]"),
        ('"a', '"a"'),
        ("01", "0"),
        ("1.", "1.0"),
        ("+1", "1"),
        ("0x10", "10"),
        ("\N{ARABIC-INDIC DIGIT ONE}", "1"),
        ("[1] // one", "[1]"),
        ("True", "true"),
        ("\N{NO-BREAK SPACE}1", " 1"),
        ('"a\nb"', '"a\\nb"'),
        ('"\\x41"', '"\\u0041"'),
        ('"\\u12_4"', '"\\u1234"'),
        # a byte order mark, other encodings, bytes that are no UTF-8
        ("\ufeff{}", "{}"),
        (b"\xef\xbb\xbf{}", b"{}"),
        ('{"a":1}'.encode("utf-16"), b'{"a":1}'),
        ('{"a":1}'.encode("utf-16-le"), b'{"a":1}'),
        ('{"a":1}'.encode("utf-32"), b'{"a":1}'),
        (b'"\xff"', b'"\xc3\xbf"'),
        (b'"\xc0\x80"', b'"\xc2\x80"'),
        (b'"\xed\xa0\x80"', b'"\xed\x9f\xbf"'),
        (b'"\xf4\x90\x80\x80"', b'"\xf4\x8f\xbf\xbf"'),
        # names twice
        ('{"a":1,"a":1}', '{"a":1,"A":1}'),
        ('{"a":1,"b":2,"\\u0061":1}', '{"a":1,"b":2,"\\u0062x":1}'),
        ('[{"a":{"b":[{"":1,"":2}]}}]', '[{"a":{"b":[{"":1," ":2}]}}]'),
        ('{"a":{"x":1},"a":{"y":2}}', '{"a":{"x":1},"b":{"x":2}}'),
        # numbers beyond what everybody can read
        ("NaN", "null"),
        ('{"a":[Infinity]}', '{"a":["Infinity"]}'),
        ("-Infinity", '"-Infinity"'),
        ("1e999", "1e99"),
        ('{"a":-1e999}', '{"a":1e-999}'),
        ("9223372036854775808", "9223372036854775807"),
        ("-9223372036854775809", "-9223372036854775808"),
        ('{"id":18446744073709551615}', '{"id":1844674407370955161}'),
        ("1" * 5000, '"' + "1" * 5000 + '"'),
        ("1" * 400 + ".5", "1" * 300 + ".5"),
        # NUL and halves of surrogate pairs, in values and in names
        ('"\\u0000"', '"\\\\u0000"'),
        ('{"a\\u0000":1}', '{"a\\u0001":1}'),
        ('[{"a":["\\u0000"]}]', '[{"a":["\\u0020"]}]'),
        ('"\0"', '"0"'),
        ("\0{}", "\t{}"),
        ('"\\ud800"', '"\\ud7ff"'),
        ('"\\udc00\\ud800"', '"\\ud83d\\ude00"'),
        ('{"\\uDFFF":1}', '{"\\uE000":1}'),
        ('["\\ud83d \\ude00"]', '["\\ud83d\\ude00 "]'),
        ('"\ud800"', '"\ud7ff"'),
        ('{"a":"\ude00"}', '{"a":"\U0001f600"}'),
        # nesting
        (nested(21), nested(20)),
        (nested(21, '{"a":[', "]}")[: -2 * 11], nested(10, '{"a":[', "]}")),
        (
            nested(20, '{"a":', "}").replace("}", "{}}", 1),
            nested(19, '{"a":', "}").replace("}", "{}}", 1),
        ),
        ("[" + nested(5) + "," + nested(20) + "]", "[" + nested(19) + "," + nested(19) + "]"),
        ("[" * 65536, '"' + "[" * 65534 + '"'),
        ('{"a":' * 13000, '{"a":"' + "{" * 60000 + '"}'),
        ('["\\"",' + "[" * 20 + "]" * 21, '["\\"[",' + "[" * 19 + "]" * 20),
        ('["\\\\",' + "[" * 20 + "]" * 21, '["\\\\",' + "[" * 19 + "]" * 20),
    ],
    ids=lambda text: ascii(text)[:24],
)
def test_refused_and_taken(refused: str | bytes, taken: str | bytes) -> None:
    assert refuses(refused)
    decode(taken)


def test_a_thousand_flat_objects_are_two_deep() -> None:
    assert decode("[" + ",".join(['{"a":[]}'] * 1000) + "]") == [{"a": []}] * 1000


@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_but_a_refusal_ever_comes_out(text: str) -> None:
    try:
        value = decode(text)
    except BadRequest:
        return
    assert repr(value) == repr(json.loads(text))
    assert math.isfinite(value) if isinstance(value, float) else True


@given(st.binary(max_size=40))
def test_bytes_are_utf_8_or_refused(data: bytes) -> None:
    try:
        decode(b'"' + data + b'"')
    except BadRequest:
        return
    assert json.loads(b'"' + data.decode().encode() + b'"') is not None


def test_deep_frames_are_refused_on_a_thread_with_a_small_stack_too() -> None:
    results: list[bool] = []
    before = threading.stack_size(256 * 1024)
    try:
        frames = ["[" * 65536, '{"a":' * 13107, '[{"a":' * 10922]
        thread = threading.Thread(target=lambda: results.extend(map(refuses, frames)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert results == [True, True, True]


# fmt: off
FLAT_PIECES = st.sampled_from([
    "{", "}", '"a"', '"b"', ":", ",", '"x{y"', '"é"', '"', "null", "true", "[", "]", "\\n", " ",
    "1", "-1", "1.5", "NaN", "\ufeff", str(2**63 - 1), str(2**63),
])
# fmt: on
MEMBERS = st.tuples(
    st.sampled_from(["a", "b", "c", "a{", "é"]),
    st.one_of(st.none(), st.booleans(), st.integers(-(2**64), 2**64), st.text(max_size=3)),
)


def written(members: list[tuple[str, Any]]) -> str:
    """An object as it stands, the same name twice too."""
    inside = (f"{json.dumps(name)}: {json.dumps(value)}" for name, value in members)
    return "{" + ", ".join(inside) + "}"


@given(st.one_of(st.lists(FLAT_PIECES, max_size=12).map("".join), st.lists(MEMBERS).map(written)))
def test_the_quick_way_says_what_the_careful_one_says(text: str) -> None:
    quick = strict_json._plain(text)
    if quick is not None:
        assert strict_json._whole(text) == quick
        assert list(map(type, quick.values())) == list(map(type, decode(text).values()))


def test_an_ordinary_frame_goes_the_quick_way() -> None:
    frame = '{"action": "send", "id": 7, "chatId": "demo", "replyTo": null, "on": true}'
    assert strict_json._plain(frame) == json.loads(frame)


@pytest.mark.parametrize("text", ['{"a": 1, "a": 1}', '{"a": "b", "a": "b"}', '{"a": {}}', "{}x"])
def test_what_could_mislead_the_quick_way_does_not_go_it(text: str) -> None:
    assert strict_json._plain(text) is None
