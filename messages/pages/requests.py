"""What the pages of chats read from a request in the same way."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from messages import history
from messages.access import actor_of
from messages.errors import BadChatId, NotFound
from messages.pages.rows import Line, line_of

_MAX_SEQ_DIGITS = 18

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


def seq_in(text: str) -> int:
    """A number of the log in an address; anything else there is no page at all."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_SEQ_DIGITS):
        raise NotFound
    return int(text)


def lines_of(request: HttpRequest) -> list[Line]:
    """The list of one's chats, which stands beside every page of them."""
    return [line_of(line) for line in history.chats_of(actor_of(request.user))]
