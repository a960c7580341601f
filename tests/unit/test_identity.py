"""Names other than messageIds: what has their form, beside its nearest neighbour that has not."""

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.errors import BadChatId, BadRequest
from messages.identity import (
    MAX_SEQ,
    Cursor,
    is_chat_id,
    is_client_message_id,
    new_chat_id,
    new_client_message_id,
    new_epoch,
    require_chat_id,
)

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
NOT_TEXT: list[Any] = [None, True, 7, 1.5, b"demo", ["demo"], {"demo": 1}]


@pytest.mark.parametrize("chat_id", ["a", "Z", "0", "demo", "a-b_c-", "a" * 64, "9" + "_" * 63])
def test_a_chat_id(chat_id: str) -> None:
    assert is_chat_id(chat_id)
    assert require_chat_id(chat_id) == chat_id


@pytest.mark.parametrize(
    "value",
    [
        *("", "-a", "_a", "a" * 65, "a b", " a", "a\n", "a\0", "é", "a.b", "a/b", "a:b"),
        *("\uff11", "١", *NOT_TEXT),
    ],
    ids=ascii,
)
def test_no_chat_id(value: object) -> None:
    assert not is_chat_id(value)
    with pytest.raises(BadChatId):
        require_chat_id(value)


@pytest.mark.parametrize("value", ["a", "-", "_", "A-b_9", "x" * 64])
def test_a_client_message_id(value: str) -> None:
    assert is_client_message_id(value)


@pytest.mark.parametrize("value", ["", "x" * 65, "a b", "a\n", "é", "a.b", *NOT_TEXT], ids=ascii)
def test_no_client_message_id(value: object) -> None:
    assert not is_client_message_id(value)


@given(st.text(max_size=70))
def test_the_forms_are_those_of_the_protocol(value: str) -> None:
    chat_id = re.fullmatch("[A-Za-z0-9][A-Za-z0-9_-]{0,63}", value)
    assert is_chat_id(value) == (chat_id is not None)
    allowed = set(LETTERS) | {"_", "-"}
    assert is_client_message_id(value) == (1 <= len(value) <= 64 and set(value) <= allowed)


def test_new_names_have_their_form_and_are_new() -> None:
    chat_ids = {new_chat_id() for _ in range(1000)}
    client_ids = {new_client_message_id() for _ in range(1000)}
    epochs = {new_epoch() for _ in range(1000)}
    assert len(chat_ids) == len(client_ids) == len(epochs) == 1000
    assert all(is_chat_id(chat_id) for chat_id in chat_ids)
    assert all(is_client_message_id(client_id) for client_id in client_ids)
    assert all(Cursor.parse(f"{epoch}:0") == Cursor(epoch, 0) for epoch in epochs)


@given(st.from_regex(r"[a-z0-9]{1,16}", fullmatch=True), st.integers(0, MAX_SEQ))
def test_a_cursor_reads_what_it_wrote(epoch: str, seq: int) -> None:
    cursor = Cursor(epoch, seq)
    assert str(cursor) == f"{epoch}:{seq}"
    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize(
    "value",
    [
        *("", ":", "a:", ":1", "a1", "a:1:1", "a:-1", "a:+1", "a:01", "a:1.0", "a: 1", " a:1"),
        *("a:1\n", "A:1", "é:1", "a-b:1", "a:١", "a:1_0", "a" * 17 + ":1", "a:0x1"),
        *(f"a:{MAX_SEQ + 1}", "a:" + "9" * 19, "a:" + "9" * 5000, *NOT_TEXT),
    ],
    ids=lambda value: ascii(value)[:24],
)
def test_no_cursor(value: object) -> None:
    with pytest.raises(BadRequest) as refusal:
        Cursor.parse(value, field="after")
    assert refusal.value.details == {"field": "after"}


def test_the_field_of_a_bad_cursor_is_since_unless_named() -> None:
    with pytest.raises(BadRequest) as refusal:
        Cursor.parse("?")
    assert refusal.value.details == {"field": "since"}


@given(st.text(max_size=30))
def test_no_text_makes_a_cursor_fail_in_any_other_way(value: str) -> None:
    with contextlib.suppress(BadRequest):
        assert str(Cursor.parse(value)) == value
