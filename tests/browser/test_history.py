"""The past of a chat, read in a page that never holds more than a part of it."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person
from tests.shapes.environment import development
from tests.shapes.server import ROOT, ServerProcess

MOST_SHOWN = 300
PHONE = {"width": 390, "height": 700}


def fill(server: ServerProcess, chat_id: str, count: int) -> None:
    """`no. 1` to `no. <count>`, too many to be said one by one."""
    command = [sys.executable, "-m", "tests.browser.long_chat", chat_id, str(count)]
    subprocess.run(command, check=True, cwd=ROOT, env=development(server.values))


# Goes on by as much as one sees, as a reader does, and tells what it has passed. In the page, since
# thousands of steps by the driver would take minutes.
_READ_TO_THE_END = """async ({ direction, most }) => {
    const log = document.getElementById("log");
    const list = document.getElementById("messages");
    const seen = new Set();
    let shown = 0;
    const isThere = () => document.getElementById(direction < 0 ? "older" : "newer").hidden;
    const frame = () => new Promise(requestAnimationFrame);
    for (let still = 0; still < 600; still += 1) {
        await frame();
        shown = Math.max(shown, list.children.length);
        const { top, bottom } = log.getBoundingClientRect();
        const before = seen.size;
        for (const item of list.children) {
            const box = item.getBoundingClientRect();
            if (box.bottom > top && box.top < bottom) {
                seen.add(item.querySelector("[data-slot=content]").textContent.trim());
            }
        }
        if (seen.size > before) {
            still = 0;
        } else if (isThere()) {
            break;
        }
        log.scrollTop += direction * log.clientHeight * 0.9;
    }
    return { seen: [...seen], shown };
}"""


def read_to_the_end(page: Page, direction: int) -> tuple[set[str], int]:
    found = page.evaluate(_READ_TO_THE_END, {"direction": direction, "most": MOST_SHOWN})
    return set(found["seen"]), found["shown"]


@pytest.mark.slow
def test_ten_thousand_messages_are_read_from_end_to_end(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann = sit_down("ann", viewport={"width": 1200, "height": 4_000})
    fill(server, ann.chat.id, 10_000)
    ann.open_chat()
    everything = {f"no. {number}" for number in range(1, 10_001)}
    for direction in (-1, 1):
        seen, shown = read_to_the_end(ann.page, direction)
        assert everything - seen == set()
        assert shown <= MOST_SHOWN
    expect(ann.message("no. 10000")).to_be_in_viewport()
    ann.is_in_step()


def test_reading_on_moves_nothing_that_is_seen(sit_down: SitDown, server: ServerProcess) -> None:
    ann = sit_down("ann")
    fill(server, ann.chat.id, 1_000)
    ann.open_chat()
    message = ann.page.locator("#messages > li").first
    expect(message).to_contain_text("no. 9")
    text = message.locator("[data-slot=content]").inner_text()
    message.scroll_into_view_if_needed()
    expect(ann.page.locator("#messages > li").first).not_to_contain_text(text)
    expect(ann.page.get_by_text(text, exact=True)).to_be_in_viewport()


def test_what_comes_meanwhile_is_counted_and_a_button_leads_there(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    fill(server, ann.chat.id, 400)
    ann.open_chat()
    bob.open_chat()
    ann.page.get_by_text("no. 400", exact=True).wait_for()
    for _ in range(4):
        ann.page.locator("#messages > li").first.scroll_into_view_if_needed()
    expect(ann.page.get_by_role("button", name="To the newest messages")).to_be_visible()
    for text in ("while you read", "and once more"):
        bob.write(text)
        bob.sees(text)
    ann.page.get_by_role("button", name="2 new").click()
    ann.sees("while you read", "and once more")
    expect(ann.message("and once more")).to_be_in_viewport()
    expect(ann.message("while you read")).to_contain_text("New messages")
    ann.agrees_with_the_server()


def test_what_was_not_read_begins_below_a_line(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    for text in ("one", "two"):
        ann.write(text)
        ann.sees(text)
    bob.open_chat()
    expect(bob.message("one")).to_contain_text("New messages")
    expect(bob.page.get_by_text("New messages")).to_have_count(1)
    bob.write("three")
    bob.sees("three")
    expect(bob.page.get_by_text("New messages")).to_have_count(0)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_link_opens_around_its_message(
    sit_down: SitDown, server: ServerProcess, *, javascript: bool
) -> None:
    ann = sit_down("ann", java_script_enabled=javascript)
    fill(server, ann.chat.id, 400)
    answer = ann.context.request.get(f"{ann.api}messages/?before=1000&limit=200")
    seq = next(m["seq"] for m in answer.json()["messages"] if m["content"] == "no. 250")
    ann.page.goto(f"{ann.url}{ann.chat.path}?around={seq}#m{seq}")
    message = ann.page.get_by_text("no. 250", exact=True)
    expect(message).to_be_in_viewport()
    if javascript:
        ann.is_in_step()
        expect(message).to_be_in_viewport()
        ann.page.locator("#to-end").click()
        expect(ann.page).to_have_url(f"{ann.url}{ann.chat.path}")
    else:
        ann.page.get_by_role("link", name="Later messages").click()
        ann.page.get_by_role("link", name="To the newest messages").click()
    expect(ann.page.get_by_text("no. 400", exact=True)).to_be_in_viewport()


def test_the_status_line_says_where_the_past_ends_if_it_cannot_be_read(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann = sit_down("ann")
    fill(server, ann.chat.id, 300)
    ann.page.route("**/messages/?before=*", lambda route: route.abort())
    ann.open_chat()
    ann.page.locator("#messages > li").first.scroll_into_view_if_needed()
    expect(ann.status).to_contain_text(re.compile(r"In step · History incomplete before \d"))
    ann.page.unroute("**/messages/?before=*")
    ann.is_in_step()


def test_removed_from_view_never_takes_the_keyboard_along(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann = sit_down("ann", viewport=PHONE)
    fill(server, ann.chat.id, 600)
    ann.open_chat()
    ann.log.focus()
    ann.page.keyboard.press("ArrowUp")
    expect(_focused(ann)).to_contain_text("no. 600")
    read_to_the_end(ann.page, -1)
    expect(ann.log).to_be_focused()
    ann.page.keyboard.press("End")
    expect(ann.page.get_by_text("no. 600", exact=True)).to_be_in_viewport()


def _focused(person: Person) -> Locator:
    return person.page.locator("#messages > li:focus")


def test_where_the_page_itself_scrolls_the_past_comes_when_it_is_asked_for(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann = sit_down("ann", viewport={"width": 320, "height": 256})
    fill(server, ann.chat.id, 400)
    ann.open_chat()
    messages = ann.page.locator("#messages > li")
    expect(messages).to_have_count(50)
    first = messages.first
    first.scroll_into_view_if_needed()
    text = first.locator("[data-slot=content]").inner_text()
    ann.page.get_by_role("link", name="Earlier messages").click()
    expect(messages).to_have_count(150)
    expect(ann.page.get_by_text(text, exact=True)).to_be_in_viewport()
    ann.page.locator("#to-end").click()
    expect(ann.page.get_by_text("no. 400", exact=True)).to_be_in_viewport()
