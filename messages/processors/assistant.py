"""The built-in assistant: finds and quotes what the chat itself says, without any model.

It never pretends to understand: it says what it is, and every quote carries its messageId.
"""

import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings

from messages.models import MessageType
from messages.processors.ai_context import newest_before, one, question_of, shortened
from messages.processors.matching import best_matches, words_of
from messages.processors.work import Done, Progress, Stopped, Work
from messages.representation import WireMessage
from messages.waiting import let_go_of_database

NAME = "built-in assistant"
_SEARCHED = 1_000  # newest messages
_QUOTED = 3
_QUOTE = 400  # characters
_WHO = (
    "I am the built-in assistant, **not a language model**: no AI service is set up on this server."
    " I can only look for the words of your question in this chat."
)


def answer(work: Work, progress: Progress) -> Done:
    """The answer, told in small pieces as a model would; raises Failure, Stopped."""
    text = "\n\n".join(_parts(work))
    let_go_of_database()
    ended = threading.Event()
    with progress.on_stop(ended.set):
        for piece in pieces_of(text):
            progress.add(piece)
            if ended.wait(settings.ASSISTANT_PACE_SECONDS):
                raise Stopped
    return Done(text, {"model": NAME})


def pieces_of(text: str) -> Iterator[str]:
    """Word by word; together they are the text."""
    return (found[0] for found in re.finditer(r"\s*\S+|\s+", text))


def _parts(work: Work) -> Iterator[str]:
    question = question_of(work)
    words = words_of(question["content"])
    yield _WHO
    about = one(work.chat_id, question["replyTo"])
    if about is not None:
        yield "You asked about this message:"
        yield _quote(about, about["content"])
        yield from _said_in_video(about, work.transcript_of(about["messageId"]), words)
    skip = {question["replyTo"], question["messageId"]}
    earlier = newest_before(work.chat_id, question, limit=_SEARCHED)
    texts = {
        message["messageId"]: _searchable(message)
        for message in earlier
        if message["messageId"] not in skip and message["type"] != MessageType.AI
    }
    by_id = {message["messageId"]: message for message in earlier}
    yield from _found(best_matches(words, texts, limit=_QUOTED), by_id, texts)


def _found(
    matches: list[str], by_id: dict[str, WireMessage], texts: dict[str, str]
) -> Iterator[str]:
    if not matches:
        yield "I found nothing else in this chat that has words of your question."
        return
    yield "The best matches in this chat:" if len(matches) > 1 else "The best match in this chat:"
    for match in matches:
        yield _quote(by_id[match], texts[match])


def _said_in_video(
    message: WireMessage, transcript: str | None, words: frozenset[str]
) -> Iterator[str]:
    """The parts of the transcript with most of the words, in the order they are said."""
    if message["type"] != MessageType.YOUTUBE or not transcript:
        return
    passages = dict(enumerate(_passages(transcript)))
    matches = best_matches(words, passages, limit=_QUOTED)
    if matches:
        yield "In the video it is said:"
        for number in sorted(matches):
            yield f"> … {passages[number]} …"


def _passages(transcript: str) -> Iterator[str]:
    spoken = transcript.split()
    return (" ".join(spoken[start : start + 40]) for start in range(0, len(spoken), 40))


def _searchable(message: WireMessage) -> str:
    """Its words, and those of its video."""
    metadata = message["metadata"]
    known = [message["content"], metadata.get("title"), metadata.get("authorName")]
    return "\n".join(text for text in known if text)


def _quote(message: WireMessage, text: str) -> str:
    lines = shortened(text or _searchable(message) or "(no words)", _QUOTE).splitlines()
    author = message["author"]
    name = author["name"] if author else message["type"]
    at = datetime.fromtimestamp(message["timestamp"] / 1000, UTC)
    source = f"— {name}, {at:%Y-%m-%d %H:%M} UTC, message `{message['messageId']}`"
    return "\n".join(f"> {line}" for line in [*lines, "", source])
