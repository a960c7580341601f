"""What is worked on for one: begin it anew, stop it, see its life, say what the answer is worth."""

from rest_framework.request import Request
from rest_framework.response import Response

from messages import history, pipeline
from messages.api import shapes
from messages.api.fields import body_of
from messages.api.schema import documented
from messages.api.views import MessageView
from messages.errors import BadRequest
from messages.models import Verdict
from messages.ratelimit import changes
from messages.writer import writer


class RetryView(MessageView):
    @documented(
        "retryMessage", answers={200: shapes.Message}, refusals=(400, 403, 404, 409), limit=changes
    )
    def post(self, request: Request, chat_id: str, message_id: str) -> Response:
        """Have failed work done again; for the one who asked and for staff."""
        message = writer.call(pipeline.retry, self.access.actor, message_id, chat_id=chat_id)
        return Response(message)


class CancelView(MessageView):
    @documented("cancelMessage", answers={200: shapes.Message}, refusals=(400, 403, 404, 409))
    def post(self, request: Request, chat_id: str, message_id: str) -> Response:
        """Stop work that is open, and keep what it has written; for who asked and staff."""
        message = writer.call(pipeline.cancel, self.access.actor, message_id, chat_id=chat_id)
        return Response(message)


class TimelineView(MessageView):
    @documented("getTimeline", answers={200: shapes.Timeline}, refusals=(400, 403, 404))
    def get(self, request: Request, chat_id: str, message_id: str) -> Response:
        """The message's life, event by event; for its author, who asked for it, and staff."""
        events = history.timeline(self.access, message_id)
        self.require_still()
        return Response({"events": events})


class FeedbackView(MessageView):
    @documented("getFeedback", answers={200: shapes.Feedback}, refusals=(400, 404))
    def get(self, request: Request, chat_id: str, message_id: str) -> Response:
        """What you have said of it yourself; null where that is nothing."""
        verdict = history.verdict_on(self.access, message_id)
        self.require_still()
        return Response({"verdict": verdict})

    @documented(
        "rateMessage",
        request=shapes.Feedback,
        answers={200: shapes.Feedback},
        refusals=(400, 403, 404, 409),
    )
    def post(self, request: Request, chat_id: str, message_id: str) -> Response:
        """Say that a finished answer was good or bad; null takes it back."""
        body = body_of(request)
        verdict = body.get("verdict")
        if "verdict" not in body or verdict not in (None, *Verdict.values):
            raise BadRequest("verdict is up, down or null.", field="verdict")
        writer.call(pipeline.rate, self.access.actor, message_id, verdict, chat_id=chat_id)
        return Response({"verdict": verdict})
