"""The pages of moderators: what was reported and what waits, one case, and deciding."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages as flashes
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from messages import cases, held, moderation
from messages.access import Actor, actor_of
from messages.cases import Case, State
from messages.errors import ChatError, NotFound
from messages.message_id_generator import is_message_id
from messages.models import Verb
from messages.pages.requests import lines_for, number_in, same_404
from messages.pages.rows import moment, row_of
from messages.writer import writer

PAGE = 20
_MAX_BULK = 100

P = ParamSpec("P")


def _for_moderators(
    view: Callable[Concatenate[HttpRequest, Actor, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """To others, and for what is not there, it is the page of nothing."""

    @never_cache
    @login_required
    @same_404
    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor = actor_of(request.user)
        moderation.require_moderator(actor)
        return view(request, actor, *args, **kwargs)

    return answer


# --- looking -------------------------------------------------------------------------------------


@require_safe
@_for_moderators
def queue(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The cases of one state, those reported last first, and before them what is held."""
    state = State.DECIDED if request.GET.get("state") == State.DECIDED else State.OPEN
    before = number_in(request.GET.get("before", ""))
    found, more = cases.cases(state, before=before, limit=PAGE)
    is_first_open = state is State.OPEN and before is None
    context = {
        "state": state,
        "cases": [_shown(case, actor) for case in found],
        "older": found[-1].position if more else None,
        "held": [_held(row) for row in held.waiting()] if is_first_open else [],
        "lines": lines_for(actor),
    }
    return render(request, "moderation/queue.html", context)


@require_safe
@_for_moderators
def case(request: HttpRequest, actor: Actor, message_id: str) -> HttpResponse:
    """One case: what was said around it, why it was reported, and what is on record."""
    if not is_message_id(message_id):
        raise NotFound
    found = cases.case_of(message_id)
    before, after = cases.context_of(found.message)
    past = cases.past_of(found.author_id)
    context = {
        "case": _shown(found, actor),
        "before": [row_of(message, actor.id) for message in before],
        "after": [row_of(message, actor.id) for message in after],
        "past": past,
        "past_decisions": _decisions(past.decisions),
        "lines": lines_for(actor),
    }
    return render(request, "moderation/case.html", context)


# --- deciding ------------------------------------------------------------------------------------


@require_POST
@_for_moderators
def decide(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What was chosen in a form, about one message or many; each by itself."""
    verb = request.POST.get("verb", "")
    chosen = [one for one in request.POST.getlist("messageIds") if is_message_id(one)]
    if verb not in Verb.values or not chosen:
        flashes.error(request, _("Choose at least one message, and what to do."))
        return _back(request)
    how = {"reason": request.POST.get("reason"), "minutes": number_in(request.POST.get("minutes"))}
    for message_id in dict.fromkeys(chosen[:_MAX_BULK]):
        about = {"verb": Verb(verb), "message_id": message_id} | how
        _try(request, moderation.decide, actor, **about)
    return _back(request)


@require_POST
@_for_moderators
def undo(request: HttpRequest, actor: Actor, decision_id: int) -> HttpResponse:
    _try(request, moderation.undo, actor, decision_id, reason=request.POST.get("reason"))
    return _back(request)


@require_POST
@_for_moderators
def decide_held(request: HttpRequest, actor: Actor, held_id: int) -> HttpResponse:
    act = held.release if request.POST.get("verb") == Verb.RELEASE else held.reject
    _try(request, act, actor, held_id, reason=request.POST.get("reason"))
    return _back(request)


def _try(request: HttpRequest, act: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
    try:
        writer.call(act, *args, **kwargs)
        flashes.success(request, _("Done."))
    except ChatError as refusal:
        flashes.error(request, str(refusal.message))


def _back(request: HttpRequest) -> HttpResponse:
    """Where the form stood; nowhere outside."""
    to = request.POST.get("next", "")
    is_ours = to.startswith("/moderation/") and url_has_allowed_host_and_scheme(to, None)
    return redirect(to if is_ours else "moderation")


# --- as the templates want it --------------------------------------------------------------------


def _shown(found: Case, viewer: Actor) -> dict[str, Any]:
    """A case with its times as dates; `key` changes with whatever is to be seen of it."""
    return {
        "id": found.message["messageId"],
        "chat_id": found.message["chatId"],
        "title": found.title,
        "is_open": found.is_open,
        "row": row_of(found.message, viewer.id),
        "reports": [report | {"time": moment(report["at"])} for report in found.reports],
        "decisions": _decisions(found.decisions),
        "key": f"{found.position}.{found.message['rev']}.{len(found.decisions)}",
    }


def _decisions(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        decision
        | {
            "label": Verb(decision["verb"]).label,
            "time": moment(decision["at"]),
            "ends": moment(decision["until"]) if decision["until"] else None,
            "can_undo": decision["verb"] in moderation.UNDONE_BY and not decision["undone"],
        }
        for decision in made
    ]


def _held(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "time": moment(row["at"])}
