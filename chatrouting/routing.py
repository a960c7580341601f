"""The addresses of what stays open: sockets, and the one stream; all else is Django's (`urls`)."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from chatrouting import sse
from chatrouting.consumers import ChatConsumer
from chatrouting.http import HTTPHandler
from chatrouting.middleware import SignedIn


async def no_such_address(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    """Refuse the handshake; the router alone would raise, and fill the log."""
    await receive()
    await send({"type": "websocket.close"})


django = HTTPHandler()


async def http(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[Any]],
    send: Callable[[Any], Awaitable[None]],
) -> None:
    await (sse.stream if scope["path"] == sse.PATH else django)(scope, receive, send)


door: Any = SignedIn(ChatConsumer.as_asgi())
nowhere: Any = no_such_address
websockets = URLRouter(
    [
        path("ws/chat/", door),
        path("ws/chat/<str:chat_id>/", door),
        re_path(r"", nowhere),
    ]
)
