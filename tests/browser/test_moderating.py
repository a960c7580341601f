"""The desk of moderators stays in step; authors read why; nothing about it is hard to use."""

from playwright.sync_api import expect

from tests.browser.conftest import SitDown


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
