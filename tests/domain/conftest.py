"""What the tests of the domain share."""

import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from messages import log
from messages.log import LoggedEvent
from messages.models import Chat
from messages.writer import Writer
from tests.domain.busy import busy


@pytest.fixture(autouse=True)
def _no_rate_limit(settings: Settings) -> None:
    """Whoever tests the limit sets one."""
    settings.RATE_LIMIT_SEND = "0"


@pytest.fixture
def heard(request: pytest.FixtureRequest) -> Iterator[list[list[LoggedEvent]]]:
    """What was announced since the chat was there, one list for each transaction."""
    announced: list[list[LoggedEvent]] = []
    request.getfixturevalue("chat")

    def listen(events: list[LoggedEvent], **_: object) -> None:
        announced.append(events)

    log.committed.connect(listen)
    yield announced
    log.committed.disconnect(listen)


@pytest.fixture
def writer() -> Iterator[Writer]:
    one = Writer(max_waiting=1_000)
    yield one
    assert one.drain()


@pytest.fixture
def held(writer: Writer, chat: Chat) -> Iterator[threading.Event]:
    """The writer is busy until this is set; the chat was made before."""
    with busy(writer) as go:
        yield go
