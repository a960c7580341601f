"""One function per page: ask the domain, show the answer."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from messages import chats, history
from messages.access import Access, Actor, access_to, actor_of
from messages.decisions import reasons_told
from messages.drafts import draft_from
from messages.errors import BadRequest, ChatError, IdConflict, NotFound
from messages.history import Page, newest
from messages.identity import new_client_message_id, require_chat_id
from messages.models import MessageType, RemovedBy
from messages.pages.forms import NewChatForm, SignInForm
from messages.pages.requests import lines_of, refused, same_404, seq_in
from messages.pages.rows import BLANK, BLANK_LINE, line_for_the_script, line_of, rows_of
from messages.pages.told import told
from messages.pages.typed import Typed
from messages.pages.words import WORDS
from messages.representation import WireMessage
from messages.writer import writer

PAGE = 50
_PLACES = {"before": history.before, "after": history.after, "around": history.around}


class SignIn(LoginView):
    authentication_form = SignInForm

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Whoever's sign-in ends soon asks to sign in again before it does."""
        self.redirect_authenticated_user = "again" not in request.GET
        return super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        refusal = getattr(form, "refusal", None)
        return response if refusal is None else refused(response, refusal)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, demo=settings.DEMO)


class SignOut(LogoutView):
    """What scripts have kept of the chats in this browser goes too (`static/js/shelf.js`)."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"storage"'
        return response


@never_cache
@require_safe
@login_required
def chat_list(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/list.html", {"lines": lines_of(request)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_chat(request: HttpRequest) -> HttpResponse:
    form = NewChatForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            chat_id = writer.call(
                chats.create_chat,
                actor_of(request.user),
                form.cleaned_data["title"],
                members=form.cleaned_data["people"],
            )
        except BadRequest as refusal:
            form.add_error("title", str(refusal.message))
        else:
            return redirect("chat", chat_id)
    return render(request, "chat/new.html", {"form": form, "lines": lines_of(request)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@same_404
def chat_page(request: HttpRequest, chat_id: str) -> HttpResponse:
    access = access_to(actor_of(request.user), require_chat_id(chat_id))
    if request.method != "POST":
        return _show(request, access, Typed())
    typed = Typed.from_form(request.POST)
    try:
        _send(access, typed)
    except NotFound:
        raise
    except ChatError as refusal:
        return _refuse(request, access, typed, refusal)
    return redirect("chat", chat_id)


@never_cache
@require_safe
@login_required
@same_404
def told_page(request: HttpRequest, chat_id: str) -> HttpResponse:
    """The part of a chat's page that a script asks for anew when something was decided."""
    access = access_to(actor_of(request.user), require_chat_id(chat_id))
    return render(request, "chat/told.html", {"told": told(request, access), "access": access})


def _send(access: Access, typed: Typed) -> None:
    accepted = writer.accept(draft_from(access.actor, access.chat_id, typed.body()))
    # Without a script nothing else says that the page was read to its end. It is stored already:
    # whatever is the matter with the pointer is no answer to a send.
    last = accepted.placeholder or accepted.message
    with suppress(ChatError):
        writer.call(chats.mark_read, access.actor, access.chat_id, last["seq"])


def _refuse(request: HttpRequest, access: Access, typed: Typed, refusal: ChatError) -> HttpResponse:
    """The page again, with the reason and the draft; under a fresh id if the old one is used up."""
    if isinstance(refusal, IdConflict):
        typed = replace(typed, client_message_id=new_client_message_id())
    return refused(_show(request, access, typed, problem=str(refusal.message)), refusal)


def _show(request: HttpRequest, access: Access, typed: Typed, *, problem: str = "") -> HttpResponse:
    place, seq = _place(request)
    page = _PLACES[place](access.reach, seq, PAGE) if place else newest(access.reach, PAGE)
    lines = history.chats_of(access.actor)
    context = {
        "access": access,
        "rows": rows_of(
            page.history,
            access.actor.id,
            _quoted(access, page),
            _reasons(page, access.actor),
        ),
        "blank": BLANK,
        "older": page.history[0]["seq"] if page.more_before else None,
        "newer": page.history[-1]["seq"] if page.more_after and page.history else None,
        "around": seq if place == "around" else None,
        "is_live": place in ("", "around"),
        "is_newest": not place,
        "typed": typed,
        "problem": problem,
        "told": told(request, access),
        "lines": [line_of(line) for line in lines],
        "blank_line": BLANK_LINE,
        "page": _for_the_script(access, page, lines),
    }
    return render(request, "chat/chat.html", context)


def _reasons(page: Page, viewer: Actor) -> dict[str, str]:
    """Why messages of the viewer's own were removed by moderators."""
    gone = [m for m in page.history if m["removed"] == RemovedBy.STAFF and m["author"]]
    own = [m["messageId"] for m in gone if m["author"]["id"] == viewer.id]
    return reasons_told(viewer.id, own) if own else {}


def _quoted(access: Access, page: Page) -> dict[str, WireMessage]:
    """What the messages of the page reply to, as far as it is there. An answer's question stands
    right above it."""
    here = {message["messageId"]: message for message in page.history}
    wanted = {m["replyTo"] for m in page.history if m["replyTo"] and m["type"] != MessageType.AI}
    missing = list(wanted - here.keys())
    found = history.lookup(access.reach, missing) if missing else {}
    return here | {key: message for key, message in found.items() if message}


def _for_the_script(
    access: Access, page: Page, lines: Sequence[history.ChatLine]
) -> dict[str, Any]:
    """The messages too: on coming back from another chat the script shows them again. A page of
    the past is not where the log ends, so the script has to learn that first."""
    common = {
        "chatId": access.chat_id,
        "title": access.title,
        "user": access.actor.as_author(),
        "readSeq": access.standing.read_seq if access.standing else None,
        "chats": [line_for_the_script(line) for line in lines],
        "words": WORDS,
    }
    sides = {"messages": page.history, "moreBefore": page.more_before}
    if page.more_after:
        return common | {
            "cursor": None,
            "messages": [],
            "moreBefore": False,
            "passage": sides | {"moreAfter": True},
        }
    return common | sides | {"cursor": str(access.head)}


def _place(request: HttpRequest) -> tuple[str, int]:
    """`?before=`, `?after=` or `?around=` with a number; nonsense is no page at all."""
    found = [(name, request.GET[name]) for name in _PLACES if name in request.GET]
    if not found:
        return "", 0
    if len(found) > 1:
        raise NotFound
    name, text = found[0]
    return name, seq_in(text)
