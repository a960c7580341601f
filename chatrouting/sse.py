"""The door of server-sent events: who is it, which chats, from where; then a stream of frames.

Not a view: Django would keep a thread of its own for each answer for as long as it lasts.
"""

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import partial
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.utils import translation

from chatrouting.client import address_in
from chatrouting.connections import too_many_connections
from chatrouting.ears import Beginning
from chatrouting.headers import with_headers
from chatrouting.identities import Identity, bearer_token, credential_of
from chatrouting.process import process
from chatrouting.reading import read
from chatrouting.streams import Stream
from messages.access import Access, accesses_to
from messages.addresses import counted
from messages.api.errors import refusal
from messages.api.fields import in_query
from messages.errors import (
    BadRequest,
    ChatError,
    Internal,
    StaleCursor,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from messages.identity import Cursor, parse_positions, require_chat_id
from messages.log import require_position
from messages.resumption import MAX_REPLAY
from messages.sign_ins import is_for

logger = logging.getLogger(__name__)

PATH = "/api/v1/stream/"
# With the longest names their positions are 5 KB, which fits into a header everywhere.
MAX_CHATS = 50
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
]


class _BadMethod(BadRequest):
    """Has a status of its own, but no code."""


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[Any], Awaitable[None]]


async def stream(scope: Scope, receive: Receive, send: Send) -> None:
    """`GET stream/?chats=a,b`: refused as a whole, or begun."""
    process.start()
    # A stream itself goes out by the server's own `send`, by which a stuck one is found and cut.
    with_our_headers: Any = with_headers(send, is_secure=scope.get("scheme") == "https")
    try:
        request = ASGIRequest(scope, BytesIO())
    except (ValueError, SuspiciousOperation):  # a Content-Type that is none
        await _answer(refusal(BadRequest()), with_our_headers)
        return
    with (
        translation.override(translation.get_language_from_request(request)),
        process.connections.at(counted(address_in(scope))) as has_room,
    ):
        try:
            identity, beginnings = await _wish(request, has_room=has_room)
        except Exception as error:  # noqa: BLE001
            await _answer(_refusal(request, error), with_our_headers)
            return
        start = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
        begin = partial(with_our_headers, start)
        await Stream(identity, beginnings, send, begin=begin).run(receive)


async def _wish(request: ASGIRequest, *, has_room: bool) -> tuple[Identity, dict[str, Beginning]]:
    """Who asks, and where they begin in which chats.

    Whether there is room for them is asked last: between that and the stream that takes it
    nothing is waited for, so that many at once find no more than there is.
    """
    if request.method != "GET":
        raise _BadMethod
    if process.is_leaving:
        raise Unavailable
    identity = await _identity(request)
    if not has_room:
        raise too_many_connections()
    chat_ids = _chat_ids(request)
    since = _since(request)
    accesses = await read(accesses_to, identity.actor, chat_ids)
    if not process.connections.has_room_for(identity.actor.id):
        raise too_many_connections()
    return identity, {
        chat_id: _beginning(accesses[chat_id], since.get(chat_id)) for chat_id in chat_ids
    }


async def _identity(request: ASGIRequest) -> Identity:
    token = bearer_token(request.headers.get("Authorization", ""))
    credential = credential_of(token, request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""))
    identity = None if credential is None else await process.identity_of(credential)
    if identity is None or not is_for(identity.actor.id, in_query(request.GET, "user")):
        raise Unauthenticated
    return identity


def _chat_ids(request: ASGIRequest) -> list[str]:
    listed = in_query(request.GET, "chats")
    if not listed:
        raise BadRequest("chats is a list of chatIds with commas between.", field="chats")
    chat_ids = [require_chat_id(chat_id) for chat_id in dict.fromkeys(listed.split(","))]
    if len(chat_ids) > MAX_CHATS:
        raise TooLarge("A stream carries at most %(most)d chats.", most=MAX_CHATS)
    return chat_ids


def _since(request: ASGIRequest) -> Mapping[str, Cursor]:
    """What a browser says when it comes back goes before what the address said at first."""
    last = request.headers.get("Last-Event-ID")
    if last:
        return parse_positions(last, field="Last-Event-ID")
    since = in_query(request.GET, "since")
    return parse_positions(since) if since else {}


def _beginning(access: Access, since: Cursor | None) -> Beginning:
    """The head where nothing is said; what a socket would answer by a snapshot is lost."""
    if since is None:
        return Beginning(access.head, access.reach)
    try:
        require_position(since, head=access.head, oldest_seq=access.oldest_seq)
    except StaleCursor:
        return Beginning(since, access.reach, is_lost=True)
    return Beginning(since, access.reach, is_lost=access.head.seq - since.seq > MAX_REPLAY)


def _refusal(request: ASGIRequest, error: Exception) -> HttpResponse:
    if isinstance(error, ChatError):
        response = refusal(error)
        if isinstance(error, _BadMethod):
            response.status_code, response["Allow"] = 405, "GET"
        return response
    if isinstance(error, SuspiciousOperation):
        return refusal(BadRequest())
    trace_id = secrets.token_hex(8)
    logger.error("%s failed, traceId %s", request.path, trace_id, exc_info=error)
    return refusal(Internal(details={"traceId": trace_id}))


async def _answer(response: HttpResponse, send: Send) -> None:
    response["Cache-Control"] = "no-store"
    response["Content-Length"] = len(response.content)
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
