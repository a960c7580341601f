"""The page on which one searches a chat: a form, and what was found, newest first."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from messages import ratelimit, search
from messages.access import Access, access_to, actor_of
from messages.errors import BadRequest, RateLimited
from messages.identity import MAX_SEQ, require_chat_id
from messages.pages.requests import lines_of, refused, same_404, seq_in
from messages.pages.rows import match_of

PAGE = 30
_PAGE = "chat/search.html"


@never_cache
@require_safe
@login_required
@same_404
def search_page(request: HttpRequest, chat_id: str) -> HttpResponse:
    access = access_to(actor_of(request.user), require_chat_id(chat_id))
    query = request.GET.get("q", "").strip()
    context = {
        "access": access,
        "lines": lines_of(request),
        "query": query,
        "most": search.MAX_QUERY,
    }
    try:
        context |= _found(request, access, query) if query else {}
    except (BadRequest, RateLimited) as refusal:
        context["problem"] = refusal.message
        return refused(render(request, _PAGE, context), refusal)
    return render(request, _PAGE, context)


def _found(request: HttpRequest, access: Access, query: str) -> dict[str, Any]:
    before = seq_in(request.GET["before"]) if "before" in request.GET else MAX_SEQ
    words = search.words_of(query)
    ratelimit.searches.take(access.actor.id)
    found = search.search(access.reach, words, before=before, limit=PAGE)
    matches = [match_of(message) for message in found.matches]
    return {"matches": matches, "earlier": found.before}
