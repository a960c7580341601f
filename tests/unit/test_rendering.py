"""Rendering: what Markdown becomes, what can never get through, and how much work it may be."""

import sys
import threading
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from mdurl._parse import HOSTLESS_PROTOCOL, SLASHED_PROTOCOL

from messages import rendering
from messages.rendering import render, render_markdown, render_plain

TAGS = {
    *("a", "blockquote", "br", "code", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre"),
    *("s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
ATTRIBUTES = {"a": {"href", "rel"}, "ol": {"start"}}
LONGEST = 16_384

# Everything that means something to Markdown, html, or the patterns of the fast path.
PIECES = st.sampled_from(
    [
        *"ab Z09.,;:!?'\"()[]{}<>&*_`~#+-=|/\\@$%^\n\t\r\0\x0b\x0c\x1f\x7f\x85\xa0é😀\u3000",
        *("\u2028", "\u200b", "\u202e", "\ufeff", "\ud800", "\u0301", "//", "http", "https://x.y"),
        *("- ", "> ", "1. ", "```", "~~", "**", "](", "&amp;", "&#60;", "<3", "<b>", "  \n"),
        *("javascript:", "<img src=x onerror=a()>", "</p>", "|-|\n", "mailto:a@b", "<a@b.c>"),
    ]
)
SOUP = st.lists(PIECES, max_size=30).map("".join)


class Page(HTMLParser):
    """What is in a piece of html: its elements with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.foreign: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.foreign.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment

    def links(self) -> list[str | None]:
        return [attributes.get("href") for tag, attributes in self.elements if tag == "a"]


def require_harmless(html: str) -> Page:
    page = Page(html)
    assert page.foreign == []
    for tag, attributes in page.elements:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set())
        if tag == "a":
            assert attributes["rel"] == "nofollow noopener"
            href = attributes.get("href") or "http://"  # The cleaner takes what it can't read.
            assert href.lower().startswith(("http://", "https://", "mailto:"))
    # Read as a browser reads it and written again, it is the same: nothing in it mutates.
    assert rendering._CLEANER.clean(html).rstrip() == html
    return page


@pytest.mark.parametrize(
    "content, html",
    [
        ("", ""),
        (" \n\t", ""),
        ("Hello there", "<p>Hello there</p>"),
        ("one\ntwo", "<p>one<br>\ntwo</p>"),
        ("one\n\ntwo", "<p>one</p>\n<p>two</p>"),
        ("a < b & c > d \"e\" 'f'", "<p>a &lt; b &amp; c &gt; d \"e\" 'f'</p>"),
        ("&copy; &#65; &nope;", "<p>© A &amp;nope;</p>"),
        ("*a* _b_", "<p><em>a</em> <em>b</em></p>"),
        ("**c** __d__", "<p><strong>c</strong> <strong>d</strong></p>"),
        ("~~e~~ ~f~", "<p><s>e</s> ~f~</p>"),
        ("snake_case_word 2*3*4", "<p>snake_case_word 2<em>3</em>4</p>"),
        ("\\*a\\* C:\\dir", "<p>*a* C:\\dir</p>"),
        ("`a <b>` ``c ` d``", "<p><code>a &lt;b&gt;</code> <code>c ` d</code></p>"),
        ("```python x\na < b\n```", "<pre><code>a &lt; b\n</code></pre>"),
        ("~~~\n*a*", "<pre><code>*a*</code></pre>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("3) a\n4) b", '<ol start="3">\n<li>a</li>\n<li>b</li>\n</ol>'),
        ("> a\nb\n\nc", "<blockquote>\n<p>a<br>\nb</p>\n</blockquote>\n<p>c</p>"),
        ("# a\n#### b\n###### c\n#d", "<h3>a</h3>\n<h6>b</h6>\n<h6>c</h6>\n<p>#d</p>"),
        ("a\n***\nb", "<p>a</p>\n<hr>\n<p>b</p>"),
        ("|a|\n|:-:|\n|*c*|", ("<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n"
         "<tr>\n<td><em>c</em></td>\n</tr>\n</tbody>\n</table>")),
        # what a document would have and a chat has not
        ("a\n---", "<p>a</p>\n<hr>"),
        ("a\n===", "<p>a<br>\n===</p>"),
        ("    a", "<p>a</p>"),
        ("[a]: mailto:b\n[a]", "<p>[a]: mailto:b<br>\n[a]</p>"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
        ("<!-- a -->", "<p>&lt;!-- a --&gt;</p>"),
    ],
)  # fmt: skip
def test_markdown_of_a_chat(content: str, html: str) -> None:
    assert render(content) == html
    assert render_markdown(content) == html


@pytest.mark.parametrize(
    "content, links, text",
    [
        ("[a *b*](http://x.y)", ["http://x.y"], "a b"),
        ("[a](https://x.y 'title')", ["https://x.y"], "a"),
        ("[a](<http://x.y/(z>)", ["http://x.y/(z"], "a"),
        ("[a](mailto:a@b.c) <a@b.c>", ["mailto:a@b.c", "mailto:a@b.c"], "a a@b.c"),
        ("<https://x.y/?a=b&c>", ["https://x.y/?a=b&c"], "https://x.y/?a=b&c"),
        ("![a](http://x.y/z.png)", ["http://x.y/z.png"], "!a"),
        ("[a](http://x.y/é?q=ü%20)", ["http://x.y/é?q=ü%20"], "a"),
        # bare addresses
        ("http://x.y", ["http://x.y"], "http://x.y"),
        ("see HTTPS://X.y/Z!", ["HTTPS://X.y/Z"], "see HTTPS://X.y/Z!"),
        ("a http://x.y/_a_*b*~~c.", ["http://x.y/_a_*b*~~c"], "a http://x.y/_a_*b*~~c."),
        ("(http://x.y/a_(b))", ["http://x.y/a_(b)"], "(http://x.y/a_(b))"),
        ("**http://x.y** _http://y.z_", ["http://x.y", "http://y.z"], "http://x.y http://y.z"),
        ("“http://x.y” «http://z»", ["http://x.y", "http://z"], "“http://x.y” «http://z»"),
        ("看http://x.y/路。好", ["http://x.y/路"], "看http://x.y/路。好"),
        ("http://x.y?a&b=%20#c;", ["http://x.y?a&b=%20#c"], "http://x.y?a&b=%20#c;"),
        ("<http://x.y>http://z", ["http://x.y", "http://z"], "http://x.yhttp://z"),
        ("http://x.y<b>", ["http://x.y"], "http://x.y<b>"),
        ('http://x.y"onclick="a', ["http://x.y"], 'http://x.y"onclick="a'),
        ("http://x.y\u202egpj.exe", ["http://x.y"], "http://x.y\u202egpj.exe"),
        ("[http://x.y](http://z)", ["http://z"], "http://x.y"),
        ("[a http://x.y b](http://z)", ["http://z"], "a http://x.y b"),
        ("`http://x.y`", [], "http://x.y"),
        ("http:// https://) http:///x http:x ://x.y", [],
         "http:// https://) http:///x http:x ://x.y"),
        ("xhttp://x.y ftp://x.y www.x.y a@b.c", [], "xhttp://x.y ftp://x.y www.x.y a@b.c"),
        ("\\http://x.y h**ttp**://x.y", [], "\\http://x.y http://x.y"),
        # addresses that lead nowhere stay as they were typed
        ("[a](b) [a](/b) [a](#b) [a](//x.y)", [], "[a](b) [a](/b) [a](#b) [a](//x.y)"),
        ("[a]()", [None], "a"),
        ("[a](http://) [a](https:x) [a](ftp://x.y)", [],
         "[a](http://) [a](https:x) [a](ftp://x.y)"),
    ],
)  # fmt: skip
def test_links(content: str, links: list[str | None], text: str) -> None:
    page = require_harmless(render(content))
    assert (page.links(), page.text) == (links, text)


@pytest.mark.parametrize(
    "content",
    [
        "[a](javascript:alert(1))",
        "[a](JaVaScRiPt:alert(1))",
        "[a](javascript&colon;alert(1))",
        "[a](&#106;avascript:alert(1))",
        "[a](&#x6A&#x61;vascript:alert(1))",
        "[a](java\tscript:alert(1))",
        "[a](java&Tab;script:alert(1))",
        "[a](java&NewLine;script:alert(1))",
        "[a](\x01javascript:alert(1))",
        "[a](&#1;javascript:alert(1))",
        "[a](<\x1f javascript:alert(1)>)",
        "[a](\u2028javascript:alert(1))",
        "[a](\\javascript:alert(1))",
        "[a](vbscript:msgbox(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "[a](data:image/png;base64,iVBORw0KGgo=)",
        "[a](file:///etc/passwd)",
        "[a](blob:null/1)",
        "[a](view-source:javascript:1)",
        "[a](feed:javascript:alert(1))",
        "[a](//evil.example)",
        "[a](/\\evil.example)",
        "[a](?next=//evil.example)",
        "<javascript:alert(1)>",
        "<data:text/html,a>",
        "![a](javascript:alert(1))",
    ],
)
def test_addresses_of_other_kinds_never_become_links(content: str) -> None:
    assert require_harmless(render(content)).links() == []


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<SCRIPT SRC=//x.y/z.js>",
        "<script\x20type='text/javascript'>alert(1)",
        "<img src=x onerror=alert(1)>",
        "<img src=x onerror=alert(1)//",
        "<img/src='x'/onerror=alert(1)>",
        '<a href="javascript:alert(1)">a</a>',
        "<svg/onload=alert(1)>",
        "<svg><animate xlink:href=#a attributeName=href values=javascript:alert(1) />",
        "<math><mtext></form><form><mglyph><style></math><img src=x onerror=alert(1)>",
        "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<style><!--</style><img src=x onerror=alert(1)>--></style>",
        "<textarea></textarea><img src=x onerror=alert(1)>",
        "<iframe srcdoc='<script>alert(1)</script>'>",
        "<form><button formaction=javascript:alert(1)>a",
        "<body onload=alert(1)>",
        "<base href=//x.y>",
        "<meta http-equiv=refresh content='0;url=//x.y'>",
        "<template><img src=x onerror=alert(1)></template>",
        "<![CDATA[<img src=x onerror=alert(1)>]]>",
        "<?xml version='1.0'?><img src=x onerror=alert(1)>",
        "<!--><img src=x onerror=alert(1)>-->",
        "</p><img src=x onerror=alert(1)>",
        "<p onclick=alert(1)>a",
        "&lt;img src=x onerror=alert(1)&gt;",
        "&#60;img src=x onerror=alert(1)&#62;",
        "&amp;lt;script&amp;gt;",
        "\\<img src=x onerror=alert(1)\\>",
        "<im\0g src=x onerror=alert(1)>",
        "<\u017fcript>alert(1)</\u017fcript>",
        "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
        "\u2039script\u203a",
        "<img\u200b src=x onerror=alert(1)>",
        "\u202e<img src=x onerror=alert(1)>",
        "[<img src=x onerror=alert(1)>](http://x.y)",
        "[a](http://x.y'onclick='alert(1))",
        '[a](http://x.y"onclick="alert(1))',
        "[a](<http://x.y\" onclick='alert(1)>)",
        "[a](http://x.y 'a\" onclick=\"alert(1)')",
        '![a" onerror="alert(1)](http://x.y)',
        '![a](http://x.y"onerror="alert(1))',
        'http://x.y/"onmouseover="alert(1)',
        "http://x.y/<img/src=x/onerror=alert(1)>",
        "<http://x.y/\"onclick='alert(1)>",
        '```"onclick="alert(1)\na\n```',
        "```</code><img/src=x/onerror=alert(1)>\na\n```",
        "```\n</code></pre><img src=x onerror=alert(1)>\n```",
        "`</code><img src=x onerror=alert(1)>`",
        "|a|\n|-|\n|<img src=x onerror=alert(1)>|",
        "# <img src=x onerror=alert(1)>",
        "*<img src=x* onerror=alert(1)>",
        "<img src=x\n\nonerror=alert(1)>",
        "- <b\n- onclick=alert(1)>",
    ],
)
def test_html_is_text(content: str) -> None:
    page = require_harmless(render(content))
    assert not {tag for tag, _ in page.elements} & {"img", "script", "svg"}
    if content.startswith("<") and not content.startswith("<http"):
        assert page.text[:3] == content[:3]


def test_the_cleaner_alone_would_stop_everything_too() -> None:
    """The second wall: as if html got through Markdown one day."""
    hostile = (
        '<p lang=a title=b class=c style="color:red" id=d onclick=alert(1)>a'
        '<img src=http://x.y><a href="javascript:alert(1)" target=_top>b</a><a href=/c>d</a>'
        "<script>alert(1)</script><style>e</style><svg onload=alert(1)>f</svg><!-- g -->"
    )
    page = require_harmless(rendering._CLEANER.clean(hostile))
    assert page.elements == [("p", {}), *[("a", {"rel": "nofollow noopener"})] * 2]
    assert page.text == "abdf"


@given(SOUP)
@example("<http://[>")
@example("http://x.y:99999 [a](http://x.y:b)")
def test_no_text_becomes_anything_but_harmless(content: str) -> None:
    require_harmless(render(content))


@given(SOUP | st.text(max_size=30))
def test_the_fast_way_gives_what_the_slow_way_gives(content: str) -> None:
    html = render_plain(content)
    assert html is None or html == render_markdown(content)
    assert render(content) == render_markdown(content)


@given(st.text(st.sampled_from("ab 1.,;:!?'\"()&<>3~_=/@$%{}|-+#\né—😀"), max_size=12))
def test_the_fast_way_agrees_where_it_often_answers(content: str) -> None:
    html = render_plain(content)
    assert html is None or html == render_markdown(content)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "ok",
        "Hello there, how are you?",
        "It's 5 & 6: <3 “yes” (no) #7 100% a=b; mail@x.y ~10 $5 {x} a|b c^d",
        "one\ntwo is here\nthree",
        "Olá, você está aí? 😀",
        "你好，世界。",
        "#hash"[1:] + " 3 - 2 + 1 > 0",
        ":) snake_case 12:30",
        "a" * LONGEST,
    ],
)
def test_ordinary_text_takes_the_fast_way(content: str) -> None:
    assert render_plain(content) is not None


@pytest.mark.parametrize(
    "content",
    [
        *(" ", "a ", "a\n\nb", "a\rb", "a\xa0b", "a\0", "- a", "1. a", "> a", "# a", "a\n- b"),
        *("*a*", "_a_", "`a`", "~~a~~", "a\\*b", "<b>", "&amp;", "[a](http://x.y)", "http://x.y"),
        *("a|b\n-|-", "a|b\n:-|-", "|a\n|-"),
    ],
)
def test_text_that_markdown_changes_does_not(content: str) -> None:
    assert render_plain(content) is None


def test_what_is_nested_too_deeply_is_shown_as_typed_and_nothing_is_lost() -> None:
    for marker, most in (("> ", 10), ("- ", 5), ("1. ", 5)):
        assert Page(render(marker * most + "a <b>")).text.split() == ["a", "<b>"]
        assert render(marker * (most + 1) + "a").endswith("a</p>")
        assert Page(render(marker * 500 + "a <b>")).text == marker * 500 + "a <b>"
    stars = "*a " * 500 + "a* " * 500
    assert Page(render(stars)).text == stars.rstrip()
    assert render("*a _b *c* b_ a*").count("<em>") == 3


def test_what_is_too_intricate_keeps_its_lines() -> None:
    content = "- a\r\n  - *b*\r- & <c>\n\n" * 1000
    html = render(content)
    assert html.startswith("<p>- a<br>\n  - *b*<br>\n- &amp; &lt;c&gt;<br>\n<br>\n- a<br>\n")
    assert require_harmless(html).text == content.replace("\r\n", "\n").replace("\r", "\n").strip()


def filled(unit: str, start: str = "") -> str:
    return (start + unit * LONGEST)[:LONGEST]


INTRICATE = {
    "lists": filled("- a\n"),
    "paragraphs": filled("a\n\n"),
    "lines": filled("a\n"),
    "quotes and open fences": filled("> ```\na\n"),
    "lists and quotes": filled("\n|!\n> - "),
    "nested quotes with lazy lines": filled("b\n", "> " * 9 + "a\n"),
    "a growing list": "".join("  " * n + "- a\n" for n in range(125)),
    "a table of empty cells": filled("|\n", "|a" * 256 + "|\n" + "|-" * 256 + "|\n"),
    "many tables": filled("|a" * 45 + "|\n" + "|-" * 45 + "|\n" + "|\n" * 45 + "\n"),
    "opened links": filled("[a](["),
    "opened brackets": filled("["),
    "brackets opened and closed": "[" * 8192 + "]" * 8192,
    "opened addresses": filled("[a](<b"),
    "links": filled("[a](http://x.y) "),
    "bare addresses": filled("http://x.y "),
    "nearly addresses": filled("http://#"),
    "a long tail": filled(")*", "http://x.y/"),
    "emphasis": filled("*a* "),
    "emphasis inside emphasis": filled("*a **b "),
    "mixed delimiters": filled("*a_b**c__d~~e"),
    "backticks of all lengths": "".join("a" + "`" * n for n in range(179)),
    "entities": filled("&auml;"),
    "pointed brackets": filled("<a"),
    "escapes": filled("\\*"),
    "strikes": filled("~~a"),
    "signs": filled("#!", "["),
    "spaces": filled(" ", "a"),
}


def calls_of(function: Callable[[], object]) -> int:
    """How many functions are called, in Python or C: work, without a clock."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("name", INTRICATE)
def test_no_content_makes_much_work(name: str) -> None:
    """Also not the longest piece of each that none of the bounds stops."""
    content = INTRICATE[name]
    for length in (LONGEST, LONGEST // 2, LONGEST // 4, LONGEST // 8):
        calls = calls_of(lambda piece=content[:length]: render(piece))
        assert calls < 300_000, length


def test_a_run_of_nearly_addresses_is_not_read_to_its_end_from_each() -> None:
    """Work inside a pattern, which the calls above do not show."""
    assert rendering._BARE_URL.match("http://#http://#") is None


def test_a_long_ordinary_answer_is_not_too_intricate() -> None:
    section = (
        "## Step\n\nOpen **Settings → Net** and set `HOST` (see [this](http://x.y/a_b)):\n\n"
        "- *First* copy `a_b`;\n  - then `c`\n1. https://x.y/?a=1&b=2\n\n| a | b |\n|---|---|\n"
        "| `1` | *x* |\n\n```python\ndef f(a: list[int]) -> int:\n    return a[0] & 0xFF\n```\n\n"
    )
    page = require_harmless(render(filled(section)))
    count = LONGEST // len(section)
    assert [tag for tag, _ in page.elements].count("table") >= count
    assert page.links().count("https://x.y/?a=1&b=2") >= count


def test_threads_do_not_disturb_each_other() -> None:
    contents = ["*a*", "- b\n- c", "> d", "[e](http://x.y)", "`f`", "g|h\n-|-\ni|j", "# k"]
    expected = [render_markdown(content) for content in contents]
    start, wrong = threading.Barrier(8), []

    def work(shift: int) -> None:
        start.wait()
        for n in range(shift, shift + 100):
            html = render_markdown(contents[n % 7])
            if html != expected[n % 7]:
                wrong.append(html)

    threads = [threading.Thread(target=work, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_rules_are_ready_before_the_first_thread_comes() -> None:
    """The library makes its lists at first use, and a second thread would find them half made."""
    markdown = rendering._build()
    for ruler in (
        markdown.core.ruler,
        markdown.block.ruler,
        markdown.inline.ruler,
        markdown.inline.ruler2,
    ):
        assert ruler.__cache__ is not None


def test_hostile_schemes_leave_nothing_behind_in_the_library() -> None:
    before = len(HOSTLESS_PROTOCOL), len(SLASHED_PROTOCOL)
    render("[a](strange1:b) <strange2:b> [a](http://x.y) <a@b.c> http://x.y")
    assert (len(HOSTLESS_PROTOCOL), len(SLASHED_PROTOCOL)) == before
