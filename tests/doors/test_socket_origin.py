"""Which pages may open a socket: our own and the trusted ones, told apart by their whole origin."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from chatrouting.reading import read
from tests.doors.sockets import Socket, cookie_of, token_of

pytestmark = pytest.mark.django_db(transaction=True)

FORBIDDEN = [
    "http://testserver:8000",
    "https://testserver",
    "http://chat.testserver",
    "http://testserver.evil.example",
    "http://eviltestserver",
    "http://evil.example",
    "http://testserver@evil.example",
    "http://testserver/",
    "http://testserver.",
    "testserver",
    "//testserver",
    "null",
    "",
    "http://",
    "http://é",
    "ws://testserver",
    "http://testserver http://evil.example",
]


@pytest.fixture
def knock(sockets: list[Socket], ann: User) -> Callable[..., Any]:
    """Somebody who is signed in comes from a page of this origin."""

    async def knock(origin: str, *, host: str = "testserver", scheme: str = "ws") -> Socket:
        cookie = await read(cookie_of, ann)
        socket = Socket(headers={"host": host, "origin": origin, "cookie": cookie})
        socket.scope["scheme"] = scheme
        sockets.append(socket)
        return await socket.open()

    return knock


async def assert_at_home(socket: Socket) -> None:
    assert socket.is_accepted
    await socket.next("hello")


async def test_our_own_pages_get_in(knock: Callable[..., Any]) -> None:
    await assert_at_home(await knock("http://testserver"))
    await assert_at_home(await knock("HTTP://TestServer"))


@pytest.mark.parametrize("allowed_hosts", [["testserver"], ["*"]], ids=["named", "any"])
@pytest.mark.parametrize("origin", FORBIDDEN)
async def test_every_other_origin_is_refused_at_the_handshake(
    origin: str, allowed_hosts: list[str], knock: Callable[..., Any], settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = allowed_hosts
    socket = await knock(origin)
    assert not socket.is_accepted
    assert socket.heard == []


async def test_a_forbidden_origin_is_refused_with_a_token_too(
    sockets: list[Socket], ann: User
) -> None:
    headers = {"origin": "null", "authorization": f"Bearer {await read(token_of, ann)}"}
    socket = Socket(headers=headers)
    sockets.append(socket)
    assert not (await socket.open()).is_accepted


async def test_a_foreign_host_header_makes_no_page_our_own(knock: Callable[..., Any]) -> None:
    """As a page that has its own name point to our address (DNS rebinding) would send it."""
    assert not (await knock("http://evil.example", host="evil.example")).is_accepted


@pytest.mark.parametrize(
    "scheme, host, origin, is_ours",
    [
        ("ws", "testserver:8000", "http://testserver:8000", True),
        ("ws", "testserver:8000", "http://testserver", False),
        ("wss", "testserver", "https://testserver", True),
        ("wss", "testserver", "http://testserver", False),
        ("ws", "[::1]:8000", "http://[::1]:8000", True),
        ("ws", "[::1]:8000", "http://[::1]:8001", False),
        ("ws", "", "http://", False),
        ("ws", "[", "http://[", False),
        ("ws", "testserver:x", "http://testserver:x", False),
    ],
)
async def test_scheme_host_and_port_all_have_to_fit(
    scheme: str,
    host: str,
    origin: str,
    knock: Callable[..., Any],
    settings: Settings,
    *,
    is_ours: bool,
) -> None:
    settings.ALLOWED_HOSTS = ["testserver", "[::1]"]
    socket = await knock(origin, host=host, scheme=scheme)
    assert socket.is_accepted is is_ours


@pytest.mark.parametrize(
    "origin, is_trusted",
    [
        ("https://chat.example", True),
        ("http://chat.example", False),
        ("https://chat.example:8443", False),
        ("https://a.example.org", True),
        ("https://a.b.example.org", True),
        ("https://example.org", False),
        ("https://evilexample.org", False),
        ("https://a.example.org.evil.example", False),
        ("https://a.example.org:8443", False),
        ("http://a.example.org", False),
    ],
)
async def test_trusted_origins_are_those_of_the_settings(
    origin: str, knock: Callable[..., Any], settings: Settings, *, is_trusted: bool
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://chat.example", "https://*.example.org"]
    assert (await knock(origin)).is_accepted is is_trusted
