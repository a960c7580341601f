"""One function per page: ask the domain, show the answer."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Self

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from messages import chats, history
from messages.access import Access, access_to, actor_of
from messages.drafts import draft_from
from messages.errors import BadChatId, BadRequest, ChatError, Code, IdConflict, NotFound
from messages.identity import is_client_message_id, new_client_message_id, require_chat_id
from messages.message_id_generator import is_message_id
from messages.models import MessageType
from messages.pages.forms import NewChatForm, SignInForm
from messages.pages.rows import BLANK, line_of, rows_of
from messages.pages.words import WORDS
from messages.video import video_id_of
from messages.writer import writer

PAGE = 50
_MAX_SEQ_DIGITS = 18
_STATUS = {
    Code.CHAT_FROZEN: 403,
    Code.FORBIDDEN: 403,
    Code.ID_CONFLICT: 409,
    Code.MUTED: 403,
    Code.RATE_LIMITED: 429,
    Code.TOO_LARGE: 413,
    Code.UNAVAILABLE: 503,
    Code.INTERNAL: 500,
}

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def _same_404(view: View[P]) -> View[P]:
    """Not yours and not there are one page, also while DEBUG would explain more."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (NotFound, BadChatId):
            return render(request, "404.html", status=404)

    return answer


@dataclass(frozen=True, slots=True)
class Typed:
    """The box at the end of a chat. Each page served has an id of its own for it, so that
    sending the same form twice makes one message."""

    content: str = ""
    client_message_id: str = field(default_factory=new_client_message_id)
    is_question: bool = False
    reply_to: str = ""

    @classmethod
    def from_form(cls, data: Mapping[str, str]) -> Self:
        """Browsers put CRLF between a form's lines; what was typed, and scripts send, is LF."""
        content = data.get("content", "").replace("\r\n", "\n")
        key = data.get("clientMessageId", "")
        key = key if is_client_message_id(key) else new_client_message_id()
        reply_to = data.get("replyTo", "")
        reply_to = reply_to if is_message_id(reply_to) else ""
        is_question = data.get("type") == MessageType.AI or bool(reply_to)
        return cls(content, key, is_question, reply_to)

    def body(self) -> dict[str, Any]:
        """What is sent: a question, a video where there is nothing but its address, or words."""
        body = {"clientMessageId": self.client_message_id, "content": self.content}
        if self.is_question:
            return body | {"type": MessageType.AI, "replyTo": self.reply_to or None}
        url = self.content.strip()
        if video_id_of(url):
            return body | {"type": MessageType.YOUTUBE, "content": "", "metadata": {"url": url}}
        return body | {"type": MessageType.USER}


class SignIn(LoginView):
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        refusal = getattr(form, "refusal", None)
        return response if refusal is None else _refused(response, refusal)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, demo=settings.DEMO)


@never_cache
@require_safe
@login_required
def chat_list(request: HttpRequest) -> HttpResponse:
    return render(request, "chat/list.html", {"lines": _lines(request)})


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
    return render(request, "chat/new.html", {"form": form, "lines": _lines(request)})


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@_same_404
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


def _send(access: Access, typed: Typed) -> None:
    accepted = writer.accept(draft_from(access.actor, access.chat_id, typed.body()))
    # Without a script nothing else says that the page was read to its end. It is stored already:
    # whatever is the matter with the pointer is no answer to a send.
    with suppress(ChatError):
        writer.call(chats.mark_read, access.actor, access.chat_id, accepted.message["seq"])


def _refuse(request: HttpRequest, access: Access, typed: Typed, refusal: ChatError) -> HttpResponse:
    """The page again, with the reason and the draft; under a fresh id if the old one is used up."""
    if isinstance(refusal, IdConflict):
        typed = replace(typed, client_message_id=new_client_message_id())
    return _refused(_show(request, access, typed, problem=str(refusal.message)), refusal)


def _refused(response: HttpResponse, refusal: ChatError) -> HttpResponse:
    response.status_code = _STATUS.get(refusal.code, 400)
    if refusal.retry_after_ms is not None:
        response["Retry-After"] = str(-(-refusal.retry_after_ms // 1000))
    return response


def _show(request: HttpRequest, access: Access, typed: Typed, *, problem: str = "") -> HttpResponse:
    before = _before(request)
    page = (
        history.newest(access.chat_id, PAGE)
        if before is None
        else history.before(access.chat_id, before, PAGE)
    )
    context = {
        "access": access,
        "rows": rows_of(page.history, access.actor.id),
        "blank": BLANK,
        "older": page.history[0]["seq"] if page.more_before else None,
        "is_newest": before is None,
        "typed": typed,
        "problem": problem,
        "lines": _lines(request),
        "page": _for_the_script(access, more_before=page.more_before),
    }
    return render(request, "chat/chat.html", context)


def _for_the_script(access: Access, *, more_before: bool) -> dict[str, Any]:
    return {
        "chatId": access.chat_id,
        "user": access.actor.as_author(),
        "cursor": str(access.head),
        "moreBefore": more_before,
        "words": WORDS,
    }


def _before(request: HttpRequest) -> int | None:
    """`?before=<seq>` of an older page; anything else there is no page at all."""
    text = request.GET.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_SEQ_DIGITS):
        raise NotFound
    return int(text)


def _lines(request: HttpRequest) -> list[Any]:
    return [line_of(line) for line in history.chats_of(actor_of(request.user))]
