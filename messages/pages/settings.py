"""A chat's settings: who is in it, who is kept out, the links that let people in; or to leave."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from messages import chats, held, invitations, membership, moderation
from messages.access import Access, Actor, access_to, actor_of
from messages.clock import now_ms
from messages.errors import BadRequest, ChatError, NotFound
from messages.identity import require_chat_id
from messages.members import bans_of, members_of
from messages.models import MAX_SLOW_MODE, MAX_TITLE, History, Role
from messages.pages.requests import lines_for, number_in, refused, same_404
from messages.pages.rows import moment
from messages.writer import writer

_DAYS = (1, 7, 30, 90)

Act = Callable[[Actor, str, QueryDict], Any]


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@same_404
def chat_settings(request: HttpRequest, chat_id: str) -> HttpResponse:
    """Each button is a form of its own, and names what it does in `act`."""
    access = access_to(actor_of(request.user), require_chat_id(chat_id))
    if request.method != "POST":
        return _show(request, access)
    act = ACTS.get(request.POST.get("act", ""))
    try:
        if act is None:
            raise BadRequest
        writer.call(act, access.actor, chat_id, request.POST)
    except NotFound:
        # Of two who manage a chat, one may have been quicker; or this one no longer is in it.
        return _show(request, access_to(access.actor, chat_id), problem=_("It was gone already."))
    except ChatError as refusal:
        page = _show(request, access_to(access.actor, chat_id), problem=str(refusal.message))
        return refused(page, refusal)
    return redirect("chats") if act is _leave else redirect("chat-settings", chat_id)


def _show(request: HttpRequest, access: Access, *, problem: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "access": access,
        "problem": problem,
        "lines": lines_for(access.actor),
    }
    if access.may_manage:
        context |= {
            "members": members_of(access.chat_id),
            "filter": held.filter_of(access.chat_id),
            "bans": bans_of(access.chat_id),
            "invitations": [_link(request, one) for one in invitations.open_ones(access)],
            "roles": Role.choices,
            "histories": History.choices,
            "days": _DAYS,
            "default_days": invitations.DEFAULT_DAYS,
            "max_slow_mode": MAX_SLOW_MODE,
            "max_title": MAX_TITLE,
            "max_uses": invitations.MAX_USES,
        }
    return render(request, "chat/settings.html", context, status=400 if problem else 200)


def _link(request: HttpRequest, invitation: dict[str, Any]) -> dict[str, Any]:
    page = reverse("invitation", kwargs={"token": invitation["token"]})
    ends = moment(invitation["expiresAt"])
    return invitation | {"url": request.build_absolute_uri(page), "ends": ends}


# --- what the buttons do --------------------------------------------------------------------------


def _change(actor: Actor, chat_id: str, form: QueryDict) -> None:
    chats.change_chat(
        actor,
        chat_id,
        title=form.get("title", ""),
        history=form.get("history", History.ALL),
        slow_mode_seconds=_number(form, "slowMode") if "slowMode" in form else None,
    )


def _filter(actor: Actor, chat_id: str, form: QueryDict) -> None:
    words = form.get("words", "").splitlines()
    held.set_filter(actor, chat_id, words=words, links=form.get("links") == "yes")


def _freeze(actor: Actor, chat_id: str, form: QueryDict) -> None:
    moderation.set_frozen(actor, chat_id, frozen=form.get("frozen") == "yes")


def _add(actor: Actor, chat_id: str, form: QueryDict) -> None:
    access_to(actor, chat_id).require_manage()
    name = form.get("name", "").strip()
    people = get_user_model().objects.filter(username=name, is_active=True)
    user_id = people.values_list("pk", flat=True).first() if "\0" not in name else None
    if user_id is None:
        raise BadRequest("There is nobody called: %(names)s", field="name", names=name)
    membership.add_member(actor, chat_id, user_id)


def _set_role(actor: Actor, chat_id: str, form: QueryDict) -> None:
    membership.set_role(actor, chat_id, _number(form, "user"), form.get("role", ""))


def _remove(actor: Actor, chat_id: str, form: QueryDict) -> None:
    membership.remove_member(actor, chat_id, _number(form, "user"))


def _ban(actor: Actor, chat_id: str, form: QueryDict) -> None:
    moderation.ban(actor, chat_id, _number(form, "user"))


def _lift_ban(actor: Actor, chat_id: str, form: QueryDict) -> None:
    moderation.lift_ban(actor, chat_id, _number(form, "user"))


def _leave(actor: Actor, chat_id: str, form: QueryDict) -> None:
    membership.remove_member(actor, chat_id, actor.id)


def _invite(actor: Actor, chat_id: str, form: QueryDict) -> None:
    expires_at = now_ms() + _number(form, "days") * invitations.DAY_MS
    max_uses = _number(form, "uses") if form.get("uses") else None
    invitations.create(actor, chat_id, expires_at=expires_at, max_uses=max_uses)


def _revoke(actor: Actor, chat_id: str, form: QueryDict) -> None:
    invitations.revoke(actor, chat_id, form.get("invitation", "").replace("\0", ""))


def _number(form: QueryDict, name: str) -> int:
    number = number_in(form.get(name))
    if number is None:
        raise BadRequest(field=name)
    return number


ACTS: dict[str, Act] = {
    "change": _change,
    "filter": _filter,
    "freeze": _freeze,
    "add": _add,
    "setRole": _set_role,
    "remove": _remove,
    "ban": _ban,
    "liftBan": _lift_ban,
    "leave": _leave,
    "invite": _invite,
    "revoke": _revoke,
}
