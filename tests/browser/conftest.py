"""Chromium, a server process with the demo cast, and people who sit down at both."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    StorageState,
    expect,
    sync_playwright,
)

from tests.browser.person import Chat, Person
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import embedded_site
from tests.upstream.answers import answer
from tests.upstream.server import Upstream
from tests.upstream.videos import youtube

# The system's, the cheaper one first; without either, Playwright's own.
SYSTEM_CHROMIUM = next(
    filter(Path.exists, map(Path, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium"))), None
)
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Only how long a test may take to fail: nothing here waits longer than it has to.
PATIENCE_MS = 45_000

SitDown = Callable[..., Person]
Sessions = dict[tuple[str, str], StorageState]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=SYSTEM_CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def model() -> Iterator[Upstream]:
    """A language model that does what the last word of a question says."""
    with Upstream(answer) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def videos() -> Iterator[Upstream]:
    with Upstream(youtube) as upstream:
        yield upstream


@pytest.fixture(scope="session")
def server(model: Upstream, videos: Upstream) -> Iterator[ServerProcess]:
    """One for all tests that leave it running; each test talks in a chat of its own."""
    values = {
        "RATE_LIMIT_SEND": "0",
        **UNLIMITED,
        "AI_BASE_URL": f"{model.url}/v1",
        "AI_MODEL": "scripted-1",
        "AI_OUTPUT_CHARS": "100000",  # so that no slow answer ends before it is stopped
        "YOUTUBE_BASE_URL": videos.url,
    }
    with embedded_site() as site, ServerProcess(site.values | values) as process:
        yield process


@pytest.fixture
def address(server: ServerProcess) -> str:
    """Where people reach it."""
    return server.url


@pytest.fixture(scope="session")
def sessions() -> Sessions:
    """Who has signed in where: signing in takes long on purpose, so each does it once."""
    return {}


@pytest.fixture
def sit_down(
    chromium: Browser, server: ServerProcess, address: str, sessions: Sessions
) -> Iterator[SitDown]:
    """`sit_down("ann")`: a signed-in person with a browser context of their own.

    At the end no page may have had a script error, or asked another host for anything.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    chat = Chat()

    def sit_down(name: str, *, anew: bool = False, **options: Any) -> Person:
        who = (server.url, name)
        if not anew and who not in sessions:
            sessions[who] = sit_down(name, anew=True).context.storage_state()
        context = chromium.new_context(storage_state=None if anew else sessions[who], **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        _listen(page, address, complaints)
        person = Person(page, address, chat)
        if anew:
            person.sign_in(name)
        return person

    sit_down("ann").begin_a_chat_with("bob")
    yield sit_down
    for context in contexts:
        context.close()
    assert complaints == []


def _listen(page: Page, url: str, complaints: list[str]) -> None:
    def on_console(message: ConsoleMessage) -> None:
        # That something could not be reached is what the network tests are about.
        is_network = message.text.startswith(("Failed to load", "WebSocket connection"))
        if message.type == "error" and not is_network:
            complaints.append(f"console: {message.text}")

    def on_request(request: Request) -> None:
        if not request.url.startswith(url):
            complaints.append(f"other host: {request.url}")

    page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
    page.on("console", on_console)
    page.on("request", on_request)
