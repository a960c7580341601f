"""A page against the limit: it waits as it is told, and in the end everything has got through."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import SitDown
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site

WORDS = [f"word {number}" for number in range(7)]


@pytest.fixture
def server(site: Site) -> Iterator[ServerProcess]:
    with ServerProcess({**site.values, **UNLIMITED, "RATE_LIMIT_SEND": "2/2s"}) as process:
        yield process


def test_the_outbox_gets_everything_through_in_order_and_once(sit_down: SitDown) -> None:
    ann = sit_down("ann")
    ann.open_chat()
    for word in WORDS:
        ann.write(word)
    ann.sees(*WORDS)
    stored = ann.stored()
    assert [message["content"] for message in stored] == WORDS
    # Two in each window: the last is in the fourth, so two whole ones lie between.
    assert stored[-1]["timestamp"] - stored[0]["timestamp"] >= 4_000
    ann.agrees_with_the_server()
