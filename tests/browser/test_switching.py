"""From chat to chat without loading a page, and never a message in the wrong one."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import SitDown


def test_chats_are_switched_without_loading_a_page_and_drafts_stay_where_they_are(
    sit_down: SitDown,
) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("in the first")
    ann.sees("in the first")
    first = ann.chat.id
    ann.begin_a_chat_with("bob", title="Dinner")
    ann.is_in_step()
    ann.page.evaluate("window.isSamePage = true")
    ann.box.fill("half a thought")
    ann.go_to(first)
    expect(ann.page.get_by_role("heading", name="Lunch")).to_be_visible()
    expect(ann.page).to_have_title(re.compile(r"^(\(\d+\) )?Lunch$"))
    expect(ann.box).to_have_value("")
    ann.sees("in the first")
    ann.agrees_with_the_server()
    ann.page.go_back()
    expect(ann.page.get_by_role("heading", name="Dinner")).to_be_visible()
    expect(ann.box).to_have_value("half a thought")
    expect(ann.message("in the first")).to_have_count(0)
    assert ann.page.evaluate("window.isSamePage")
