"""What can be learned of a video: its title and channel from YouTube's oEmbed, its transcript."""

import json
from typing import Any
from urllib.parse import urlencode

import httpx2
from django.conf import settings

from messages.processors.calls import Call, retry_after_ms
from messages.processors.text import storable
from messages.processors.transcript import find_transcript
from messages.processors.work import Done, Failure, FailureCode, Progress, Work
from messages.processors.youtube_calls import HOME, Answer, Ask, Refused, fetch
from messages.video import video_id_of

_MAX_BYTES = 65_536
_MAX_WORDS = 300  # characters of a title or a channel's name

# What YouTube answers with for videos that cannot be shown here.
_UNSUPPORTED = {
    400: "There is no such video on YouTube.",
    401: "The owner of this video does not allow it to be shown on other sites.",
    403: "This video is private.",
    404: "There is no such video on YouTube.",
}


def look_up(work: Work, progress: Progress) -> Done:
    """`videoId`, `title`, `authorName`, `thumbnailUrl` for the metadata, and the transcript.

    Nothing is asked for an address that is not YouTube's. Raises Failure, Stopped.
    """
    video_id = video_id_of(str(work.metadata.get("url", "")))
    if video_id is None:
        raise Failure(FailureCode.UNSUPPORTED_VIDEO, "This is no address of a YouTube video.")
    card = _card(_oembed(video_id, progress))
    # Ours, not the one in the answer: what pages load is not YouTube's to say.
    card |= {"videoId": video_id, "thumbnailUrl": thumbnail_url(video_id)}
    return Done(None, card, transcript=find_transcript(video_id, progress))


def thumbnail_url(video_id: str) -> str:
    return f"https://i.ytimg.com/vi/{video_id}/hqdefault.jpg"


def _oembed(video_id: str, progress: Progress) -> Answer:
    query = urlencode({"url": f"{HOME}/watch?v={video_id}", "format": "json"})
    ask = Ask(f"{HOME}/oembed?{query}")
    try:
        with Call(progress, seconds=settings.YOUTUBE_SECONDS) as call:
            return fetch(call, ask, limit=_MAX_BYTES)
    except TimeoutError as error:
        raise _unavailable("YouTube did not answer in time.") from error
    except Refused as error:
        raise _unavailable("YouTube sent an answer that this server does not follow.") from error
    except (httpx2.HTTPError, OSError) as error:
        raise _unavailable("YouTube cannot be reached.") from error


def _card(answer: Answer) -> dict[str, Any]:
    if answer.status in _UNSUPPORTED:
        raise Failure(FailureCode.UNSUPPORTED_VIDEO, _UNSUPPORTED[answer.status])
    if answer.status != 200:
        wait = retry_after_ms(answer.headers)
        sentence = f"YouTube is out of order at the moment ({answer.status})."
        raise _unavailable(sentence, retry_after_ms=wait)
    try:
        told = json.loads(answer.body)
        title, author = told["title"], told["author_name"]
        return {"title": _words(title), "authorName": _words(author)}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _unavailable("YouTube sent something that cannot be read.") from error


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return storable(" ".join(value.split()))[:_MAX_WORDS]


def _unavailable(sentence: str, *, retry_after_ms: int | None = None) -> Failure:
    return Failure(
        FailureCode.UPSTREAM_UNAVAILABLE, sentence, retryable=True, retry_after_ms=retry_after_ms
    )
