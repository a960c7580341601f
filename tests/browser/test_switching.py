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


def test_the_outsider_is_told_and_keeps_nothing(sit_down: SitDown) -> None:
    eve, ann = sit_down("eve"), sit_down("ann")
    ann.open_chat()
    ann.write("between us")
    ann.sees("between us")
    secret = eve.chat.id
    eve.begin_a_chat_with("mod", title="Own")
    eve.is_in_step()
    eve.page.evaluate(_FOLLOW, f"/chats/{secret}/")
    expect(eve.status).to_have_text("This chat is no longer open to you.")
    expect(eve.page.locator("#messages > li")).to_have_count(0)
    expect(eve.line_of(secret)).to_have_count(0)
    eve.go_to(eve.page.evaluate("document.querySelector('.chats li a').pathname.split('/')[2]"))


_FOLLOW = """path => {
    const link = document.body.appendChild(document.createElement("a"));
    link.href = path;
    link.click();
}"""
