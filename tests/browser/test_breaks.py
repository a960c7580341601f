"""What a page does while the network or the server is away, and after."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SitDown
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site


@pytest.fixture
def server(site: Site) -> Iterator[ServerProcess]:
    """One to be killed, for one test."""
    with ServerProcess({**site.values, "RATE_LIMIT_SEND": "0", **UNLIMITED}) as process:
        yield process


def test_offline_and_back_nothing_is_lost_and_nothing_doubled(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    bob.context.set_offline(True)
    expect(bob.status).to_contain_text("Offline")
    for number in range(3):
        ann.write(f"missed {number}")
    ann.sees("missed 0", "missed 1", "missed 2")
    bob.write("written offline")
    expect(bob.status).to_have_text("Offline, 1 waiting to send")
    expect(bob.message("written offline")).to_contain_text("Sending…")
    expect(bob.message("missed 0")).to_have_count(0)
    bob.context.set_offline(False)
    for person in (ann, bob):
        person.sees("missed 0", "missed 1", "missed 2", "written offline")
        person.is_in_step()
        person.agrees_with_the_server()


def test_a_page_does_not_go_on_as_whoever_signs_in_after_its_person(sit_down: SitDown) -> None:
    ann = sit_down("ann", anew=True)
    ann.open_chat()
    ann.is_in_step()
    ann.context.set_offline(True)
    expect(ann.status).to_contain_text("Offline")
    ann.write("ann's secret")
    elsewhere = sit_down("bob", anew=True)
    ann.context.clear_cookies()
    ann.context.add_cookies(elsewhere.context.cookies())  # as another tab of hers has them now
    ann.context.set_offline(False)
    expect(ann.status).to_have_attribute("data-state", "stopped")
    elsewhere.open_chat()
    elsewhere.is_in_step()
    expect(elsewhere.message("ann's secret")).to_have_count(0)
    assert elsewhere.stored() == []


def test_a_long_absence_ends_with_the_newest_messages(sit_down: SitDown) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    bob.open_chat()
    bob.context.set_offline(True)
    expect(bob.status).to_contain_text("Offline")
    ann.pour([f"no. {number}" for number in range(520)])
    bob.context.set_offline(False)
    bob.sees("no. 518", "no. 519")
    bob.is_in_step()
    bob.agrees_with_the_server()
    # Without going there, where more and more would be read.
    bob.page.get_by_role("link", name="Earlier messages").dispatch_event("click")
    expect(bob.message("no. 469")).to_be_visible()


def test_the_server_is_killed_and_comes_back(sit_down: SitDown, server: ServerProcess) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    ann.open_chat()
    bob.open_chat()
    for number in range(5):
        ann.write(f"ann says {number}")
        bob.write(f"bob says {number}")
    bob.sees("ann says 0")
    server.kill()
    expect(ann.status).to_contain_text("Offline")
    expect(bob.status).to_contain_text("Offline")
    ann.write("while it was down")
    expect(ann.message("while it was down")).to_have_attribute("data-state", "sending")
    server.start()
    for person in (ann, bob):
        person.is_in_step()
        person.sees(*(f"ann says {number}" for number in range(5)), "while it was down")
        person.sees(*(f"bob says {number}" for number in range(5)))
        person.agrees_with_the_server()
    seqs = [message["seq"] for message in ann.stored()]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_a_deploy_is_a_short_break(sit_down: SitDown, server: ServerProcess) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("before the deploy")
    ann.sees("before the deploy")
    server.restart()
    ann.is_in_step()
    ann.write("after the deploy")
    ann.sees("before the deploy", "after the deploy")
    ann.agrees_with_the_server()


def test_where_nothing_passes_but_pages_the_form_does(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.page.route_web_socket("**/ws/chat/**", lambda socket: socket.close(code=1011))
    ann.page.route("**/api/**", lambda route: route.abort())
    ann.page.goto(f"{ann.url}{ann.chat.path}")
    expect(ann.status).to_contain_text("Offline")
    expect(ann.page.locator("#status")).to_have_attribute("data-way", "form")
    ann.box.fill("by the form")
    with ann.page.expect_navigation():
        ann.box.press("Enter")
    ann.sees("by the form")
