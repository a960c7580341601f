"""The literal frames of tests/wire, which the page's script is tested with, are the server's."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from chatrouting import protocol
from chatrouting.actions import ACTIONS
from chatrouting.protocol import Notice
from messages.access import Actor
from messages.errors import NotFound, RateLimited, Unauthenticated
from messages.pages.rows import row_of
from messages.representation import MESSAGE_COLUMNS, message_from_row

WIRE = Path(__file__).parent.parent / "wire"
BOB = {"id": 8, "name": "Bob"}


def wire(name: str) -> dict[str, Any]:
    frames: dict[str, Any] = json.loads((WIRE / f"{name}.json").read_text())
    return frames


CLIENT, SERVER, MESSAGES = wire("client"), wire("server"), wire("messages")
SAID = {
    "hello": protocol.hello(
        Actor(7, "Ann"), version="0.1.0", now=1709234567000, ping_interval_ms=25000
    ),
    "rateLimited": protocol.refusal(8, RateLimited(scope="chat", limit=20, retry_after_ms=4100)),
    "notFound": protocol.refusal(1, NotFound()),
    "typing": protocol.typing("lunch", BOB, on=True),
    "left": protocol.presence("lunch", BOB, online=False),
    "aiDelta": protocol.ai_delta(
        "lunch", "1709234567890-550e8400-e29b-41d4-a716-446655440000", rev=2, start=4, text="é 👋"
    ),
    "revoked": protocol.notice(Notice.SUBSCRIPTION_REVOKED, "lunch"),
    "error": protocol.error(Unauthenticated()),
}


@pytest.mark.parametrize("name", SAID)
def test_what_the_script_hears_is_what_the_server_says(name: str) -> None:
    assert json.loads(SAID[name]) == SERVER[name]


@pytest.mark.parametrize("name", CLIENT)
def test_what_the_script_says_is_what_the_server_reads(name: str) -> None:
    frame = protocol.decode(json.dumps(CLIENT[name]))
    assert frame.action in ACTIONS
    assert frame.id == CLIENT[name]["id"]


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_have_the_keys_that_the_server_gives_them(name: str) -> None:
    stored = message_from_row([None] * len(MESSAGE_COLUMNS))
    assert list(MESSAGES[name]) == list(stored)


@pytest.mark.parametrize(
    "name, said",
    [
        ("user", "<p>Olá</p>"),
        ("edited", "<p>Olá, mundo</p>"),
        ("removed", "This message was removed by a moderator."),
        ("fromBob", ">Bob<"),
        ("system", ">System<"),
        ("youtube", 'href="https://youtu.be/dQw4w9WgXcQ"'),
        ("placeholder", "Waiting for an answer…"),
        ("failed", "Failed: The assistant took too long."),
    ],
)
def test_each_message_says_on_the_page_what_it_is(name: str, said: str) -> None:
    html = render_to_string("chat/message.html", {"row": row_of(MESSAGES[name], viewer_id=7)})
    assert said in html
    assert ("data-own" in html) == (MESSAGES[name]["author"] == {"id": 7, "name": "Ann"})
    assert ("edited</span>" in html and 'edited" hidden' not in html) == bool(
        MESSAGES[name]["editedAt"]
    )
