"""The page on which somebody says what is wrong with a message."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from messages import history, reports
from messages.access import access_to, actor_of
from messages.errors import ChatError, NotFound
from messages.identity import require_chat_id
from messages.message_id_generator import is_message_id
from messages.models import MAX_REASON
from messages.pages.requests import lines_of, refused, same_404
from messages.pages.rows import row_of
from messages.writer import writer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@same_404
def report(request: HttpRequest, chat_id: str, message_id: str) -> HttpResponse:
    """The message again, and a box for the reason; sent, it says that it was."""
    access = access_to(actor_of(request.user), require_chat_id(chat_id))
    if not is_message_id(message_id):
        raise NotFound
    message = history.one(access.reach, message_id)
    refusal: ChatError | None = None
    if request.method == "POST":
        try:
            reason = request.POST.get("reason")
            writer.call(reports.report, access.actor, message_id, reason, chat_id=chat_id)
        except NotFound:
            raise
        except ChatError as error:
            refusal = error
    context = {
        "access": access,
        "row": row_of(message, access.actor.id),
        "problem": refusal and str(refusal.message),
        "is_sent": request.method == "POST" and refusal is None,
        "most": MAX_REASON,
        "lines": lines_of(request),
    }
    page = render(request, "chat/report.html", context)
    return page if refusal is None else refused(page, refusal)
