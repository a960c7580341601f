"""One's own account: language, password, browsers signed in, and the tokens of one's scripts."""

from contextlib import suppress
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from messages import sign_ins, tokens
from messages.errors import BadRequest, NotFound
from messages.pages.browsers import name_of
from messages.pages.forms import NewTokenForm, OtherPasswordForm
from messages.pages.requests import seq_in
from messages.pages.rows import moment
from messages.sign_ins import Browser
from messages.writer import writer


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    act = ACTS.get(request.POST.get("act", "")) if request.method == "POST" else None
    return act(request) if act else _show(request)


def _change_password(request: HttpRequest) -> HttpResponse:
    """Ends the other sessions, which were begun with the old one; this one goes on."""
    form = OtherPasswordForm(_user(request), request.POST)
    if not form.is_valid():
        return _show(request, password=form)
    user = writer.call(form.save)
    if form.cleaned_data["revoke_tokens"]:
        writer.call(tokens.revoke_all, user)
    writer.call(sign_ins.end_others, user, request.session)
    begun = sign_ins.begun_at(request.session)
    update_session_auth_hash(request, user)
    sign_ins.begin(request, user, at=begun)
    return redirect(f"{reverse('account')}?changed")


def _create_token(request: HttpRequest) -> HttpResponse:
    """Answered at once, not after a redirect: the token is in this answer and nowhere else."""
    form = NewTokenForm(request.POST)
    if not form.is_valid():
        return _show(request, token=form)
    try:
        _, text = writer.call(tokens.create, request.user, form.cleaned_data["name"])
    except BadRequest as refusal:
        form.add_error("name", str(refusal.message))
        return _show(request, token=form)
    return _show(request, created=text)


def _revoke_token(request: HttpRequest) -> HttpResponse:
    try:
        writer.call(tokens.revoke, request.user, request.POST.get("token", ""))
    except NotFound:
        return _show(request)
    return redirect("account")


def _end_session(request: HttpRequest) -> HttpResponse:
    """Of another browser, or all others; this one has its own button."""
    which = request.POST.get("session", "")
    with suppress(NotFound):
        if which == "others":
            writer.call(sign_ins.end_others, request.user, request.session)
        else:
            writer.call(sign_ins.end, request.user, seq_in(which))
    return redirect("account")


def _user(request: HttpRequest) -> Any:
    """Somebody: the page asks for a sign-in."""
    return request.user


ACTS = {
    "password": _change_password,
    "end": _end_session,
    "create": _create_token,
    "revoke": _revoke_token,
}


def _show(request: HttpRequest, **context: Any) -> HttpResponse:
    return render(
        request,
        "accounts/account.html",
        {
            "password": OtherPasswordForm(_user(request)),
            "token": NewTokenForm(),
            "tokens": tokens.tokens_of(request.user),
            "browsers": [_shown(b) for b in sign_ins.browsers_of(request.user, request.session)],
            "changed": "changed" in request.GET,
            **context,
        },
    )


def _shown(browser: Browser) -> dict[str, Any]:
    return {
        "id": browser.id,
        "name": name_of(browser.agent),
        "time": moment(browser.at),
        "is_here": browser.is_here,
    }
