"""People in Chromium who talk to each other."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import SitDown


def test_two_people_see_each_others_messages_at_once(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ann.write("Olá from Ann")
    bob.sees("Olá from Ann")
    bob.write("and hello from Bob")
    for person in (ann, bob):
        person.sees("Olá from Ann", "and hello from Bob")
        person.agrees_with_the_server()


def test_the_outsider_finds_nothing_where_the_chat_is(sit_down: SitDown) -> None:
    eve = sit_down("eve")
    pages = []
    for path in (eve.chat.path, "/chats/nowhere/"):
        response = eve.page.goto(f"{eve.url}{path}")
        assert response is not None
        assert response.status == 404
        pages.append(eve.page.locator("main").inner_html())
    assert pages[0] == pages[1]
    eve.page.goto(eve.url)
    expect(eve.page.get_by_role("link", name="Lunch")).to_have_count(0)


def test_a_new_chat_is_there_for_those_named(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    ann.write("soup?")
    ann.sees("soup?")
    bob.page.goto(bob.url)
    line = bob.page.get_by_role("navigation", name="Chats").locator(f'[href="{bob.chat.path}"]')
    expect(line).to_contain_text("soup?")
    expect(line).to_contain_text("1 unread")
    line.click()
    bob.is_in_step()
    bob.sees("soup?")


def test_what_was_seen_is_not_unread(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    with bob.page.expect_websocket() as opened:
        bob.open_chat()
    head = bob.head()
    with opened.value.expect_event("framereceived", lambda frame: _seq_read(frame) > head):
        ann.write("soup?")
    bob.page.goto(bob.url)
    line = bob.page.get_by_role("navigation", name="Chats").locator(f'[href="{bob.chat.path}"]')
    expect(line).to_contain_text("soup?")
    expect(line).not_to_contain_text("unread")


def _seq_read(frame: str | bytes) -> int:
    """How far one has read, where that is what the server answers."""
    data = json.loads(frame).get("data")
    return int(data.get("seq", 0)) if isinstance(data, dict) else 0


def test_enter_sends_and_shift_enter_breaks_the_line(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.box.press_sequentially("line one")
    ann.box.press("Shift+Enter")
    ann.box.press_sequentially("line two")
    ann.box.press("Enter")
    ann.sees("line one")
    expect(ann.box).to_have_value("")
    assert ann.stored()[-1]["content"] == "line one\nline two"


def test_others_are_seen_to_be_here_and_to_type(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    expect(ann.page.get_by_text("Nobody else is here")).to_be_visible()
    bob.open_chat()
    expect(ann.page.get_by_text("Also here: bob")).to_be_visible()
    bob.box.press_sequentially("hm")
    expect(ann.page.get_by_text("bob is typing…")).to_be_visible()
    bob.box.press("Enter")
    ann.sees("hm")
    expect(ann.page.get_by_text("bob is typing…")).to_have_count(0)


def test_a_live_message_looks_as_it_will_when_the_page_is_loaded_again(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    texts = ["# Head\n\n- *one*\n- `two`", "<b>not bold</b> & <script>alert(1)</script>", "  x"]
    for text in texts:
        ann.write(text)
    for person in (ann, bob):
        expect(person.page.locator("#messages > li")).to_have_count(len(texts))
        expect(person.page.locator('[data-state="sending"]')).to_have_count(0)
        live = person.page.locator("#messages > li").evaluate_all(_AS_IT_IS)
        person.page.reload()
        person.is_in_step()
        assert person.page.locator("#messages > li").evaluate_all(_AS_IT_IS) == live


# All but what is read aloud, which only live ones are, the line above what is new, and what
# is there for pages without script.
_AS_IT_IS = r"""items => items.map(item => item.outerHTML
    .replace(/ aria-live="off"| tabindex="-1"|<p class="marker".*?<\/p>/g, "")
    .replace(/<noscript>.*?<\/noscript>/gs, "")
    .replace(/\s+/g, " "))"""


def test_an_edit_and_a_removal_reach_the_page(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ann.write("Helo")
    bob.sees("Helo")
    message = ann.stored()[-1]
    address = f"{ann.api}messages/{message['messageId']}/"
    edited = ann.context.request.patch(
        address, data={"rev": message["rev"], "content": "Hello"}, headers=ann.csrf
    )
    assert edited.ok
    bob.sees("Hello")
    expect(bob.message("Hello")).to_contain_text("edited")
    assert ann.context.request.delete(address, headers=ann.csrf).ok
    expect(bob.message("This message was removed by its author.")).to_be_visible()
    expect(bob.message("Hello")).to_have_count(0)
    bob.agrees_with_the_server()


def test_who_is_taken_out_is_told_and_hears_no_more(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    bob.write("bye")
    ann.sees("bye")
    bob_id = ann.stored()[-1]["author"]["id"]
    address = f"{ann.api}members/{bob_id}/"
    assert ann.context.request.delete(address, headers=ann.csrf).ok
    expect(bob.status).to_have_text("This chat is no longer open to you.")
    expect(bob.page.get_by_role("button", name="Send")).to_be_disabled()
    ann.write("between us")
    ann.sees("between us")
    expect(bob.message("between us")).to_have_count(0)


def test_a_frozen_chat_takes_no_messages_until_it_thaws(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    bob.box.fill("what I wanted to say")
    for frozen in (True, False):
        answer = ann.context.request.patch(ann.api, data={"frozen": frozen}, headers=ann.csrf)
        assert answer.ok
        closed = bob.page.get_by_text("You can't write in this chat now.")
        expect(closed).to_be_visible(visible=frozen)
        expect(bob.page.get_by_role("button", name="Send")).to_be_enabled(enabled=not frozen)
    bob.box.press("Enter")
    ann.sees("what I wanted to say")


def test_who_signs_out_in_another_tab_is_told(sit_down: SitDown) -> None:
    ann = sit_down("ann", anew=True)
    ann.open_chat()
    ann.box.fill("half a thought")
    tab = ann.context.new_page()
    tab.goto(ann.url)
    tab.get_by_role("button", name="Sign out").click()
    expect(ann.status).to_have_text("You are signed out. Please sign in again.")
    expect(ann.box).to_have_value("half a thought")


def test_a_text_that_is_refused_can_be_taken_back(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.box.fill("x" * 16_385)
    ann.box.press("Enter")
    expect(ann.message("Not sent")).to_contain_text("16384")
    ann.page.get_by_role("button", name="Write it again").click()
    expect(ann.box).to_have_value("x" * 16_385)
    expect(ann.message("Not sent")).to_have_count(0)


def test_a_text_too_large_for_a_frame_goes_by_a_request(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.box.fill("👋" * 16_384)
    ann.box.press("Enter")
    ann.sees("👋" * 16_384)
    assert ann.stored()[-1]["content"] == "👋" * 16_384
