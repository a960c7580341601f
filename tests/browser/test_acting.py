"""What is done with messages: replying, editing, removing, rating; each where it may be."""

from playwright.sync_api import Locator, expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person
from tests.browser.test_asking import answer_of, ask


def act(person: Person, message: Locator, name: str) -> None:
    message.locator("[data-slot=content]").hover()
    message.get_by_role("button", name=name, exact=True).click()


def offered(person: Person, message: Locator) -> list[str]:
    message.locator("[data-slot=content]").hover()
    buttons = message.get_by_role("group").get_by_role("button")
    expect(buttons.first).to_be_visible()
    return [str(button.get_attribute("data-act")) for button in buttons.all()]


def test_a_reply_quotes_and_its_quote_leads_to_the_message(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ann.write("Soup or salad?")
    bob.sees("Soup or salad?")
    act(bob, bob.message("Soup or salad?"), "Reply")
    expect(bob.page.get_by_text("Reply to ann: Soup or salad?")).to_be_visible()
    bob.write("Salad")
    quote = ann.message("Salad").last.get_by_role("link", name="ann Soup or salad?")
    expect(quote).to_be_visible()
    assert ann.stored()[-1]["replyTo"] == ann.stored()[0]["messageId"]
    ann.page.reload()
    ann.is_in_step()
    quote.click()
    expect(ann.page.locator("#messages > li").first).to_be_focused()


def test_a_quote_is_looked_up_and_changes_with_its_message(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    bob.pour(["first of all"] + [f"no. {number}" for number in range(60)])
    first = bob.stored()[0]
    ann.open_chat()
    bob.open_chat()
    answer = bob.context.request.post(
        f"{bob.api}messages/",
        data={
            "type": "user",
            "content": "late reply",
            "clientMessageId": "late",
            "replyTo": first["messageId"],
        },
        headers=bob.csrf,
    )
    assert answer.ok
    expect(ann.message("late reply")).to_contain_text("bob first of all")
    address = f"{bob.api}messages/{first['messageId']}/"
    assert bob.context.request.delete(address, headers=bob.csrf).ok
    expect(ann.message("late reply")).to_contain_text("bob This message was removed by its author.")


def test_the_arrow_edits_ones_newest_message_and_escape_gives_the_draft_back(
    sit_down: SitDown,
) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ann.write("Helo")
    bob.write("Hi")
    ann.sees("Helo", "Hi")
    ann.box.press("ArrowUp")
    expect(ann.box).to_have_value("Helo")
    ann.box.press("Escape")
    expect(ann.box).to_have_value("")
    ann.box.press("ArrowUp")
    ann.box.fill("Hello")
    ann.box.press("Enter")
    for person in (ann, bob):
        expect(person.message("Hello")).to_contain_text("edited")
    expect(ann.box).to_have_value("")
    assert [m["content"] for m in ann.stored()] == ["Hello", "Hi"]


def test_an_edit_that_is_refused_is_told_and_kept(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("Helo")
    ann.sees("Helo")
    ann.box.press("ArrowUp")
    message = ann.stored()[0]
    address = f"{ann.api}messages/{message['messageId']}/"
    assert ann.context.request.delete(address, headers=ann.csrf).ok
    ann.box.fill("Hello")
    ann.box.press("Enter")
    expect(ann.page.get_by_role("alert")).to_contain_text("That did not work")
    expect(ann.box).to_have_value("Hello")


def test_a_message_is_removed_only_when_that_was_confirmed(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ann.write("never mind")
    bob.sees("never mind")
    act(ann, ann.message("never mind"), "Remove")
    question = ann.page.get_by_role("group", name="Remove this message for everybody?")
    question.get_by_role("button", name="Keep").click()
    expect(question).to_have_count(0)
    act(ann, ann.message("never mind"), "Remove")
    question.get_by_role("button", name="Remove").click()
    for person in (ann, bob):
        expect(person.message("This message was removed by its author.")).to_be_visible()
        expect(person.message("never mind")).to_have_count(0)


def test_only_what_is_allowed_is_offered(sit_down: SitDown) -> None:
    ann, bob, mod = sit_down("ann"), sit_down("bob"), sit_down("mod")
    for person in (ann, bob, mod):
        person.open_chat()
    ann.write("mine")
    expected = [
        (ann, ["reply", "about", "edit", "link", "remove"]),
        (bob, ["reply", "about", "link", "report"]),
        (mod, ["link", "report", "remove"]),
    ]
    for person, names in expected:
        person.sees("mine")
        assert offered(person, person.message("mine")) == names


def test_an_answer_is_rated_and_the_rating_changed_and_taken_back(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ask(ann, "Who is there?")
    answer = answer_of(ann)
    expect(answer).to_have_attribute("data-state", "completed")
    for name in ("Good answer", "Bad answer"):
        act(ann, answer, name)
        expect(answer.get_by_role("button", name=name, pressed=True)).to_be_visible()
    expect(answer.get_by_role("button", name="Good answer", pressed=False)).to_be_visible()
    ann.page.reload()
    ann.is_in_step()
    answer.locator("[data-slot=content]").hover()
    expect(answer.get_by_role("button", name="Bad answer", pressed=True)).to_be_visible()
    act(ann, answer, "Bad answer")
    expect(answer.get_by_role("button", name="Bad answer", pressed=False)).to_be_visible()


def test_the_address_of_a_video_may_be_sent_as_words(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    address = "https://youtu.be/dQw4w9WgXcQ"
    ann.box.fill(address)
    ann.page.get_by_role("checkbox", name="Send it as a video").uncheck()
    ann.box.press("Enter")
    ann.sees(address)
    assert ann.stored()[-1]["type"] == "user"
    ann.box.fill(address)
    expect(ann.page.get_by_role("checkbox", name="Send it as a video")).to_be_checked()


def test_a_slash_and_ai_ask_the_assistant(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.box.fill("/ai Who is there?")
    ann.box.press("Enter")
    expect(answer_of(ann)).to_have_attribute("data-state", "completed")
    assert ann.stored()[0]["content"] == "Who is there?"


def test_a_word_that_is_being_composed_is_not_sent_by_enter(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.box.fill("にほん")
    ann.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(ann.box).to_have_value("にほん")
    ann.box.press("Enter")
    ann.sees("にほん")


def test_near_the_limit_the_room_that_is_left_is_counted(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    for length, words in ((16_300, "84 characters left"), (16_390, "6 characters too many")):
        ann.box.fill("x" * length)
        expect(ann.page.get_by_text(words)).to_be_visible()
    ann.box.fill("x")
    expect(ann.page.get_by_text("characters")).to_have_count(0)


def test_a_very_long_message_is_shown_whole_when_asked_for(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("\n".join(f"line {number}" for number in range(100)))
    message = ann.page.locator("#messages > li")
    expect(message).to_have_attribute("data-state", "completed")
    ann.page.reload()
    ann.is_in_step()
    height = _height(message)
    button = message.get_by_role("button", name="Show all")
    button.click()
    expect(button).to_be_hidden()
    assert _height(message) > 2 * height


def _height(locator: Locator) -> float:
    box = locator.bounding_box()
    assert box is not None
    return box["height"]


def test_a_link_to_a_message_is_copied(sit_down: SitDown) -> None:
    ann = sit_down("ann", permissions=["clipboard-read", "clipboard-write"])
    ann.open_chat()
    ann.write("here")
    ann.sees("here")
    act(ann, ann.message("here"), "Copy link")
    expect(ann.page.locator("#said")).to_have_text("Link copied")
    seq = ann.stored()[-1]["seq"]
    link = ann.page.evaluate("navigator.clipboard.readText()")
    assert link == f"{ann.url}{ann.chat.path}?around={seq}#m{seq}"
