"""The small picture of a video, as YouTube's image host has it, by the one way out."""

from contextlib import nullcontext

import httpx2
from django.conf import settings
from django.core.cache import caches

from messages.processors.calls import Call
from messages.processors.youtube import thumbnail_url
from messages.processors.youtube_calls import IMAGES, Ask, Refused, fetch

TYPE = "image/jpeg"
_MAX_BYTES = 1_048_576
_KEPT_SECONDS = 6 * 3600
_FAILURE_KEPT_SECONDS = 60
_FAILED = b""


class _Unhurried:
    """A Progress that nobody stops: what is asked for here has only its limit of time."""

    def add(self, text: str) -> None:
        pass

    def check(self) -> None:
        pass

    def on_stop(self, callback: object) -> nullcontext[None]:
        return nullcontext()


def is_kept(video_id: str) -> bool:
    """Whether nobody has to be asked for it."""
    return caches["thumbnails"].get(video_id) is not None


def thumbnail(video_id: str) -> bytes | None:
    """A JPEG of at most 1 MB, or None where there is none now; `video_id` is a valid one."""
    cache = caches["thumbnails"]
    known: bytes | None = cache.get(video_id)
    if known is None:
        known = _fetched(video_id)
        cache.set(video_id, known, _KEPT_SECONDS if known else _FAILURE_KEPT_SECONDS)
    return known or None


def _fetched(video_id: str) -> bytes:
    ask = Ask(thumbnail_url(video_id))
    try:
        with Call(_Unhurried(), seconds=settings.THUMBNAIL_SECONDS) as call:
            answer = fetch(call, ask, limit=_MAX_BYTES, hosts=IMAGES)
    except (TimeoutError, Refused, httpx2.HTTPError, OSError):
        return _FAILED
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_picture = kind == TYPE and answer.body.startswith(b"\xff\xd8\xff")
    return answer.body if answer.status == 200 and is_picture else _FAILED
