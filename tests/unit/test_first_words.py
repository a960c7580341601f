"""A line of a message is plain text, in the list of chats, in a quote, among what was found."""

import json
from pathlib import Path

import pytest

from messages.pages.rows import first_words
from messages.rendering import render

WIRE = Path(__file__).parents[1] / "wire"
MESSAGE = json.loads((WIRE / "messages.json").read_text())["user"]


@pytest.mark.parametrize("case", json.loads((WIRE / "first_words.json").read_text()))
def test_a_line_is_what_was_rendered_without_its_marks(case: dict[str, str]) -> None:
    assert render(case["content"]) == case["html"]
    message = MESSAGE | {"content": case["content"], "html": case["html"]}
    assert first_words(message, 120) == case["words"]
