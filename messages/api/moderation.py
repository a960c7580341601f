"""Moderation: what was reported, what waits, what is decided; to others there is no such thing."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from messages import cases, held, moderation
from messages.api import shapes
from messages.api.fields import body_of, in_query, integer, number, number_in_query, text
from messages.api.schema import documented, number_parameter
from messages.api.views import ApiView
from messages.cases import MAX_CASES, State
from messages.decisions import MAX_DECISIONS, decisions
from messages.errors import BadMessageId, BadRequest, ChatError
from messages.history import require_message_ids
from messages.identity import require_chat_id
from messages.message_id_generator import is_message_id
from messages.models import Decision, Verb
from messages.writer import writer

DEFAULT_PAGE = 20


class ModeratorView(ApiView):
    """A view for moderators."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        moderation.require_moderator(self.actor)


class CasesView(ModeratorView):
    @documented(
        "listCases",
        parameters=[
            OpenApiParameter("state", {"type": "string", "enum": [*State], "default": State.OPEN}),
            number_parameter("before", least=1),
            number_parameter("limit", least=1, most=MAX_CASES, default=DEFAULT_PAGE),
        ],
        answers={200: shapes.CaseList},
        refusals=(400, 404),
    )
    def get(self, request: Request) -> Response:
        """Reported messages, those reported last first; `before` is the `position` of the last."""
        query = request.query_params
        state = in_query(query, "state") or State.OPEN
        if state not in list(State):
            raise BadRequest(_("state is open or decided."), field="state")
        before = number_in_query(query, "before", least=1, default=0) or None
        limit = number_in_query(query, "limit", least=1, most=MAX_CASES, default=DEFAULT_PAGE)
        found, more = cases.cases(State(state), before=before, limit=limit)
        return Response({"cases": [case.as_dict() for case in found], "more": more})


class CaseView(ModeratorView):
    @documented("getCase", answers={200: shapes.WholeCase}, refusals=(400, 404))
    def get(self, request: Request, message_id: str) -> Response:
        """One of them, with the messages around it and what is on record of its author."""
        if not is_message_id(message_id):
            raise BadMessageId
        case = cases.case_of(message_id)
        before, after = cases.context_of(case.message)
        past = cases.past_of(case.author_id)
        record = {
            "reports": past.reports,
            "openReports": past.open_reports,
            "decisions": past.decisions,
        }
        return Response(case.as_dict() | {"before": before, "after": after, "record": record})


class DecisionsView(ModeratorView):
    @documented(
        "listDecisions",
        parameters=[
            OpenApiParameter("chatId", {"type": "string", "pattern": shapes.CHAT_ID}),
            number_parameter("userId", least=1),
            number_parameter("before", least=1),
            number_parameter("limit", least=1, most=MAX_DECISIONS, default=DEFAULT_PAGE),
        ],
        answers={200: shapes.DecisionList},
        refusals=(400, 404),
    )
    def get(self, request: Request) -> Response:
        """Decisions, newest first; of one chat, about one person."""
        query = request.query_params
        where: dict[str, Any] = {}
        if (chat_id := in_query(query, "chatId")) is not None:
            where["chat_id"] = require_chat_id(chat_id)
        if (user_id := number_in_query(query, "userId", least=1, default=0)) != 0:
            where["user_id"] = user_id
        before = number_in_query(query, "before", least=1, default=0) or None
        limit = number_in_query(query, "limit", least=1, most=MAX_DECISIONS, default=DEFAULT_PAGE)
        return Response({"decisions": decisions(before=before, limit=limit, **where)})

    @documented(
        "decide",
        request=shapes.NewDecision,
        answers={201: shapes.Decided},
        refusals=(400, 403, 404, 409),
    )
    def post(self, request: Request) -> Response:
        """Decide about messages, somebody in a chat, or a chat. Of several messages each is
        decided by itself: what is refused stands in `refused`, with its code."""
        body = body_of(request)
        message_ids = _message_ids(body)
        if message_ids is None:
            decision = writer.call(moderation.decide, self.actor, **_about(body), **_how(body))
            return _decided([decision], {})
        decided, refused = [], {}
        for message_id in dict.fromkeys(message_ids):
            try:
                about = {"message_id": message_id} | _how(body)
                decided.append(writer.call(moderation.decide, self.actor, **about))
            except ChatError as refusal:
                if len(message_ids) == 1:
                    raise
                refused[message_id] = refusal.code.value
        return _decided(decided, refused)


class UndoView(ModeratorView):
    @documented(
        "undoDecision",
        request=shapes.Reason,
        answers={201: shapes.Decision},
        refusals=(400, 403, 404, 409),
    )
    def post(self, request: Request, decision_id: str) -> Response:
        """Take back a `dismiss`, `mute`, `ban` or `freeze`, which is a decision of its own."""
        key = number(decision_id, "decisionId", least=1)
        reason = body_of(request).get("reason")
        undone = writer.call(moderation.undo, self.actor, key, reason=reason)
        return Response(decisions(pk=undone.pk)[0], 201)


class HeldListView(ModeratorView):
    @documented("listHeld", answers={200: shapes.HeldList}, refusals=(404,))
    def get(self, request: Request) -> Response:
        """What waits for a moderator, the longest first."""
        return Response({"held": held.waiting()})


class HeldView(ModeratorView):
    @documented(
        "decideHeld",
        request=shapes.HeldDecision,
        answers={200: shapes.Released},
        refusals=(400, 403, 404, 409, 429),
    )
    def post(self, request: Request, held_id: str) -> Response:
        """`release` sends it now, as its author's; `reject` forgets it."""
        body = body_of(request)
        verb = held.require_verb(body.get("verb"))
        act = held.release if verb is Verb.RELEASE else held.reject
        key = number(held_id, "heldId", least=1)
        message = writer.call(act, self.actor, key, reason=body.get("reason"))
        return Response({"message": message})


def _message_ids(body: dict[str, Any]) -> list[str] | None:
    return require_message_ids(body["messageIds"]) if "messageIds" in body else None


def _about(body: dict[str, Any]) -> dict[str, Any]:
    about: dict[str, Any] = {"chat_id": require_chat_id(body.get("chatId"))}
    if body.get("userId") is not None:
        about["user_id"] = integer(body, "userId", least=1)
    return about


def _how(body: dict[str, Any]) -> dict[str, Any]:
    verb = text(body, "verb")
    if verb not in Verb.values:
        raise BadRequest(_("verb is something that can be decided."), field="verb")
    how: dict[str, Any] = {"verb": Verb(verb), "reason": body.get("reason")}
    if body.get("minutes") is not None:
        how["minutes"] = integer(body, "minutes", least=1, most=moderation.MAX_MINUTES)
    return how


def _decided(made: list[Decision], refused: dict[str, str]) -> Response:
    whole = decisions(pk__in=[decision.pk for decision in made], limit=max(1, len(made)))
    return Response({"decisions": whole, "refused": refused}, 201)
