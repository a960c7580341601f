"""For everybody: by keyboard alone, aloud, in the dark, on a small screen."""

from playwright.sync_api import Locator, expect

from tests.browser.conftest import SitDown
from tests.browser.test_asking import answer_of, ask

# 1280 pixels at 400 %.
NARROW = {"width": 320, "height": 256}

# What a screen reader would say: what is added to a region that is live, and in nothing silent.
_LISTEN = """() => {
    window.heard = [];
    const live = "[aria-live], [role=alert], [role=status]";
    const regionOf = node => node?.parentElement?.closest(live);
    new MutationObserver(changes => changes.forEach(change => change.addedNodes.forEach(node => {
        const own = node.getAttribute?.("aria-live");
        if (own !== "off" && regionOf(node) && regionOf(node).ariaLive !== "off") {
            window.heard.push(node.textContent.replace(/\\s+/g, " ").trim());
        }
    }))).observe(document.querySelector("main"), { childList: true, subtree: true });
}"""


def test_the_keyboard_alone_writes_edits_switches_and_tries_again(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    first = ann.chat.id
    ann.begin_a_chat_with("bob", title="Dinner")
    ann.is_in_step()
    press, enter = ann.page.keyboard.press, ann.page.keyboard.type
    _tab_to(ann.box)
    enter("Helo")
    press("Enter")
    ann.sees("Helo")
    press("ArrowUp")
    press("Backspace")
    enter("lo")
    press("Enter")
    expect(ann.message("Hello")).to_contain_text("edited")

    _tab_to(ann.log, back=True)
    press("ArrowUp")
    expect(ann.message("Hello")).to_be_focused()
    press("Tab")
    expect(ann.page.get_by_role("button", name="Reply")).to_be_focused()
    press("Enter")
    enter("To myself")
    press("Enter")
    expect(ann.message("To myself")).to_contain_text("ann Hello")

    _tab_to(ann.line_of(first), back=True)
    press("Enter")
    expect(ann.page.get_by_role("heading", name="Lunch")).to_be_visible()
    _tab_to(ann.box)
    ann.page.keyboard.insert_text("x" * 16_385)
    press("Enter")
    again = ann.page.get_by_role("button", name="Write it again")
    expect(again).to_be_visible()
    _tab_to(again, back=True)
    press("Enter")
    expect(ann.box).to_be_focused()
    press("Backspace")
    press("Enter")
    ann.sees("x" * 16_384)


def _tab_to(part: Locator, *, back: bool = False) -> None:
    """As somebody without a pointer gets there."""
    for _ in range(400):  # past all chats that other tests have begun
        part.page.keyboard.press("Shift+Tab" if back else "Tab")
        if part.evaluate("part => part === document.activeElement"):
            return
    raise AssertionError(f"not to be reached by Tab: {part}")


def test_what_others_say_is_heard_once_and_an_answer_when_it_is_whole(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    bob.page.evaluate(_LISTEN)
    ann.write("soup is ready")
    bob.sees("soup is ready")
    ask(ann, "Who is there?")
    expect(answer_of(bob)).to_have_attribute("data-state", "completed")
    heard: list[str] = bob.page.evaluate("window.heard")
    answers = [words for words in heard if "Hello" in words]
    assert answers == ["Assistant: Hello there, Ann. Bye"]
    assert len([words for words in heard if "soup is ready" in words]) == 1


def test_what_is_read_of_the_past_and_what_one_writes_is_not_heard(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    bob.pour([f"no. {number}" for number in range(120)])
    ann.open_chat()
    ann.page.evaluate(_LISTEN)
    ann.page.locator("#messages > li").first.scroll_into_view_if_needed()
    expect(ann.page.get_by_text("no. 10", exact=True)).to_have_count(1)
    ann.write("my own")
    ann.sees("my own")
    heard: list[str] = ann.page.evaluate("window.heard")
    assert [words for words in heard if "no." in words or "my own" in words] == []


def test_at_four_times_the_size_everything_is_there_and_nothing_is_cut(sit_down: SitDown) -> None:
    ann = sit_down("ann", viewport=NARROW)
    ann.open_chat()
    ann.write("w" * 200)
    ann.sees("w" * 200)
    ann.message("w" * 200).locator("[data-slot=content]").hover()
    ann.page.locator(".acts button:visible").first.focus()  # where it stays while the page scrolls
    for part in (ann.box, ann.page.locator(".acts"), ann.status, ann.page.locator("#title")):
        part.scroll_into_view_if_needed()
        box = part.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= NARROW["width"]
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert ann.page.evaluate(wide)


def test_what_can_be_pressed_is_large_enough_to_be_hit(sit_down: SitDown) -> None:
    ann = sit_down("ann", has_touch=True, is_mobile=True, viewport={"width": 390, "height": 700})
    ann.open_chat()
    ann.write("soup")
    ann.sees("soup")
    ann.message("soup").locator("[data-slot=content]").tap()
    expect(ann.page.get_by_role("button", name="Reply")).to_be_visible()
    small = ann.page.locator("button:visible, .button:visible").evaluate_all(
        """buttons => buttons.map(button => [button.textContent, button.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([words]) => words)"""
    )
    assert small == []
