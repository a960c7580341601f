"""Which texts have most of a question's words: plain counting, pure."""

import math
import re
from collections import Counter
from collections.abc import Hashable, Mapping
from typing import TypeVar
from unicodedata import normalize

Key = TypeVar("Key", bound=Hashable)
_WORD = re.compile(r"\w+")
_SHORTEST = 3
# Words of questions rather than of answers, in the languages of the pages.
_ENGLISH = (
    "about and are can could did does for from had has have her his how into its our out she"
    " should that the their them then there they this was were what when where which who whom"
    " why will with would you your"
)
_PORTUGUESE = (
    "com como das dos ela ele era essa esse esta este foi mais nas nos onde para pela pelo por"
    " porque qual quando que quem sem ser seu são sua tem uma você"
)
_ASKING = frozenset(f"{_ENGLISH} {_PORTUGUESE}".split())


def words_of(text: str) -> frozenset[str]:
    """What is worth looking for; scripts without spaces between words keep their runs whole."""
    found = _WORD.findall(normalize("NFKC", text).casefold())
    return frozenset(_singular(word) for word in found if _is_telling(word))


def best_matches(words: frozenset[str], texts: Mapping[Key, str], *, limit: int) -> list[Key]:
    """Keys of the texts with the most and the rarest of the words, the best first.

    Among equals, those that come first in `texts`.
    """
    had = {key: words & words_of(text) for key, text in texts.items()}
    count = Counter(word for found in had.values() for word in found)
    weight = {word: math.log(1 + len(texts) / times) for word, times in count.items()}
    score = {key: sum(weight[word] for word in found) for key, found in had.items() if found}
    return sorted(score, key=lambda key: -score[key])[:limit]


def _is_telling(word: str) -> bool:
    if word in _ASKING:
        return False
    return len(word) >= _SHORTEST or word.isdigit() or not word.isascii()


def _singular(word: str) -> str:
    """Near enough, in both languages of the pages."""
    return word.removesuffix("s") if len(word) > _SHORTEST else word
