"""The desk of moderators stays in step; authors read why; nothing about it is hard to use."""

from playwright.sync_api import expect

from tests.browser.conftest import SitDown
from tests.browser.test_every_page import AXE, RULES, complaints


def test_a_report_comes_to_the_desk_and_goes_from_every_desk_when_it_is_decided(
    sit_down: SitDown,
) -> None:
    ann, bob, mod = (sit_down(name) for name in ("ann", "bob", "mod"))
    phone = sit_down("mod", viewport={"width": 360, "height": 640})
    bob.open_chat()
    bob.write("You are rude")
    ann.open_chat()
    for desk in (mod, phone):
        desk.page.goto(f"{desk.url}/moderation/")
        expect(desk.page.get_by_text("No open reports.")).to_be_visible()
        expect(desk.page.get_by_text("With those chosen")).to_be_hidden()
    message = ann.message("You are rude")
    message.hover()
    message.get_by_role("button", name="Report").click()
    ann.page.get_by_label("What is wrong with it?").fill("It is rude")
    ann.page.get_by_role("button", name="Report").click()
    expect(ann.page.get_by_role("heading", name="Thank you")).to_be_visible()

    for desk in (mod, phone):
        expect(desk.page.get_by_text("It is rude")).to_be_visible()
    expect(mod.page.locator("#waiting")).to_contain_text("1")
    phone.page.get_by_role("checkbox").check()
    mod.page.get_by_role("link", name="Look closer").click()
    expect(mod.page.get_by_role("heading", name="On record of bob")).to_be_visible()
    mod.page.get_by_label("Reason", exact=True).fill("Be kind")
    mod.page.get_by_role("button", name="Remove").click()
    expect(mod.page.get_by_text("Done.")).to_be_visible()

    expect(phone.page.get_by_text("No open reports.")).to_be_visible()
    expect(bob.page.get_by_text("removed by a moderator. Reason: Be kind")).to_be_visible()
    bob.page.reload()
    expect(bob.page.get_by_text("removed by a moderator. Reason: Be kind")).to_be_visible()


def test_a_warning_comes_to_the_open_page_of_whom_it_is_about_and_stays_in_its_chat(
    sit_down: SitDown,
) -> None:
    ann, bob, mod = (sit_down(name) for name in ("ann", "bob", "mod"))
    lunch = bob.chat.id
    for person in (ann, bob):
        person.open_chat()
    name = bob.page.evaluate("JSON.parse(document.getElementById('page').textContent).user.id")
    mod.page.goto(f"{mod.url}/moderation/")

    def warn(reason: str) -> None:
        about = {"verb": "warn", "userId": name, "chatId": lunch, "reason": reason}
        path = f"{mod.url}/api/v1/moderation/decisions/"
        assert mod.page.request.post(path, data=about, headers=mod.csrf).status == 201

    warn("Be kind")
    expect(bob.page.get_by_text("A moderator warns you: Be kind")).to_be_visible()
    bob.page.evaluate(AXE)
    assert complaints(bob.page, "tag", RULES) == []
    bob.begin_a_chat_with("ann", "Dinner")
    bob.is_in_step()
    warn("Really")
    expect(bob.page.get_by_text("A moderator warns you:")).to_have_count(0)
    bob.go_to(lunch)
    expect(bob.page.get_by_text("A moderator warns you: Really")).to_be_visible()
    expect(ann.page.get_by_text("Be kind")).to_have_count(0)
