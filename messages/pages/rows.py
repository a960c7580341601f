"""A message as its template wants it: the wire form, and what the viewer makes of it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from messages.history import ChatLine
from messages.models import MessageType, Status
from messages.pages.words import WORDS, author_of, state_of
from messages.rendering import text_of
from messages.representation import WireMessage
from messages.video import is_video_id

_LINE = 200
QUOTE = 120
MATCH = 300
# `static/js/message_element.js` says the same.
LONG_CHARS = 3_000
LONG_LINES = 40


@dataclass(frozen=True, slots=True)
class Row:
    """What `chat/message.html` shows; `static/js/message_element.js` fills in the same."""

    message: WireMessage
    own: bool
    asked: bool  # for the viewer to stop, or to have done again
    author: str
    at: datetime | None
    state: str
    url: str
    link: str
    video_id: str = ""  # of a video that is known, and has a card
    channel: str = ""
    quote: "Quote | None" = None
    is_long: bool = False

    @property
    def can_report(self) -> bool:
        """Somebody else's, and there."""
        return bool(self.message.get("messageId")) and not (self.own or self.message["removed"])

    @property
    def condition(self) -> str:
        return "removed" if self.message.get("removed") else self.message.get("status", "")


@dataclass(frozen=True, slots=True)
class Quote:
    """A few words of the message that another replies to."""

    seq: int
    author: str
    words: str


# For the page's <template>: every slot there, and empty.
BLANK = Row(
    message={"html": "", "editedAt": None},
    own=False,
    asked=False,
    author="",
    at=None,
    state="",
    url="",
    link="",
)


def row_of(
    message: WireMessage, viewer_id: int, *, asked: bool = False, quoted: WireMessage | None = None
) -> Row:
    metadata: dict[str, Any] = {} if message["removed"] else message["metadata"]
    url = re.sub("^http:", "https:", metadata.get("url") or "")
    return Row(
        message=message,
        own=message["author"] is not None and message["author"]["id"] == viewer_id,
        asked=asked,
        author=author_of(message),
        at=moment(message["timestamp"]),
        state=state_of(message),
        url=url if url.startswith("https://") else "",
        link=metadata.get("title") or url,
        quote=_quote_of(quoted) if quoted and not message["removed"] else None,
        is_long=is_long(message["content"]),
        **_card(message),
    )


def _card(message: WireMessage) -> dict[str, str]:
    metadata = message["metadata"]
    is_known = message["type"] == MessageType.YOUTUBE and message["status"] == Status.COMPLETED
    video_id = str(metadata.get("videoId", ""))
    if message["removed"] or not is_known or not is_video_id(video_id):
        return {}
    return {"video_id": video_id, "channel": str(metadata.get("authorName", ""))}


def is_long(content: str) -> bool:
    """Whether a script shows only the beginning, until it is asked for all."""
    return len(content) > LONG_CHARS or content.count("\n") > LONG_LINES


def _quote_of(message: WireMessage) -> Quote:
    return Quote(message["seq"], author_of(message), first_words(message, QUOTE))


def rows_of(
    history: Sequence[WireMessage],
    viewer_id: int,
    quoted: Mapping[str, WireMessage],
    reasons: Mapping[str, str],
) -> list[Row]:
    """The prompt of an answer is on the same page, right before it, so it is not quoted.
    `reasons` tell the viewer why messages of theirs were removed."""
    own = {m["messageId"] for m in history if m["author"] and m["author"]["id"] == viewer_id}
    rows = [
        row_of(
            m,
            viewer_id,
            asked=(m["replyTo"] if m["type"] == "ai" else m["messageId"]) in own,
            quoted=quoted.get(m["replyTo"]) if m["type"] != "ai" else None,
        )
        for m in history
    ]
    return [_with_reason(row, reasons.get(row.message["messageId"])) for row in rows]


def _with_reason(row: Row, reason: str | None) -> Row:
    if reason is None:
        return row
    return replace(row, state=str(WORDS["why"]).format(state=row.state, reason=reason))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list of chats; `static/js/list_view.js` fills in the same."""

    chat_id: str
    title: str
    unread: int
    at: datetime | None
    author: str
    text: str


# For the page's <template>.
BLANK_LINE = Line(chat_id="-", title="", unread=1, at=None, author="", text="")


def line_of(line: ChatLine) -> Line:
    last = line.last_message
    return Line(
        chat_id=line.chat_id,
        title=line.title,
        unread=line.unread,
        at=moment(line.last_at),
        author=author_of(last) if last else "",
        text=first_words(last, _LINE) if last else "",
    )


def line_for_the_script(line: ChatLine) -> dict[str, Any]:
    """Where the list of `static/js/chat_list.js` begins; the words are on the page already."""
    return {
        "chatId": line.chat_id,
        "title": line.title,
        "head": str(line.access.head),
        "unread": line.unread,
        "at": line.last_at,
        "last": line.last_message and {"messageId": line.last_message["messageId"]},
    }


@dataclass(frozen=True, slots=True)
class Match:
    """One message that a search has found."""

    seq: int
    author: str
    at: datetime
    text: str


def match_of(message: WireMessage) -> Match:
    text = first_words(message, MATCH)
    return Match(message["seq"], author_of(message), moment(message["timestamp"]), text)


def first_words(message: WireMessage, most: int) -> str:
    """One line of a message, as `static/js/words.js` has it too."""
    known = message["metadata"]
    text = (
        state_of(message) or text_of(message["html"]) or known.get("title") or known.get("url", "")
    )
    return " ".join(text[:most].split())


def moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
