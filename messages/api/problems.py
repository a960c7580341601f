"""Reports of problems with the page."""

from rest_framework.request import Request
from rest_framework.response import Response

from messages.api import shapes
from messages.api.fields import body_of
from messages.api.schema import documented
from messages.api.views import ApiView
from messages.problems import report_problem
from messages.writer import writer


class ProblemsView(ApiView):
    @documented(
        "reportProblem",
        request=shapes.Problem,
        answers={201: shapes.ProblemKept},
        refusals=(400, 403, 429),
    )
    def post(self, request: Request) -> Response:
        """Tell staff what went wrong on the page, with the trace of its frames; ten an hour."""
        body = body_of(request)
        agent = request.headers.get("User-Agent", "")
        number = writer.call(
            report_problem, self.actor, body.get("words"), body.get("trace"), agent
        )
        return Response({"problemId": number}, 201)
