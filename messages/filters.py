"""What waits for a moderator in chats that want that: messages with certain words, or links."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import gettext_lazy as _

from messages.clock import now_ms
from messages.drafts import Draft, require_text
from messages.errors import BadRequest, ChatError, Code, Forbidden, IdConflict
from messages.log import Head
from messages.models import MAX_HELD_WORDS, Held
from messages.rendering import text_of

# Of one person in one chat; more would bury what others wait for.
MAX_WAITING = 20
_MAX_WORD = 64
_TOKEN = re.compile(r"\w+|[^\w\s]")
# What has no width and is no format character (Cf): joiners, fillers, selectors of a variant.
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)
_SENTENCES = {
    "word": _("A moderator has to look at this first: it has a word that waits here."),
    "link": _("A moderator has to look at this first: it has a link, and links wait here."),
}


class HeldForReview(ChatError):
    """Not stored as a message; `details.held` says whether it waits, or has to be changed."""

    code = Code.FORBIDDEN
    sentence = _SENTENCES["word"]

    def __init__(self, why: str, *, held: bool) -> None:
        super().__init__(_SENTENCES[why], details={"held": held, "why": why})


def hold(draft: Draft, head: Head) -> ChatError | None:
    """Why a draft waits, once it does; None where it need not.

    The same send again finds itself waiting. It costs no rate budget until it is released.
    """
    why = why_held(head, draft.content, draft.html)
    if why is None:
        return None
    own = Held.objects.filter(chat_id=draft.chat_id, author_id=draft.actor.id)
    waiting = dict(own.values_list("client_message_id", "digest"))
    if draft.client_message_id in waiting:
        is_same = waiting[draft.client_message_id] == draft.digest
        return HeldForReview(why, held=True) if is_same else IdConflict()
    if len(waiting) >= MAX_WAITING:
        # Nothing to be tried again: nobody knows when a moderator comes.
        return Forbidden("Too much of yours is waiting for a moderator.", details={"scope": "held"})
    Held.objects.create(
        chat_id=draft.chat_id,
        author_id=draft.actor.id,
        client_message_id=draft.client_message_id,
        type=draft.type,
        content=draft.content,
        url=draft.url,
        reply_to=draft.reply_to,
        digest=draft.digest,
        why=why,
        at=now_ms(),
    )
    return HeldForReview(why, held=True)


def why_held(head: Head, content: str, html: str) -> str | None:
    """`word`, `link` or None: a word as it was typed or is shown, a link as it is shown."""
    if head.held_words:
        shown = text_of(html)
        texts = [content] if shown == content else [content, shown]
        if any(map(_Words.of(head.held_words).are_in, texts)):
            return "word"
    if head.hold_links and "<a " in html:
        return "link"
    return None


def require_words(value: object) -> str:
    """A list of words as the chat's row has it: one a line, without doubles."""
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise BadRequest("words is a list of texts.", field="words")
    words = dict.fromkeys(" ".join(word.split()) for word in value)
    words.pop("", None)
    text = require_text("\n".join(words), field="words")
    if len(text) > MAX_HELD_WORDS or any(len(word) > _MAX_WORD for word in words):
        raise BadRequest(
            "A word has at most %(most)d characters, all of them %(all)d.",
            field="words",
            most=_MAX_WORD,
            all=MAX_HELD_WORDS,
        )
    return text


@dataclass(frozen=True, slots=True)
class _Words:
    """Words and phrases, looked for as a whole, however they are cased, spaced and joined.

    No pattern: hundreds of alternatives, tried at every place of a long text, would keep the
    writing thread from its work for longer than all it writes.
    """

    single: frozenset[str]
    phrases: tuple[str, ...]

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, words: str) -> "_Words":
        each = [_tokens(word) for word in words.splitlines()]
        single = frozenset(tokens[0] for tokens in each if len(tokens) == 1)
        return cls(single, tuple(_spaced(tokens) for tokens in each if len(tokens) > 1))

    def are_in(self, text: str) -> bool:
        tokens = _tokens(text)
        if not self.single.isdisjoint(tokens):
            return True
        spaced = _spaced(tokens)
        return any(phrase in spaced for phrase in self.phrases)


def _tokens(text: str) -> list[str]:
    """Words, and signs each by itself; what cannot be seen is not there."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Cf")
        plain = _UNSEEN.sub("", plain)
    return _TOKEN.findall(plain)


def _spaced(tokens: list[str]) -> str:
    return f" {' '.join(tokens)} "
