"""Who writes too much waits, sees for how long, and in the end everything has got through."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SitDown
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site

WORDS = [f"word {number}" for number in range(7)]


@pytest.fixture
def server(site: Site, request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    values = {**site.values, **UNLIMITED, "RATE_LIMIT_SEND": request.param}
    with ServerProcess(values) as process:
        yield process


@pytest.mark.parametrize("server", ["2/8s"], indirect=True)
def test_too_many_at_once_go_on_by_themselves(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    texts = ["one", "two", "three", "four", "five"]  # a window may end while they are written
    for text in texts:
        ann.write(text)
    expect(ann.message("five")).to_have_attribute("data-state", "waiting")
    expect(ann.log).to_contain_text(re.compile(r"Goes on in \d+ s"))
    ann.box.fill("and a draft")
    ann.sees(*texts)
    expect(ann.box).to_have_value("and a draft")
    ann.agrees_with_the_server()


@pytest.mark.parametrize("server", ["1/d"], indirect=True)
def test_what_waits_can_be_taken_back(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    ann.write("one")
    ann.sees("one")
    ann.write("on second thoughts")
    waiting = ann.message("on second thoughts")
    expect(waiting).to_have_attribute("data-state", "waiting")
    expect(waiting.get_by_role("button", name="Send again")).to_be_hidden()
    waiting.get_by_role("button", name="Write it again").click()
    expect(ann.message("on second thoughts")).to_have_count(0)
    expect(ann.box).to_have_value("on second thoughts")
    ann.agrees_with_the_server()


@pytest.mark.parametrize("server", ["2/2s"], indirect=True)
def test_the_outbox_gets_everything_through_in_order_and_once(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    for word in WORDS:
        ann.write(word)
    ann.sees(*WORDS)
    stored = ann.stored()
    assert [message["content"] for message in stored] == WORDS
    # Two in each window: the last is in the fourth, so two whole ones lie between. A message is
    # counted a moment before it has its time.
    assert stored[-1]["timestamp"] - stored[0]["timestamp"] >= 3_500
    ann.agrees_with_the_server()
