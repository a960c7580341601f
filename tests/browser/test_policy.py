"""The Content-Security-Policy in Chromium: every page lives within it, and nothing else runs."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import SitDown

_COUNT_VIOLATIONS = """
    window.violations = [];
    document.addEventListener("securitypolicyviolation", (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
    });
"""
_INJECT = """async () => {
    const seen = [];
    document.addEventListener("securitypolicyviolation", (e) => seen.push(e.violatedDirective));
    const script = document.createElement("script");
    script.textContent = "window.injected = 'script'";
    document.body.append(script);
    document.body.insertAdjacentHTML("beforeend",
        `<img src="/nowhere.jpg" onerror="window.injected = 'handler'">
         <img src="http://127.0.0.1:9/pixel.gif"><p style="color: red">styled</p>`);
    const frame = document.createElement("iframe");
    frame.src = "http://127.0.0.1:9/";
    document.body.append(frame);
    await fetch("http://127.0.0.1:9/").catch(() => null);
    while (new Set(seen).size < 6) {
        await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
    return [window.injected ?? null, [...new Set(seen)].sort()];
}"""


@pytest.fixture
def page(chromium: Browser, sit_down: SitDown) -> Iterator[Page]:
    """Staff's, where complaints are what the test looks for."""
    state = sit_down("mod").context.storage_state()
    with chromium.new_context(storage_state=state) as context:
        yield context.new_page()


def test_no_page_breaks_the_policy(sit_down: SitDown) -> None:
    mod = sit_down("mod")
    mod.page.add_init_script(_COUNT_VIOLATIONS)
    for path, seen in {
        "/": "nav",
        "/new/": "form.fields",
        "/chats/demo/": "#log",
        "/api/v1/docs/": ".swagger-ui .opblock",
        "/admin/": "#content-main",
        "/admin/chat_messages/chat/": "#changelist",
        "/admin/chat_messages/message/": "#changelist",
        "/admin/chat_messages/chat/demo/change/": "#content",
    }.items():
        mod.page.goto(f"{mod.url}{path}")
        mod.page.locator(seen).first.wait_for()
        assert mod.page.evaluate("window.violations") == [], path


def test_what_is_injected_neither_runs_nor_loads(page: Page, sit_down: SitDown) -> None:
    ann = sit_down("ann")
    page.goto(f"{ann.url}/chats/demo/")
    injected, stopped = page.evaluate(_INJECT)
    assert injected is None
    assert stopped == [
        "connect-src",
        "frame-src",
        "img-src",
        "script-src-attr",
        "script-src-elem",
        "style-src-attr",
    ]
