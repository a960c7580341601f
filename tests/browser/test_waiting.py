"""Who writes too much waits, sees for how long, and loses nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import SitDown
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site


@pytest.fixture
def server(site: Site) -> Iterator[ServerProcess]:
    with ServerProcess({**site.values, "RATE_LIMIT_SEND": "2/20s"}) as process:
        yield process


def test_too_many_at_once_go_on_by_themselves(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    for text in ("one", "two", "three"):
        ann.write(text)
    expect(ann.message("three")).to_have_attribute("data-state", "waiting")
    expect(ann.message("three")).to_contain_text(re.compile(r"Goes on in \d+ s"))
    ann.box.fill("and a draft")
    ann.sees("one", "two", "three")
    expect(ann.box).to_have_value("and a draft")
    ann.agrees_with_the_server()
