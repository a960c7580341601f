"""The events of a chat that somebody has missed."""

from dataclasses import dataclass

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from messages.api import shapes
from messages.api.authentication import require_still_signed_in
from messages.api.fields import in_query, number_in_query
from messages.api.schema import documented, number_parameter
from messages.api.views import ChatView
from messages.errors import StaleCursor
from messages.identity import Cursor
from messages.log import EVENT_PAGE
from messages.resumption import missed

MAX_WAIT = 25


@dataclass(frozen=True, slots=True)
class Wait:
    """For how long somebody would rather wait for what comes `after` than get an empty answer."""

    chat_id: str
    after: Cursor
    seconds: int
    authorization: str  # what they are signed in with: this header, or else the cookie
    session_key: str


class Empty(Response):
    """An answer that somebody would rather wait for."""

    wait: Wait


class EventsView(ChatView):
    """What there is now. Waiting is for an event loop, which asks here before and after."""

    @documented(
        "listEvents",
        parameters=[
            OpenApiParameter("after", {"type": "string", "pattern": shapes.CURSOR}),
            number_parameter("limit", least=1, most=EVENT_PAGE, default=EVENT_PAGE),
            number_parameter("wait", most=MAX_WAIT, default=0),
        ],
        answers={200: shapes.EventPage},
        refusals=(400, 404, 410),
    )
    def get(self, request: Request, chat_id: str) -> Response:
        """Events after a cursor, from the oldest kept one without it.

        `wait` is how many seconds to wait for one where there is none yet. A cursor from which
        the log cannot be read on is a `staleCursor`, with a `snapshot` to start again from.
        """
        query = request.query_params
        after = in_query(query, "after")
        cursor = None if after is None else Cursor.parse(after, field="after")
        limit = number_in_query(query, "limit", least=1, most=EVENT_PAGE, default=EVENT_PAGE)
        seconds = seconds_to_wait(query)
        try:
            page = missed(self.access.actor, chat_id, cursor, limit=limit)
        except StaleCursor as stale:
            raise StaleCursor(details={"snapshot": _snapshot(chat_id)}) from stale
        if page.events:
            require_still_signed_in(request)
        body = {
            "events": [event.as_dict() for event in page.events],
            "head": str(page.head),
            "more": page.more,
        }
        if page.events or not seconds or request.method != "GET":
            return Response(body)
        answer = Empty(body)
        answer.wait = Wait(
            chat_id,
            cursor or Cursor(page.head.epoch, page.access.oldest_seq - 1),
            seconds,
            authorization=request.headers.get("Authorization", ""),
            session_key=request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""),
        )
        return answer


def seconds_to_wait(query: QueryDict) -> int:
    """The address's `wait`; raises BadRequest."""
    return number_in_query(query, "wait", most=MAX_WAIT, default=0)


def _snapshot(chat_id: str) -> str:
    return reverse("api:messages", kwargs={"chat_id": chat_id})
