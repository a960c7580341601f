"""Whose request it is: the client's address and scheme, as the trusted proxies in front say.

With `TRUSTED_PROXIES=0` nobody is in front, and what a client says of itself is not looked at.
Each proxy adds the address that it was asked from at the end of `X-Forwarded-For`; so of N
proxies the first has added the N-th from the end, and what stands before it anybody could write.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any

from django.conf import settings

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Awaitable[Any]]

_SECURE = {"http": "https", "ws": "wss"}


class FromClient:
    """Puts the client's address, and the scheme that it asked with, into the scope.

    Everything behind takes them from there: Django as `REMOTE_ADDR`, limits, locks and logs.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> Any:
        if settings.TRUSTED_PROXIES and scope["type"] in ("http", "websocket"):
            scope = {**scope, **_as_forwarded(scope, settings.TRUSTED_PROXIES)}
        return await self._app(scope, receive, send)


def address_in(scope: Scope) -> str:
    """The address alone; empty where the server does not know it (a Unix socket)."""
    client = scope.get("client")
    return client[0] if client else ""


def _as_forwarded(scope: Scope, proxies: int) -> dict[str, Any]:
    address = _address(_forwarded(scope, b"x-forwarded-for", proxies))
    scheme = _forwarded(scope, b"x-forwarded-proto", proxies).lower()
    is_secure = scheme in ("https", "wss")
    return {
        # Without an address of its own it has not come through all proxies: then from the last.
        "client": (address, 0) if address else scope.get("client"),
        "scheme": _SECURE.get(scope["scheme"], scope["scheme"]) if is_secure else scope["scheme"],
    }


def _forwarded(scope: Scope, name: bytes, proxies: int) -> str:
    """What the outermost trusted proxy has said; one that does not add to a list replaces it."""
    values = b",".join(value for header, value in scope["headers"] if header == name)
    said = [value.strip() for value in values.decode("latin-1").split(",")]
    if len(said) >= proxies:
        return said[-proxies]
    return said[-1] if name == b"x-forwarded-proto" else ""


def _address(said: str) -> str:
    """An IP address in its one spelling, without a port; empty for anything else."""
    if said.startswith("["):
        said = said[1:].partition("]")[0]
    elif said.count(":") == 1:
        said = said.partition(":")[0]
    try:
        return str(ip_address(said))
    except ValueError:
        return ""
