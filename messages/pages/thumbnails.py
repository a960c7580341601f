"""Pictures of videos from our own address, so that readers are not shown to third parties."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from messages import ratelimit
from messages.errors import RateLimited
from messages.pages.requests import refused
from messages.processors.thumbnail import TYPE, is_kept, thumbnail
from messages.video import is_video_id

_DAY = 86_400


@require_safe
def thumbnail_of(request: HttpRequest, video_id: str) -> HttpResponse:
    """For whoever is signed in. An `<img>` follows no sign-in page, so others get a plain 403."""
    if not request.user.is_authenticated:
        return _nothing(403)
    if not is_video_id(video_id):
        return _nothing(404)
    try:
        if not is_kept(video_id):
            ratelimit.pictures.take(request.user.pk)
    except RateLimited as refusal:
        return refused(_nothing(429), refusal)
    picture = thumbnail(video_id)
    if picture is None:
        return _nothing(404)
    response = HttpResponse(picture, content_type=TYPE)
    response["Cache-Control"] = f"private, max-age={_DAY}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _nothing(status: int) -> HttpResponse:
    response = HttpResponse(status=status, content_type="text/plain")
    response["Cache-Control"] = "no-store"
    return response
