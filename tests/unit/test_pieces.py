"""Text in pieces: whatever way it is cut, the same text comes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.processors.text import Pieces, storable


def joined(pieces: list[str]) -> str:
    whole = Pieces()
    return "".join([*map(whole.take, pieces), whole.rest()])


def units(text: str) -> list[str]:
    data = text.encode("utf-16-be", "surrogatepass")
    return [chr(int.from_bytes(data[at : at + 2])) for at in range(0, len(data), 2)]


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_text_cut_into_halves_of_characters_is_whole_again(text: str) -> None:
    assert joined(units(text)) == text
    assert joined([text]) == text


@given(st.lists(st.text(st.characters() | st.characters(categories=["Cs"]))))
def test_what_comes_out_can_be_stored(pieces: list[str]) -> None:
    text = joined(pieces)
    assert "\0" not in text
    assert text.encode().decode() == text


@pytest.mark.parametrize(
    "text, stored",
    [
        ("", ""),
        ("a\0b", "a\ufffdb"),
        ("\ud83d", "\ufffd"),
        ("\ud83dx", "\ufffdx"),
        ("x\ude00", "x\ufffd"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
    ],
    ids=ascii,
)
def test_what_cannot_be_stored_is_replaced(text: str, stored: str) -> None:
    assert storable(text) == stored
