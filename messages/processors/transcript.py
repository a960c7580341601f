"""What is said in a video, where YouTube gives it away; a message is complete without it too."""

import logging
from io import BytesIO
from typing import Any

from django.conf import settings
from requests import PreparedRequest, Response, Session
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from youtube_transcript_api import YouTubeTranscriptApi

from messages.processors.calls import Call
from messages.processors.text import storable
from messages.processors.work import Progress, Stopped
from messages.processors.youtube_calls import Ask, fetch

MAX_TRANSCRIPT = 50_000
_MAX_BYTES = 4 * 1024 * 1024  # The watch page alone has more than one.

_log = logging.getLogger(__name__)


def find_transcript(video_id: str, progress: Progress) -> str | None:
    """The words of the video, at most MAX_TRANSCRIPT characters; None where none are to be had.

    Subtitles that somebody wrote go before those of a machine. Raises Stopped, nothing else.
    """
    try:
        with Call(progress, seconds=settings.TRANSCRIPT_SECONDS) as call:
            return _words_of(video_id, _session(call))
    except Stopped:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the message lives
        _log.info("No transcript: %s", type(error).__name__)
        return None


def _words_of(video_id: str, session: Session) -> str | None:
    # Its order is that: first what people wrote.
    found = next(iter(YouTubeTranscriptApi(http_client=session).list(video_id)), None)
    if found is None:
        return None
    words = " ".join(" ".join(snippet.text.split()) for snippet in found.fetch())
    return storable(words)[:MAX_TRANSCRIPT].strip() or None


def _session(call: Call) -> Session:
    session = Session()
    session.trust_env = False
    for scheme in ("http://", "https://"):
        session.mount(scheme, _ToYouTubeOnly(call))
    return session


class _ToYouTubeOnly(BaseAdapter):
    """Sends what the library asks for by our own way, with all its limits."""

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        body = request.body.encode() if isinstance(request.body, str) else request.body
        ask = Ask(request.url or "", request.method or "GET", dict(request.headers), body)
        answer = fetch(self._call, ask, limit=_MAX_BYTES)
        response = Response()
        response.request = request
        response.url = answer.url
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response.encoding = "utf-8"
        response.raw = BytesIO(answer.body)
        return response

    def close(self) -> None:
        """Nothing is kept open between two requests."""
