"""Answers from a language model behind any OpenAI-compatible endpoint."""

from typing import Any

from django.conf import settings

from messages.processors.ai_context import prompt_for
from messages.processors.ai_failures import KNOWN, empty_answer, failure_from, too_late
from messages.processors.ai_stream import Full, stream
from messages.processors.calls import Call
from messages.processors.text import Pieces
from messages.processors.work import Done, Progress, Work


def answer(work: Work, progress: Progress) -> Done:
    """Ask, and hand every piece of the answer to `progress` as it comes.

    An answer that reaches AI_OUTPUT_CHARS, or the endpoint's own limit, is cut there, and
    `metadata.truncated` says so.
    Raises Failure, with the text so far already at `progress`; Stopped.
    """
    text = _Text(progress, limit=settings.AI_OUTPUT_CHARS)
    source = stream(prompt_for(work))
    with Call(progress, seconds=settings.AI_TOTAL_SECONDS) as call:
        try:
            for pieces in call.each(source, seconds=settings.AI_SILENCE_SECONDS):
                if not text.take("".join(pieces)):
                    break
        except Full:
            text.is_full = True
        except TimeoutError as error:
            raise too_late(is_over=call.is_over) from error
        except KNOWN as error:
            raise failure_from(error) from error
    text.end()
    if not text.whole.strip():
        raise empty_answer()
    metadata: dict[str, Any] = {"model": settings.AI_MODEL}
    if text.is_full:
        metadata["truncated"] = True
    return Done(text.whole, metadata)


class _Text:
    """The answer so far, told to `progress` piece by piece."""

    def __init__(self, progress: Progress, *, limit: int) -> None:
        self._progress = progress
        self._room = limit
        self._pieces = Pieces()
        self._taken: list[str] = []
        self.is_full = False

    def take(self, piece: str) -> bool:
        """Whether there is room for more."""
        self._add(self._pieces.take(piece))
        return not self.is_full

    def end(self) -> None:
        self._add(self._pieces.rest())

    def _add(self, text: str) -> None:
        self.is_full = self.is_full or len(text) > self._room
        text = text[: self._room]
        if text:
            self._room -= len(text)
            self._taken.append(text)
            self._progress.add(text)

    @property
    def whole(self) -> str:
        return "".join(self._taken)
