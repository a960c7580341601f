"""The page behind an invitation's link: what it leads to, and a button to join."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from messages import invitations
from messages.access import actor_of
from messages.errors import NotFound, RateLimited, Unavailable
from messages.pages.requests import refused
from messages.writer import writer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever is signed in. Every link that leads nowhere looks the same."""
    actor = actor_of(request.user)
    try:
        if request.method == "POST":
            chat_id, _ = writer.call(invitations.accept, actor, token)
            return redirect("chat", chat_id)
        door = invitations.look(actor, token)
    except NotFound:
        return render(request, "invitation/closed.html", status=404)
    except (RateLimited, Unavailable) as refusal:  # guesses are counted
        context = {"problem": refusal.message}
        return refused(render(request, "invitation/closed.html", context), refusal)
    if door.is_member:
        return redirect("chat", door.chat_id)
    return render(request, "invitation/open.html", {"door": door})
