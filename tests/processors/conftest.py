"""What the tests of processors share: scripted upstreams, short limits, work to do."""

import importlib
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from messages.processors.calls import tls
from tests.processors.recorder import Recorder
from tests.upstream.answers import answer
from tests.upstream.server import Upstream
from tests.upstream.videos import youtube


@pytest.fixture(scope="session", autouse=True)
def _the_first_call_is_as_quick_as_others() -> None:
    """Certificates are read and modules imported once, not within somebody's limit of time."""
    tls()
    for module in ("messages.processors.ai", "openai.resources.chat.completions"):
        importlib.import_module(module)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    """Whoever tests a limit sets one."""
    settings.RATE_LIMIT_SEND = "0"
    settings.ASSISTANT_PACE_SECONDS = 0


@pytest.fixture(autouse=True)
def _loops_end_in_peace(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """asyncio tells of its troubles in the log alone."""
    yield
    assert not [record.message for record in caplog.get_records("call") if record.name == "asyncio"]


@pytest.fixture
def endpoint(settings: Settings) -> Iterator[Upstream]:
    with Upstream(answer) as upstream:
        settings.AI_BASE_URL = f"{upstream.url}/v1"
        settings.AI_API_KEY = "key-of-ours"
        settings.AI_MODEL = "scripted-1"
        yield upstream


@pytest.fixture
def videos(settings: Settings) -> Iterator[Upstream]:
    with Upstream(youtube) as upstream:
        settings.YOUTUBE_BASE_URL = upstream.url
        yield upstream


@pytest.fixture
def progress() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    assert not recorder.is_listening


@pytest.fixture(autouse=True)
def processors() -> None:
    """Here they are what is tried, so nobody takes them away."""
