"""Whose request it is: only what trusted proxies say of it counts."""

from typing import Any

import pytest
from pytest_django import Settings

from chatrouting.client import FromClient, address_in
from messages.addresses import counted

PEER = "10.0.0.9"


async def seen(proxies: int, settings: Settings, kind: str = "http", **said: str) -> dict[str, Any]:
    """The scope as the application sees it."""
    settings.TRUSTED_PROXIES = proxies
    found: list[dict[str, Any]] = []

    async def application(scope: dict[str, Any], receive: object, send: object) -> None:
        found.append(scope)

    names = {"by": b"x-forwarded-for", "proto": b"x-forwarded-proto"}
    headers = [
        (names[name], part.encode()) for name, value in said.items() for part in value.split("|")
    ]
    scheme = "ws" if kind == "websocket" else "http"
    scope = {"type": kind, "client": (PEER, 1), "scheme": scheme, "headers": headers}
    await FromClient(application)(scope, None, None)
    return found[0]


@pytest.mark.parametrize(
    "proxies,said,address",
    [
        (0, "198.51.100.7", PEER),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "1.1.1.1, 198.51.100.7", "198.51.100.7"),
        (1, "1.1.1.1|198.51.100.7", "198.51.100.7"),
        (2, "1.1.1.1, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (2, "198.51.100.7", PEER),
        (1, "198.51.100.7:4711", "198.51.100.7"),
        (1, "[2001:DB8::1]:443", "2001:db8::1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "unknown", PEER),
        (1, "", PEER),
        (1, "' OR 1=1", PEER),
    ],
)
async def test_the_address_is_the_one_that_the_first_trusted_proxy_saw(
    proxies: int, said: str, address: str, settings: Settings
) -> None:
    assert address_in(await seen(proxies, settings, by=said)) == address


@pytest.mark.parametrize(
    "proxies,proto,kind,scheme",
    [
        (0, "https", "http", "http"),
        (1, "https", "http", "https"),
        (1, "http, https", "http", "https"),
        (1, "https, http", "http", "http"),
        (2, "https", "websocket", "wss"),
        (1, "https", "websocket", "wss"),
        (1, "gopher", "http", "http"),
    ],
)
async def test_the_scheme_is_too(
    proxies: int, proto: str, kind: str, scheme: str, settings: Settings
) -> None:
    assert (await seen(proxies, settings, kind, proto=proto))["scheme"] == scheme


def test_a_unix_socket_has_no_address() -> None:
    assert address_in({"client": None}) == address_in({}) == ""


@pytest.mark.parametrize(
    "address,place",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_an_address_is_counted_by_what_one_person_may_have_of_it(address: str, place: str) -> None:
    assert counted(address) == place
