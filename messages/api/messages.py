"""The messages of a chat: pages of them, a new one, many by their ids, and one."""

from django.http import QueryDict
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from messages import history, moderation, pipeline
from messages.access import Reach
from messages.api import shapes
from messages.api.errors import headers_of_budget
from messages.api.fields import body_of, in_query, integer, number, number_in_query
from messages.api.schema import SEND_HEADERS, documented, number_parameter
from messages.api.views import ChatView, MessageView
from messages.drafts import draft_from, require_content
from messages.errors import BadRequest, RateLimited
from messages.history import MAX_PAGE, Page
from messages.identity import MAX_SEQ
from messages.ratelimit import changes, searches, send_limit
from messages.rendering import render
from messages.search import MAX_QUERY, search, words_of
from messages.writer import writer

DEFAULT_PAGE = 50
DEFAULT_FOUND, MAX_FOUND = 20, 50
_PLACES = {"before": history.before, "after": history.after, "around": history.around}


class MessagesView(ChatView):
    @documented(
        "listMessages",
        parameters=[
            *(number_parameter(name) for name in _PLACES),
            number_parameter("limit", least=1, most=MAX_PAGE, default=DEFAULT_PAGE),
        ],
        answers={200: shapes.MessagePage},
        refusals=(400, 404),
    )
    def get(self, request: Request, chat_id: str) -> Response:
        """A page of the history, ascending by `seq`: the newest, or where one of the three says."""
        page = _page(self.access.reach, request.query_params)
        self.require_still()
        return Response(
            {
                "messages": page.history,
                "head": str(self.access.head),
                "oldestSeq": self.access.oldest_seq,
                "moreBefore": page.more_before,
                "moreAfter": page.more_after,
            }
        )

    @documented(
        "sendMessage",
        request=shapes.Draft,
        parameters=SEND_HEADERS,
        answers={201: shapes.Sent, 200: shapes.Sent},
        refusals=(400, 403, 404, 409, 429),
    )
    def post(self, request: Request, chat_id: str) -> Response:
        """Send. The same `clientMessageId` again answers 200 with `duplicate: true`."""
        try:
            accepted = writer.accept(draft_from(self.access.actor, chat_id, body_of(request)))
        except RateLimited:
            raise
        except Exception:
            self.headers |= headers_of_budget(send_limit.look(self.access.actor.id, chat_id))
            raise
        self.headers |= headers_of_budget(accepted.budget)
        return Response(accepted.as_dict(), 200 if accepted.duplicate else 201)


class SearchView(ChatView):
    @documented(
        "searchMessages",
        parameters=[
            OpenApiParameter("q", {"type": "string", "maxLength": MAX_QUERY}, required=True),
            number_parameter("before"),
            number_parameter("limit", least=1, most=MAX_FOUND, default=DEFAULT_FOUND),
        ],
        answers={200: shapes.SearchResult},
        refusals=(400, 404),
        limit=searches,
    )
    def get(self, request: Request, chat_id: str) -> Response:
        """Messages with all the words of `q`, newest first, whatever their case and accents.

        One request looks through a part of the chat; `before` says where to go on, or is null.
        """
        query = request.query_params
        words = words_of(in_query(query, "q"))
        before = number_in_query(query, "before", default=MAX_SEQ)
        limit = number_in_query(query, "limit", least=1, most=MAX_FOUND, default=DEFAULT_FOUND)
        searches.take(self.access.actor.id)
        found = search(self.access.reach, words, before=before, limit=limit)
        self.require_still()
        return Response({"messages": found.matches, "before": found.before})


class LookupView(ChatView):
    @documented(
        "lookUpMessages",
        request=shapes.Lookup,
        answers={200: shapes.LookupResults},
        refusals=(400, 403, 404),
    )
    def post(self, request: Request, chat_id: str) -> Response:
        """Up to 100 messages by their ids, one result each."""
        found = history.lookup(self.access.reach, body_of(request).get("messageIds"))
        self.require_still()
        return Response(
            {
                "results": {
                    message_id: message or {"error": "notFound"}
                    for message_id, message in found.items()
                }
            }
        )


class MessageDetailView(MessageView):
    @documented("getMessage", answers={200: shapes.Message}, refusals=(400, 404))
    def get(self, request: Request, chat_id: str, message_id: str) -> Response:
        """One message as it is now."""
        message = history.one(self.access.reach, message_id)
        self.require_still()
        return Response(message)

    @documented(
        "editMessage",
        request=shapes.Edit,
        answers={200: shapes.Message},
        refusals=(400, 403, 404, 409),
        limit=changes,
    )
    def patch(self, request: Request, chat_id: str, message_id: str) -> Response:
        """Other words for your own message; an old `rev` is a `conflict`."""
        body = body_of(request)
        rev = integer(body, "rev", least=1)
        content = require_content(body.get("content"), may_be_empty=True)
        message = writer.call(
            pipeline.edit,
            self.access.actor,
            message_id,
            rev=rev,
            content=content,
            html=render(content),
            chat_id=chat_id,
        )
        return Response(message)

    @documented("removeMessage", answers={200: shapes.Message}, refusals=(400, 403, 404))
    def delete(self, request: Request, chat_id: str, message_id: str) -> Response:
        """Empty it for everybody. Doing it again answers as the first time did."""
        message = writer.call(moderation.remove, self.access.actor, message_id, chat_id=chat_id)
        return Response(message)


def _page(reach: Reach, query: QueryDict) -> Page:
    limit = number_in_query(query, "limit", least=1, most=MAX_PAGE, default=DEFAULT_PAGE)
    places = {name: value for name in _PLACES if (value := in_query(query, name)) is not None}
    if len(places) > 1:
        raise BadRequest("Only one of before, after and around.", field=list(places)[1])
    for name, value in places.items():
        return _PLACES[name](reach, number(value, name), limit)
    return history.newest(reach, limit)
