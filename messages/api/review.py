"""What members and owners have to do with moderation: reporting, what they are told, the filter."""

from rest_framework.request import Request
from rest_framework.response import Response

from messages import held, ratelimit, reports
from messages.api import shapes
from messages.api.fields import body_of, boolean
from messages.api.schema import documented
from messages.api.views import ChatView, MessageView
from messages.decisions import told_to
from messages.writer import writer


class ReportView(MessageView):
    @documented(
        "reportMessage",
        request=shapes.NewReport,
        answers={204: None},
        refusals=(400, 403, 404, 409),
        limit=ratelimit.reports,
    )
    def post(self, request: Request, chat_id: str, message_id: str) -> Response:
        """Tell moderators what is wrong with it; nobody else hears of it. Again changes nothing."""
        reason = body_of(request).get("reason")
        writer.call(reports.report, self.access.actor, message_id, reason, chat_id=chat_id)
        return Response(status=204)


class ToldView(ChatView):
    @documented("listToldDecisions", answers={200: shapes.ToldList}, refusals=(400, 404))
    def get(self, request: Request, chat_id: str) -> Response:
        """What moderators have decided about you here, and why, newest first."""
        return Response({"decisions": told_to(self.access.actor.id, chat_id)})


class FilterView(ChatView):
    @documented("getFilter", answers={200: shapes.Filter}, refusals=(400, 403, 404))
    def get(self, request: Request, chat_id: str) -> Response:
        """What waits for a moderator in this chat; for owners and moderators."""
        self.access.require_manage()
        return Response(held.filter_of(chat_id))

    @documented(
        "setFilter",
        request=shapes.Filter,
        answers={200: shapes.Filter},
        refusals=(400, 403, 404),
        limit=ratelimit.changes,
    )
    def put(self, request: Request, chat_id: str) -> Response:
        """Messages with one of these words, or with a link, wait from now on."""
        body = body_of(request)
        words, links = body.get("words"), boolean(body, "links")
        writer.call(held.set_filter, self.access.actor, chat_id, words=words, links=links)
        return Response(held.filter_of(chat_id))
