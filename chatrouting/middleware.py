"""Before a consumer exists: is the page's origin allowed, who is it, may they enter this chatId."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from chatrouting.client import address_in
from chatrouting.connections import TOO_MANY_SECONDS
from chatrouting.identities import Credential, bearer_token, credential_of
from chatrouting.languages import language_of
from chatrouting.process import process
from chatrouting.protocol import SUBPROTOCOL, TOKEN_SUBPROTOCOL, CloseCode
from messages.addresses import counted
from messages.errors import BadRequest, ChatError, Unauthenticated
from messages.sign_ins import is_for

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SignedIn:
    """Puts the `language` to speak, the `subprotocol` to echo and `identity`, or else the `refusal`
    to close with, into the scope of a socket.

    A forbidden Origin, and too many sockets of one address, are refused at the handshake;
    everything else is said on the open socket, since a page cannot see why one was refused.
    """

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        process.start()
        with process.connections.at(counted(address_in(scope))) as has_room:
            enter = self._enter if has_room else _turn_away
            await enter(scope, receive, send)

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = _headers(scope)
        origin = headers.get("origin")
        if origin is not None and not is_allowed_origin(origin, scope, headers):
            await receive()
            await send({"type": "websocket.close", "code": 4500})
            return
        chosen = _cookie(headers.get("cookie", ""), settings.LANGUAGE_COOKIE_NAME)
        scope["language"] = language_of(chosen, headers.get("accept-language", ""))
        offered = scope["subprotocols"]
        scope["subprotocol"] = _echo(offered)
        scope["identity"], scope["refusal"] = None, None
        if _is_supported(offered):
            await _identify(scope, _credential(offered, headers, origin))
        else:
            error = BadRequest("This version of the protocol is not spoken here.")
            scope["refusal"] = CloseCode.PROTOCOL_ERROR, error
        await self._app(scope, receive, send)


async def _turn_away(scope: Scope, receive: Receive, send: Send) -> None:
    """Too many from one address are not let in to be told so: each would be one more."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 4008})
        return
    headers = [(b"retry-after", str(TOO_MANY_SECONDS).encode())]
    await send({"type": "websocket.http.response.start", "status": 429, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})


async def _identify(scope: Scope, credential: Credential | None) -> None:
    try:
        scope["identity"] = credential and await process.identity_of(credential)
    except ChatError as error:  # nobody can be looked up now
        scope["refusal"] = CloseCode.SERVER_ERROR, error
    else:
        identity = scope["identity"]
        if identity is None or not is_for(identity.actor.id, _owner(scope)):
            scope["refusal"] = CloseCode.SIGNED_OUT, Unauthenticated()


def is_allowed_origin(origin: str, scope: Scope, headers: dict[str, str]) -> bool:
    """Whether a page of this origin may use cookies here: our own, or one of the trusted ones."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    host = headers.get("host", "")
    scheme = "https" if scope.get("scheme") == "wss" else "http"
    if origin.lower() != f"{scheme}://{host}".lower():
        return _matches_wildcard(origin)
    name, _ = split_domain_port(host)
    return bool(name) and validate_host(name, settings.ALLOWED_HOSTS)


def _matches_wildcard(origin: str) -> bool:
    """`https://*.example.org` among the trusted origins, as Django's CSRF check reads it."""
    scheme, _, host = origin.partition("://")
    return any(
        trusted.startswith(f"{scheme}://*.") and host.endswith(trusted.partition("*")[2])
        for trusted in settings.CSRF_TRUSTED_ORIGINS
    )


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _credential(
    offered: Iterable[str], headers: dict[str, str], origin: str | None
) -> Credential | None:
    """A token before a cookie; a cookie counts only together with an (allowed) Origin."""
    token = bearer_token(headers.get("authorization", "")) or next(
        (p.removeprefix(TOKEN_SUBPROTOCOL) for p in offered if p.startswith(TOKEN_SUBPROTOCOL)),
        "",
    )
    cookies = "" if origin is None else headers.get("cookie", "")
    return credential_of(token or None, _cookie(cookies, settings.SESSION_COOKIE_NAME))


def _owner(scope: Scope) -> str | None:
    query = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get("user", [None])[0] if query else None


def _cookie(header: str, name: str) -> str:
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value.strip('"')
    return ""


def _echo(offered: Iterable[str]) -> str | None:
    """The one subprotocol we speak, where it was offered. The token one is never echoed, since
    answers are logged by proxies."""
    return SUBPROTOCOL if SUBPROTOCOL in offered else None


def _is_supported(offered: Iterable[str]) -> bool:
    """Whether a client speaks our version of the protocol: it says so, or names no version."""
    versions = [name for name in offered if not name.startswith(TOKEN_SUBPROTOCOL)]
    return not versions or SUBPROTOCOL in versions
