"""HTTP up to Django: its threads, files, long polls, bodies without end, and requests that it
itself stumbles over."""

from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.exception import convert_exception_to_response
from django.http.response import HttpResponseBase
from servestatic.middleware import ServeStaticMiddleware

from chatrouting.headers import Send, with_headers
from chatrouting.long_poll import waited
from chatrouting.threads import threads
from messages.api.errors import refusal
from messages.api.events import Empty, Wait
from messages.errors import BadRequest, TooLarge

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]


class HTTPHandler(ASGIHandler):
    """Answers 413 and 400, in the error shape, where Django would fill the disk or fail."""

    _middleware_chain: Any

    def load_middleware(self, is_async: bool = True) -> None:  # noqa: FBT001, FBT002
        """A whole request is one turn of a thread, where Django takes two for each middleware.

        Files are served by the loop, before all that.
        """
        super().load_middleware(is_async=False)
        files = ServeStaticMiddleware(sync_to_async(self._middleware_chain))
        self._middleware_chain = convert_exception_to_response(files)

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        body = _Bounded(receive)
        answer = _Answer(with_headers(send, is_secure=scope.get("scheme") == "https"))
        await self._serve(scope, body, answer)
        if body.is_too_large:
            await super().send_response(refusal(TooLarge()), answer)
        elif answer.wait is not None and await waited(answer.wait, receive):
            answer.may_wait = False
            await self._serve(scope, _Again(receive), answer)

    async def _serve(self, scope: dict[str, Any], receive: Receive, answer: "_Answer") -> None:
        with threads.one() as thread:
            async with ThreadSensitiveContext(executor=thread):
                await super().__call__(scope, receive, answer)

    async def send_response(self, response: HttpResponseBase, send: Send) -> None:
        if isinstance(response, Empty) and isinstance(send, _Answer) and send.may_wait:
            send.wait = response.wait
        else:
            await super().send_response(response, send)

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


class _Answer:
    """Where an answer goes; a long poll's first one, that is empty, goes nowhere."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.may_wait = True
        self.wait: Wait | None = None

    async def __call__(self, message: Message) -> None:
        await self._send(message)


class _Again:
    """A request without a body, asked for a second time."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_asked = False

    async def __call__(self) -> Message:
        if self._is_asked:
            return await self._receive()
        self._is_asked = True
        return {"type": "http.request"}
