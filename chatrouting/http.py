"""HTTP up to Django: bodies without end, and requests that Django itself stumbles over."""

from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http.response import HttpResponseBase

from chatrouting.headers import Send, with_headers
from messages.api.errors import refusal
from messages.errors import BadRequest, TooLarge

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class HTTPHandler(ASGIHandler):
    """Answers 413 and 400, in the error shape, where Django would fill the disk or fail."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = _Bounded(receive)
        send = with_headers(send, is_secure=scope.get("scheme") == "https")
        await super().__call__(scope, body, send)
        if body.is_too_large:
            await self.send_response(refusal(TooLarge()), send)

    def create_request(
        self, scope: Message, body_file: IO[bytes]
    ) -> tuple[ASGIRequest, None] | tuple[None, HttpResponseBase]:
        try:
            request, refused = super().create_request(scope, body_file)
        except (ValueError, SuspiciousOperation):
            # A Content-Type in an encoding nobody knows; a charset, and too many parameters.
            request, refused = None, None
        if request is not None:
            # A quoted cookie can spell NUL, and PostgreSQL fails to look such a session up.
            request.COOKIES = {k: v for k, v in request.COOKIES.items() if "\0" not in v}
            return request, None
        if refused is not None and refused.status_code == 413:
            return None, refusal(TooLarge())
        return None, refusal(BadRequest())


class _Bounded:
    """Ends a body past what Django would take into memory: it is spooled to disk before any view.

    To Django that looks like a client who left: it cleans up, and answers nothing.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._left = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self.is_too_large = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            self.is_too_large = True
            return {"type": "http.disconnect"}
        return message
