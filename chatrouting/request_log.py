"""Each HTTP request gets a number and, once known, a person, which every line about it carries."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest
from django.utils.functional import LazyObject
from django_structlog.middlewares import RequestMiddleware
from structlog.contextvars import bind_contextvars

from chatrouting.logs import without_invitation


class RequestLog(RequestMiddleware):
    """Without addresses' queries, where tokens may be."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        return without_invitation(f"{request.method} {request.path}")

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Of whom somebody has looked up: to look would be a query."""
        known = vars(request)
        user = known.get("_cached_user") or known.get("user")
        if not isinstance(user, LazyObject) and isinstance(user, AbstractBaseUser):
            bind_contextvars(user_id=user.pk)

    def process_got_request_exception(self, *_: Any, **__: Any) -> None:
        """Django tells of it, with the traceback and under the same number."""
