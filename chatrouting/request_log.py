"""Each HTTP request gets a number and, once known, a person, which every line about it carries."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils.functional import LazyObject
from django_structlog.middlewares import RequestMiddleware
from structlog.contextvars import bind_contextvars


class RequestLog(RequestMiddleware):
    """Without addresses' queries, where tokens may be; and on the event loop, since two turns of
    a thread are much for a line that is not written as a rule."""

    async def __acall__(self, request: HttpRequest) -> HttpResponse:
        self.prepare(request)
        response: HttpResponse = await self.get_response(request)  # type: ignore[misc]
        self.handle_response(request, response)
        return response

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return f"{request.method} {request.path}"

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Of whom somebody has looked up: to look would be a query."""
        known = vars(request)
        user = known.get("_cached_user") or known.get("user")
        if not isinstance(user, LazyObject) and isinstance(user, AbstractBaseUser):
            bind_contextvars(user_id=user.pk)

    def process_got_request_exception(self, *_: Any, **__: Any) -> None:
        """Django tells of it, with the traceback and under the same number."""
