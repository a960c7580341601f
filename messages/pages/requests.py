"""What the pages of chats read from a request, and refuse, in the same way."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from messages import history
from messages.access import Actor, actor_of
from messages.api.errors import headers_of
from messages.errors import BadChatId, ChatError, Code, NotFound
from messages.pages.rows import Line, line_of

_MAX_DIGITS = 18
_STATUS = {
    Code.CHAT_FROZEN: 403,
    Code.FORBIDDEN: 403,
    Code.ID_CONFLICT: 409,
    Code.MUTED: 403,
    Code.RATE_LIMITED: 429,
    Code.TOO_LARGE: 413,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def same_404(view: View[P]) -> View[P]:
    """Not yours and not there are one page, also while DEBUG would explain more."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (NotFound, BadChatId):
            return render(request, "404.html", status=404)

    return answer


def refused(response: HttpResponse, refusal: ChatError) -> HttpResponse:
    """The same page, with the status of this refusal, and when to come back."""
    response.status_code = _STATUS.get(refusal.code, 400)
    for name, value in headers_of(refusal).items():
        response[name] = value
    return response


def number_in(text: str | None) -> int | None:
    """Digits as a number; anything else is none."""
    text = text or ""
    is_number = text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_number else None


def seq_in(text: str) -> int:
    """A number of the log in an address; anything else there is no page at all."""
    number = number_in(text)
    if number is None:
        raise NotFound
    return number


def lines_of(request: HttpRequest) -> list[Line]:
    """The list of one's chats, which stands beside every page of them."""
    return lines_for(actor_of(request.user))


def lines_for(actor: Actor) -> list[Line]:
    return [line_of(line) for line in history.chats_of(actor)]
