"""Markdown to the one sanitised html that pages show: never raises, never takes long.

Left out of Markdown, since chats are not documents: raw html, images, indented code, underlined
headings and link definitions. A line break is a line break. Bare http(s) addresses become links.
"""

import re
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

# Together they hold the worst 16,384 characters we found to 0.1 s, where without them some take 3;
# a message of that length full of lists, links, tables and code stays below all of them.
MAX_NESTING = 12  # a list counts twice, for itself and for its item
MAX_BLOCK_STEPS = 4000
MAX_BLOCK_TOKENS = 6000
MAX_INLINE_WEIGHT = 5000

_TAGS = "a blockquote br code em h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul"
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
    link_rel="nofollow noopener",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)

_RULES = (
    "blockquote fence heading hr list table "
    "autolink backticks emphasis entity escape link linkify newline strikethrough "
    "balance_pairs text_join"
)
_LINK = re.compile(r"(?:https?://[^\s/?#]|mailto:)[^\x00-\x20\x7f]*", re.IGNORECASE)
# Ends at spaces, quotes and brackets, at those of other scripts, and at invisible characters.
_BARE_URL = re.compile(
    r"https?://(?![/?#])"  # else a run of these would be read to its end from each of them
    r"""[^\s"<>\[\\\]^`{|}\x00-\x20\x7f-\xa0«»\u2000-\u206f\u3000-\u303f\uff00-\uffef]+""",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>")  # the cleaner escapes every other `>`
_WORD = re.compile(r"[A-Za-z0-9]")
_NOT_THE_END_OF_URL = frozenset("?!.,:;*_~'\"&")
# The only characters at which an inline rule of ours begins, or a link's text ends.
_MARK = re.compile(r"[\n&*:<\[\\\]_`~]")

# Text that Markdown and the cleaner only wrap and escape. Lines begin with nothing that begins a
# block and have no space at either end; a mark stands only where it can't mean anything.
_PLAIN_LINE = (
    r"(?:[^\x00-\x1f\x7f-\xa0&*:<\[\\_`~\ud800-\udfff]++"
    r"|:(?!//)|~(?!~)|&(?![A-Za-z#])|<3?(?=\s|\Z)|(?<=[A-Za-z0-9])_)++(?<!\s)"
)
_PLAIN = re.compile(
    rf"(?![\s>#+-]|[0-9]{{1,9}}[.)]){_PLAIN_LINE}"
    rf"(?:\n(?![\s>#+:|-]|[0-9]{{1,9}}[.)]){_PLAIN_LINE})*+"
)


def render(content: str) -> str:
    """The html of a message's content, empty for empty content; from any thread.

    A microsecond or two for plain text, else 50 µs to 0.1 s: too long for an event loop.
    """
    html = render_plain(content)
    return render_markdown(content) if html is None else html


def render_plain(content: str) -> str | None:
    """What `render` gives, where that takes a microsecond or two; None where it takes longer."""
    if _PLAIN.fullmatch(content):
        return f"<p>{_escaped(content)}</p>"
    return None if content else ""


def render_markdown(content: str) -> str:
    """`render` without its short way. What is too intricate is shown as it was typed."""
    try:
        html = _MARKDOWN.render(content)
    except _TooIntricate:
        lines = content.replace("\r\n", "\n").replace("\r", "\n").strip()
        html = f"<p>{_escaped(lines)}</p>"
    # Half surrogate pairs can't be stored, and the cleaner does not take them.
    return _CLEANER.clean(html.encode(errors="replace").decode()).rstrip()


def text_of(html: str) -> str:
    """What is read of rendered html: without its tags, lines and blocks each on a line."""
    return unescape(_TAG.sub("", html))


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\n", "<br>\n")


class _TooIntricate(Exception):
    """Rendering this would take too long, or lose what is nested too deeply."""


class _Markdown(MarkdownIt):
    # Addresses stay as they were typed. Browsers normalise them anyway, and the normaliser of the
    # library keeps every scheme it ever saw: memory for anybody to fill.
    def normalizeLink(self, url: str) -> str:  # noqa: N802
        return url

    def normalizeLinkText(self, url: str) -> str:  # noqa: N802
        return url

    def validateLink(self, url: str) -> bool:  # noqa: N802
        return _LINK.fullmatch(url) is not None


class _BlockTokens(list[Token]):
    """Stops tables, which make many tokens of few characters."""

    def append(self, token: Token) -> None:
        if len(self) >= MAX_BLOCK_TOKENS:
            raise _TooIntricate
        super().append(token)


def _bound_tokens(state: StateCore) -> None:
    state.tokens = _BlockTokens()


def _count_step(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
    """Asked as the first rule at every line that is looked at, as often as it is looked at."""
    steps = state.env["steps"] = state.env.get("steps", 0) + 1
    if steps > MAX_BLOCK_STEPS:
        raise _TooIntricate
    return False


def _before_inlines(state: StateCore) -> None:
    weight = 0
    for token in state.tokens:
        if token.nesting == 1 and token.level >= MAX_NESTING - 1:  # The parser left out the rest.
            raise _TooIntricate
        if token.type == "inline":
            # "[" makes the parser look far ahead, which costs about eight times as much.
            weight += len(_MARK.findall(token.content)) + 7 * token.content.count("[")
        elif token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"  # The page has headings of its own.
    if weight > MAX_INLINE_WEIGHT:
        raise _TooIntricate


def _after_inlines(state: StateCore) -> None:
    for token in state.tokens:
        for child in token.children or ():
            if child.level >= MAX_NESTING:
                raise _TooIntricate


def _bare_url(state: StateInline, silent: bool) -> bool:  # noqa: FBT001
    """Make a link of a bare address, at its colon: the letters before it are in `pending` then."""
    colon = state.pos
    if state.linkLevel or not state.src.startswith("://", colon):
        return False
    start = colon - (5 if state.src[colon - 1 : colon] in "sS" else 4)
    if start < 0 or (start > 0 and _WORD.match(state.src, start - 1)):
        return False
    match = _BARE_URL.match(state.src, start, state.posMax)
    url = _without_tail(match[0]) if match else ""
    if not _LINK.fullmatch(url):
        return False
    if not silent:
        if not state.pending.endswith(state.src[start:colon]):  # After a backslash, say.
            return False
        state.pending = state.pending[: start - colon]
        state.push("link_open", "a", 1).attrs = {"href": url}
        state.push("text", "", 0).content = url
        state.push("link_close", "a", -1)
    state.pos = start + len(url)
    return True


def _without_tail(url: str) -> str:
    """Without the punctuation of the sentence around it, and brackets it does not open itself."""
    unopened = url.count(")") - url.count("(")
    end = len(url)
    while end:
        if url[end - 1] == ")" and unopened > 0:
            unopened -= 1
        elif url[end - 1] not in _NOT_THE_END_OF_URL:
            break
        end -= 1
    return url[:end]


def _build() -> MarkdownIt:
    markdown = _Markdown("zero", {"breaks": True, "maxNesting": MAX_NESTING})
    markdown.enable(_RULES.split())
    markdown.inline.terminator_re = _MARK
    markdown.inline.ruler.at("linkify", _bare_url)
    markdown.block.ruler.before(
        "table", "count_step", _count_step, {"alt": ["paragraph", "blockquote", "list"]}
    )
    markdown.core.ruler.before("block", "bound_tokens", _bound_tokens)
    markdown.core.ruler.before("inline", "before_inlines", _before_inlines)
    markdown.core.ruler.push("after_inlines", _after_inlines)
    # Its lists of rules are made at the first use, and two threads must not meet there.
    markdown.render("ready")
    return markdown


_MARKDOWN = _build()
