"""Which texts have a question's words."""

import pytest

from messages.processors.matching import best_matches, words_of


@pytest.mark.parametrize(
    "text, words",
    [
        ("When is the lunch?", {"lunch"}),
        ("LUNCH, lunch; Lunch!", {"lunch"}),
        ("Straße STRASSE", {"strasse"}),
        ("meetings, meeting", {"meeting"}),
        ("the bus", {"bus"}),
        ("e\u0301te\u0301 ÉTÉ", {"été"}),
        ("room 7 at 12", {"room", "7", "12"}),
        ("Onde fica a reunião?", {"fica", "reunião"}),
        ("什么时候", {"什么时候"}),
        ("???", set()),
    ],
)
def test_words_worth_looking_for(text: str, words: set[str]) -> None:
    assert words_of(text) == words


def best(question: str, *texts: str, limit: int = 3) -> list[int]:
    return best_matches(words_of(question), dict(enumerate(texts)), limit=limit)


def test_more_words_are_better() -> None:
    assert best("lunch friday", "lunch", "friday", "friday lunch", "rain") == [2, 0, 1]


def test_rare_words_are_better() -> None:
    assert best("lunch zanzibar", "lunch", "lunch", "zanzibar", limit=1) == [2]


def test_without_a_word_in_common_there_is_no_match() -> None:
    assert best("lunch", "rain", "") == []
    assert best("?", "rain") == []
