"""The same day for everybody: over a socket, behind a proxy that refuses sockets, and behind one
that keeps streams of events back as well. Compared with the database at its end."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import SitDown
from tests.browser.person import Person
from tests.browser.proxy import Proxy
from tests.shapes.environment import UNLIMITED
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site

pytestmark = pytest.mark.slow

PATIENCE = "HELLO_MS = 10_000;"
REFUSED = {"socket": (), "stream": ("sockets",), "requests": ("sockets", "streams")}


@pytest.fixture(params=list(REFUSED))
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(site: Site) -> Iterator[ServerProcess]:
    """One to be killed, for one test."""
    with ServerProcess({**site.values, "RATE_LIMIT_SEND": "0", **UNLIMITED}) as process:
        yield process


@pytest.fixture
def address(server: ServerProcess, way: str) -> Iterator[str]:
    with Proxy(server.port, refuses=REFUSED[way]) as proxy:
        yield proxy.url


@pytest.fixture
def sit_down(sit_down: SitDown, way: str) -> SitDown:
    """Where streams are held back each line waits for its first word, here for a short time."""

    def sit_down_in_haste(name: str, **options: Any) -> Person:
        person = sit_down(name, **options)
        if way == "requests":
            person.context.route("**/stream_line*.js", _hurry)
        return person

    return sit_down_in_haste


def _hurry(route: Route) -> None:
    answer = route.fetch()
    script = answer.text()
    assert PATIENCE in script
    route.fulfill(response=answer, body=script.replace(PATIENCE, "HELLO_MS = 1_000;"))


def goes_by(person: Person, way: str) -> None:
    expect(person.page.locator("#status")).to_have_attribute("data-way", way)
    person.is_in_step()


def say_by_the_api(person: Person, chat_id: str, key: str) -> None:
    path = f"{person.url}/api/v1/chats/{chat_id}/messages/"
    body = {"type": "user", "content": key, "clientMessageId": key}
    assert person.context.request.post(path, data=body, headers=person.csrf).ok


def test_a_day_with_breaks(sit_down: SitDown, server: ServerProcess, way: str) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    for person in (ann, bob):
        person.open_chat()
        goes_by(person, way)
    ann.write("Olá")
    bob.sees("Olá")
    bob.write("Oi")
    ann.sees("Olá", "Oi")

    bob.context.set_offline(True)
    expect(bob.status).to_contain_text("Offline")
    ann.write("missed")
    bob.write("written offline")
    expect(bob.message("written offline")).to_have_attribute("data-state", "sending")
    bob.context.set_offline(False)
    for person in (ann, bob):
        person.sees("Olá", "Oi", "missed", "written offline")

    server.kill()
    expect(ann.status).to_contain_text("Offline")
    ann.write("while it was down")
    server.start()
    for person in (ann, bob):
        person.sees("Olá", "Oi", "missed", "written offline", "while it was down")
        person.is_in_step()
        person.agrees_with_the_server()


def test_thirty_fast_switches_with_traffic_in_all_chats(sit_down: SitDown, way: str) -> None:
    ann, bob = sit_down("ann"), sit_down("bob")
    chats = [ann.chat.id]
    for title in ("Dinner", "Tea"):
        ann.begin_a_chat_with("bob", title)
        chats.append(ann.chat.id)
    bob.page.goto(f"{bob.url}/")
    goes_by(ann, way)
    ann.page.evaluate("window.isSamePage = true")
    for number in range(30):
        chat_id = chats[number % 3]
        say_by_the_api(bob, chats[number * 2 % 3], f"bob-{number}")
        ann.chat.id = chat_id
        ann.line_of(chat_id).click()
        ann.write(f"ann-{number:02}")
        say_by_the_api(bob, chat_id, f"bob-again-{number}")
    for chat_id in chats:
        ann.go_to(chat_id)
        mine = [f"ann-{n:02}" for n in range(30) if chats[n % 3] == chat_id]
        ann.sees(*mine)
        ann.agrees_with_the_server()
        assert len(ann.shown()) == 30
    assert ann.page.evaluate("window.isSamePage")


def test_six_tabs_send_once_and_agree(sit_down: SitDown, way: str) -> None:
    ann = sit_down("ann")
    tabs = [ann, *(replace(ann, page=ann.context.new_page()) for _ in range(5))]
    links: list[str] = []
    for tab in tabs:
        tab.page.on("websocket", lambda socket: links.append(socket.url))
        tab.open_chat()
        goes_by(tab, way)
    if way == "socket":
        assert len(links) == 1
    ann.context.set_offline(True)
    for number, tab in enumerate(tabs):
        expect(tab.status).to_contain_text("Offline")
        tab.write(f"from tab {number}")
    ann.context.set_offline(False)
    for tab in tabs:
        tab.sees(*(f"from tab {number}" for number in range(6)))
        tab.agrees_with_the_server()
    assert len(ann.stored()) == 6
    tabs[0].page.close()  # the one that led
    tabs[1].write("after the first has gone")
    for tab in tabs[1:]:
        tab.sees("after the first has gone")
