"""Questions in Chromium: answers that grow, are stopped, come back, and videos that are known."""

import re

from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person
from tests.upstream.server import Upstream


def ask(person: Person, question: str) -> None:
    person.box.fill(question)
    person.page.get_by_role("button", name="Ask AI").click()


def answer_of(person: Person) -> Locator:
    return person.page.locator("#messages > li[data-type=ai]").last


def words_in(answer: Locator) -> int:
    return (answer.locator("[data-slot=content]").text_content() or "").count("word")


def grows(answer: Locator, *, past: int = 0) -> int:
    """Wait until there is more of it than now, and more words than `past`."""
    words = max(words_in(answer), past) + 3
    expect(answer.locator("[data-slot=content]")).to_have_text(re.compile(rf"(word\s+){{{words}}}"))
    return words


def test_an_answer_is_whole_and_rendered_for_everybody(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ask(ann, "Who is there?")
    for person in (ann, bob):
        answer = answer_of(person)
        expect(answer).to_have_attribute("data-state", "completed")
        expect(answer.locator("strong")).to_have_text("Ann")
        expect(answer.locator("[data-slot=content]")).to_contain_text("Hello there, Ann.")
        person.agrees_with_the_server()


def test_an_answer_grows_also_after_a_reload_and_is_stopped_by_who_asked(
    sit_down: SitDown, model: Upstream
) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    model.left.clear()
    ask(ann, "Tell me, and be slow")
    seen = grows(answer_of(bob))
    ann.open_chat()
    seen = grows(answer_of(ann), past=seen)
    expect(answer_of(bob).get_by_role("button", name="Stop")).to_have_count(0)
    answer_of(ann).get_by_role("button", name="Stop").click()
    for person in (ann, bob):
        expect(answer_of(person)).to_have_attribute("data-state", "error")
        expect(answer_of(person)).to_contain_text("This was stopped.")
        assert words_in(answer_of(person)) >= seen
    assert model.left.wait(10)


def test_a_failing_answer_says_which_try_it_is_and_can_be_asked_for_again(
    sit_down: SitDown,
) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ask(ann, "What if all is broken")
    expect(answer_of(ann)).to_contain_text(re.compile("try [23] of 3"))  # 2 for a second alone
    expect(answer_of(ann)).to_have_attribute("data-state", "error")
    expect(answer_of(bob).get_by_role("button", name="Try again")).to_have_count(0)
    answer_of(ann).get_by_role("button", name="Try again").click()
    expect(answer_of(ann)).not_to_have_attribute("data-state", "error")


def test_a_question_is_about_the_message_it_was_asked_at(
    sit_down: SitDown, model: Upstream
) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("Soup with noodles")
    ann.sees("Soup with noodles")
    message = ann.message("Soup with noodles").first
    message.hover()
    message.get_by_role("button", name="Ask about this").click()
    expect(ann.page.get_by_text("About: Soup with noodles")).to_be_visible()
    ann.box.fill("Is it hot?")
    ann.box.press("Enter")
    expect(answer_of(ann)).to_have_attribute("data-state", "completed")
    expect(ann.page.get_by_text("About: Soup with noodles")).to_be_hidden()
    turns = model.asked[-1].json()["messages"]
    assert "Soup with noodles" in turns[-2]["content"]
    assert turns[-1]["content"].endswith("Is it hot?")


def test_the_address_of_a_video_becomes_its_title(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("https://youtu.be/dQw4w9WgXcQ")
    video = ann.page.locator("#messages > li[data-type=youtube]")
    expect(video).to_have_attribute("data-state", "completed")
    expect(video.get_by_role("link")).not_to_have_text(re.compile("youtu"))


def test_a_video_is_a_card_with_a_picture_from_here_and_no_player(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    ann.write("https://youtu.be/dQw4w9WgXcQ")
    expect(bob.page.locator("#messages .video img")).to_be_visible()
    ann.open_chat()
    for person in (ann, bob):
        video = person.page.locator("#messages > li[data-type=youtube]")
        expect(video).to_contain_text("Rick Astley")
        picture = video.locator(".video img")
        expect(picture).to_have_attribute("src", "/thumbnails/dQw4w9WgXcQ.jpg")
        expect(picture).to_have_js_property("naturalWidth", 1)
        expect(video.locator("iframe")).to_have_count(0)
        person.agrees_with_the_server()


def test_the_player_comes_on_a_click_and_not_before(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    # A page that may ask another host; what answers is here.
    page = ann.context.new_page()
    asked: list[str] = []

    def player(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body="<p>The player</p>", content_type="text/html")

    ann.context.route(lambda url: not url.startswith(ann.url), player)
    guest = Person(page, ann.url, ann.chat)
    guest.open_chat()
    guest.write("https://youtu.be/dQw4w9WgXcQ")
    video = page.locator("#messages > li[data-type=youtube]")
    play = video.get_by_role("button", name="Play the video")
    expect(play).to_be_visible()
    assert asked == []
    play.click()
    expect(video.frame_locator("iframe").get_by_text("The player")).to_be_visible()
    expect(video.locator("iframe")).to_have_attribute("title", "Never Gonna Give You Up")
    expect(play).to_be_hidden()
    assert asked == ["https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1"]
