"""Searching a chat: the log walked backwards, with the same rules on every database.

Neither database folds case and accents like the other (SQLite's LIKE knows ASCII alone), so texts
are compared here. A request walks a bounded part of the chat and says where to go on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

from messages.errors import BadRequest
from messages.identity import MAX_SEQ
from messages.models import Message
from messages.representation import WireMessage, find_messages, places

MAX_QUERY = 100
# One request looks at so many messages and characters at most, which takes half a second.
MAX_WALK = 20_000
MAX_CHARS = 4_000_000
_STRIDE = 1_000
# Of Latin, Greek and Cyrillic; in other scripts marks are letters.
_ACCENTS = re.compile("[\u0300-\u036f]+")


@dataclass(frozen=True, slots=True)
class Found:
    """Matches, newest first; `before` is where to look on, None where the chat begins."""

    matches: list[WireMessage]
    before: int | None


def folded(text: str) -> str:
    """The text without the difference of case and accents."""
    if text.isascii():
        return text.lower()
    return normalize("NFC", _ACCENTS.sub("", normalize("NFKD", text).casefold()))


def words_of(query: object) -> list[str]:
    """What has to occur, each anywhere in a message; raises BadRequest."""
    words = folded(query).split() if isinstance(query, str) else []
    if not words or len(query) > MAX_QUERY:  # type: ignore[arg-type]
        raise BadRequest("q is a text of 1 to %(most)d characters.", field="q", most=MAX_QUERY)
    return words


def search(chat_id: str, words: list[str], *, before: int = MAX_SEQ, limit: int) -> Found:
    """Messages whose text, or whose video's title, has all the words; never removed ones."""
    ids: list[str] = []
    last = before
    for seq, message_id, text in _walk(chat_id, before):
        last = seq
        haystack = folded(text)
        if all(word in haystack for word in words):
            ids.append(message_id)
            if len(ids) == limit:
                break
    more = Message.objects.filter(chat_id=chat_id, seq__lt=last).exists()
    return Found(_newest_first(ids), before=last if more else None)


def _walk(chat_id: str, before: int) -> Iterator[tuple[int, str, str]]:
    """Number, messageId and text of messages, backwards, as far as one request goes."""
    walked = chars = 0
    rows = Message.objects.filter(chat_id=chat_id, removed=None).order_by("-seq")
    while walked < MAX_WALK and chars < MAX_CHARS:
        columns = ("seq", "message_id", "content", "metadata__title")
        page = list(rows.filter(seq__lt=before).values_list(*columns)[:_STRIDE])
        for seq, message_id, content, title in page:
            chars += len(content)
            yield seq, message_id, f"{content}\n{title}" if title else content
        if len(page) < _STRIDE:
            return
        walked, before = walked + len(page), page[-1][0]


def _newest_first(ids: list[str]) -> list[WireMessage]:
    if not ids:
        return []
    where = f"m.message_id IN {places(len(ids))} AND m.removed IS NULL"
    return find_messages(where, ids, order="m.seq DESC")
