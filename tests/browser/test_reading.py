"""Reading: without a script, on a phone, and in the middle of a long chat."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person

PHONE = {"width": 360, "height": 640}
WIDE = (
    "w" * 400 + "\n\n```\n" + "code " * 80 + "\n```\n\n| " + "h" * 90 + " | b |\n|-|-|\n| 1 | 2 |"
)


SIXTY = [f"no. {number}" for number in range(60)]


def test_without_javascript_one_signs_in_reads_and_writes(sit_down: SitDown) -> None:
    ann = sit_down("ann", anew=True, java_script_enabled=False)
    ann.page.locator(f'a[href="{ann.chat.path}"]').click()
    for text in ("no script", "none needed"):
        ann.write(text)
        expect(ann.message(text)).to_be_in_viewport()
    expect(ann.box).to_have_value("")
    assert [message["content"] for message in ann.stored()][-2:] == ["no script", "none needed"]


def test_without_javascript_a_chat_opens_at_its_end(sit_down: SitDown) -> None:
    sit_down("bob").pour(SIXTY)
    ann = sit_down("ann", java_script_enabled=False)
    ann.page.goto(f"{ann.url}{ann.chat.path}")
    expect(ann.message("no. 59")).to_be_in_viewport()
    expect(ann.message("no. 10")).not_to_be_in_viewport()
    ann.page.get_by_role("link", name="Earlier messages").click()
    expect(ann.message("no. 9")).to_have_count(1)
    ann.page.get_by_role("link", name="To the newest messages").click()
    expect(ann.message("no. 59")).to_be_in_viewport()


def test_who_reads_the_end_stays_there_and_who_reads_on_is_not_moved(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.pour(SIXTY)
    ann.open_chat()
    bob.open_chat()
    expect(bob.message("no. 59")).to_be_in_viewport()
    ann.write("the newest")
    expect(bob.message("the newest")).to_be_in_viewport()

    bob.message("no. 30").scroll_into_view_if_needed()
    place = _top(bob, "no. 30")
    ann.write("a long one\n" * 20)
    expect(bob.message("a long one")).to_have_count(1)
    assert _top(bob, "no. 30") == pytest.approx(place, abs=1)  # pixels are whole, places are not
    bob.write("my own brings me to the end")
    expect(bob.message("my own brings me to the end")).to_be_in_viewport()


def _top(person: Person, text: str) -> float:
    box = person.message(text).bounding_box()
    assert box is not None
    return box["y"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_nothing_is_wider_than_the_page(sit_down: SitDown, scheme: str) -> None:
    ann = sit_down("ann", viewport=PHONE, color_scheme=scheme, has_touch=True)
    for path in ("/", "/new/", "/chats/nowhere/", ann.chat.path):
        ann.page.goto(f"{ann.url}{path}")
        assert _is_as_wide_as_it_looks(ann)
    ann.is_in_step()
    ann.write(WIDE)
    ann.sees("w" * 400)
    assert _is_as_wide_as_it_looks(ann)
    ann.page.get_by_role("link", name="Chats").click()
    ann.page.wait_for_load_state()
    assert _is_as_wide_as_it_looks(ann)


def _is_as_wide_as_it_looks(person: Person) -> bool:
    script = """() => [document.documentElement, document.getElementById("log")]
        .filter(Boolean)
        .every(element => element.scrollWidth <= element.clientWidth)"""
    return bool(person.page.evaluate(script))


def test_the_keyboard_alone_is_enough(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.page.keyboard.press("Tab")
    expect(ann.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    ann.box.focus()
    ann.page.keyboard.type("by keyboard")
    ann.page.keyboard.press("Tab")
    expect(ann.page.get_by_role("button", name="Send")).to_be_focused()
    ann.page.keyboard.press("Enter")
    ann.sees("by keyboard")
    expect(ann.box).to_be_focused()
