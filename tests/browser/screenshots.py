"""`make screenshots`: the pictures in `docs/`, of a server with a talk made for them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import ARGUMENTS, SYSTEM_CHROMIUM
from tests.browser.person import Chat, Person
from tests.shapes.server import ROOT, ServerProcess
from tests.shapes.site import embedded_site
from tests.upstream.answers import end, say
from tests.upstream.server import Asked, Upstream, Wire

DESKTOP = {"width": 1100, "height": 720}
PHONE = {"width": 390, "height": 760}
SHOTS: dict[str, dict[str, Any]] = {
    "chat": {"viewport": DESKTOP},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True},
    "portuguese": {"viewport": DESKTOP, "locale": "pt-BR"},
}
ANSWER = """\
For five people take about **two and a half cups** of rice:

1. rinse it until the water stays clear
2. boil it in *four* cups of water, with a lid on
3. leave it alone for ten minutes

Ann said that she has three cups left, so that is enough."""
RULE = """\
Yes! I bring the soup, and this for who does the dishes:

```python
next(name for name in friends if name != "bob")
```"""
TALK = (
    ("ann", "Lunch at my place on Saturday? I have three cups of rice left."),
    ("bob", RULE),
    ("ann", "Very fair. There will be five of us."),
)


@contextmanager
def kitchen() -> Iterator[tuple[Browser, ServerProcess]]:
    def answer(wire: Wire, _asked: Asked) -> None:
        say(wire, [ANSWER])
        end(wire)

    with ExitStack() as stack:
        model = stack.enter_context(Upstream(answer))
        site = stack.enter_context(embedded_site())
        values = {
            "AI_BASE_URL": f"{model.url}/v1",
            "AI_MODEL": "scripted-1",
            "RATE_LIMIT_SEND": "0",
        }
        server = stack.enter_context(ServerProcess(site.values | values))
        playwright = stack.enter_context(sync_playwright())
        yield playwright.chromium.launch(executable_path=SYSTEM_CHROMIUM, args=ARGUMENTS), server


def sit_down(browser: Browser, server: ServerProcess, name: str, chat: Chat) -> Person:
    person = Person(browser.new_context(viewport=DESKTOP).new_page(), server.url, chat)
    person.sign_in(name)
    return person


def talk(people: dict[str, Person]) -> None:
    ann, bob = people["ann"], people["bob"]
    ann.begin_a_chat_with("bob", title="Saturday")
    ann.is_in_step()
    bob.open_chat()
    for name, words in TALK:
        people[name].write(words)
        ann.page.wait_for_function(_COUNT, arg=words.split()[0])
    bob.message("three cups").first.locator("[data-slot=content]").hover()
    bob.page.get_by_role("button", name="Reply").click()
    bob.write("Is that enough?")
    bob.page.wait_for_function(_COUNT, arg="Is that enough?")
    bob.box.fill("How much rice do five people need?")
    bob.page.get_by_role("button", name="Ask AI").click()
    ann.page.wait_for_function(_COUNT, arg="ten minutes")


_COUNT = """words => [...document.querySelectorAll("#messages > li")].some(item =>
    item.dataset.state === "completed" && item.textContent.includes(words))"""


def take(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.wait_for_timeout(500)  # for what fades in
    page.screenshot(path=path)
    print(path.relative_to(ROOT))  # noqa: T201


def main() -> None:
    with kitchen() as (browser, server):
        chat = Chat()
        people = {name: sit_down(browser, server, name, chat) for name in ("ann", "bob")}
        talk(people)
        state = people["ann"].context.storage_state()
        for name, options in SHOTS.items():
            page = browser.new_context(storage_state=state, **options).new_page()
            page.goto(f"{server.url}{chat.path}")
            page.locator("#status[data-state=inStep]").wait_for()
            take(page, ROOT / "docs" / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
