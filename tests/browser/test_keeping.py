"""What a browser keeps of chats from page to page, for whom, and how it gets on without."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site

KEPT = """async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    return names.filter(name => name.startsWith("chatrouting-"));
}"""
NOTHING_TO_KEEP_WITH = """
    Object.defineProperty(window, "indexedDB", { get() { throw new Error("no"); } });
    delete window.BroadcastChannel;
    Object.defineProperty(navigator, "locks", { value: undefined });
"""


@pytest.fixture
def server(site: Site) -> Iterator[ServerProcess]:
    """One to be killed, for one test."""
    with ServerProcess({**site.values, "RATE_LIMIT_SEND": "0", **UNLIMITED}) as process:
        yield process


def leave(person: Person) -> None:
    """Leaving is what makes a page keep what it has not kept yet."""
    person.page.goto(f"{person.url}/new/")


def test_a_later_page_shows_what_an_earlier_one_knew_before_it_hears_more(
    sit_down: SitDown,
) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    first = ann.chat.id
    ann.open_chat()
    ann.write("known before")
    ann.sees("known before")
    ann.begin_a_chat_with("bob", "Dinner")
    ann.is_in_step()
    ann.context.set_offline(True)
    expect(ann.status).to_contain_text("Offline")
    ann.line_of(first).click()
    expect(ann.message("known before")).to_have_count(1)
    expect(ann.status).to_contain_text("Offline")
    bob.chat.id = first
    bob.open_chat()
    bob.write("said meanwhile")
    ann.context.set_offline(False)
    ann.sees("known before", "said meanwhile")
    ann.agrees_with_the_server()


def test_whose_sign_in_ends_soon_is_told_and_keeps_what_they_were_writing(
    sit_down: SitDown, site: Site, server: ServerProcess
) -> None:
    ann = sit_down("ann", anew=True)
    ann.open_chat()
    ann.is_in_step()
    ann.box.fill("half a senten")
    with closing(sqlite3.connect(site.values["DATABASE_URL"].removeprefix("sqlite:///"))) as rows:
        soon = datetime.now(UTC) + timedelta(minutes=4)
        rows.execute("UPDATE django_session SET expire_date = ?", [f"{soon:%Y-%m-%d %H:%M:%S}"])
        rows.commit()
    expect(ann.page.locator("#told")).to_contain_text("You will be signed out at")
    ann.page.get_by_role("link", name="Sign in again").click()
    ann.fill_in("ann")
    ann.is_in_step()
    expect(ann.page.locator("#told")).to_be_empty()
    expect(ann.box).to_have_value("half a senten")


def test_what_was_typed_outlives_its_page_and_the_server(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    server.kill()
    expect(ann.status).to_contain_text("Offline")
    ann.write("one")
    ann.write("two")
    ann.box.fill("half a thought")
    ann.page.close()
    server.start()
    later = replace(ann, page=ann.context.new_page())
    later.page.goto(f"{ann.url}/new/")
    later.open_chat()
    later.sees("one", "two")
    expect(later.box).to_have_value("half a thought")
    assert [message["content"] for message in later.stored()] == ["one", "two"]


def test_texts_for_a_chat_that_is_not_open_are_sent_too(
    sit_down: SitDown, server: ServerProcess
) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    server.kill()
    ann.write("for the other chat")
    expect(ann.message("for the other chat")).to_have_count(1)
    ann.page.close()
    server.start()
    later = replace(ann, page=ann.context.new_page())
    later.page.goto(f"{ann.url}/chats/demo/")
    later.is_in_step()
    expect(later.line_of(ann.chat.id)).to_contain_text("for the other chat")


def test_signing_out_leaves_nothing_and_neither_does_another_person(sit_down: SitDown) -> None:
    ann = sit_down("ann", anew=True)
    ann.open_chat()
    ann.write("between us")
    ann.sees("between us")
    leave(ann)
    assert len(ann.page.evaluate(KEPT)) == 1
    ann.page.get_by_role("button", name="Sign out").click()
    expect(ann.page.get_by_label("Username")).to_be_visible()
    assert ann.page.evaluate(KEPT) == []

    ann.page.evaluate("indexedDB.open('chatrouting-999')")
    ann.sign_in("bob")
    ann.open_chat()
    own = ann.page.evaluate(KEPT)
    assert "chatrouting-999" not in own
    assert len(own) == 1


def test_without_anything_to_keep_it_in_the_page_works(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.context.add_init_script(NOTHING_TO_KEEP_WITH)
    ann.open_chat()
    bob.open_chat()
    ann.write("kept nowhere")
    bob.sees("kept nowhere")
    ann.page.reload()
    ann.is_in_step()
    ann.sees("kept nowhere")


def test_a_frozen_tab_that_held_the_link_is_passed_over(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    tab = replace(ann, page=ann.context.new_page())
    tab.open_chat()
    bob.open_chat()
    ann.page.on("dialog", lambda dialog: None)  # stays open, and the tab does nothing meanwhile
    with ann.page.expect_event("dialog") as dialog, tab.page.expect_websocket():
        ann.page.evaluate("void setTimeout(() => alert('frozen'))")
    bob.write("does it pass?")
    tab.sees("does it pass?")
    tab.write("it does")
    bob.sees("does it pass?", "it does")
    tab.agrees_with_the_server()
    dialog.value.accept()
    ann.sees("does it pass?", "it does")
    ann.is_in_step()


def test_unread_messages_are_counted_on_the_list_and_on_the_tab(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.begin_a_chat_with("bob", "Tea")  # the first chat is open on another device, and read there
    first = ann.chat.id
    ann.begin_a_chat_with("bob", "Dinner")
    ann.is_in_step()
    other = replace(ann, page=ann.context.new_page())
    other.open_chat()
    before = _count(ann.page)
    bob.chat.id = first
    bob.open_chat()
    bob.write("soup?")
    for tab in (ann, other):
        expect(tab.line_of(first)).to_contain_text("soup?")
        expect(tab.line_of(first)).to_contain_text("1 unread")
        assert _count(tab.page) == before + 1
    lines = ann.page.get_by_role("navigation", name="Chats").get_by_role("listitem")
    expect(lines.first).to_contain_text("soup?")
    ann.go_to(first)
    ann.sees("soup?")
    for tab in (ann, other):
        expect(tab.line_of(first)).not_to_contain_text("unread")
    assert _count(other.page) == before


def _count(page: Page) -> int:
    title = page.title()
    return int(title[1 : title.index(")")]) if title.startswith("(") else 0
