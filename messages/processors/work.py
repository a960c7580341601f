"""What an engine and the processors say to each other, whoever the engine is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


def nothing_known(message_id: str) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Work:
    """One try at one message. `attempt` counts from 1.

    `transcript_of` gives what was learned of the video of a message of this chat, by messageId.
    """

    message_id: str
    chat_id: str
    content: str
    metadata: Mapping[str, Any]
    reply_to: str | None
    attempt: int = 1
    transcript_of: Callable[[str], str | None] = field(default=nothing_known, compare=False)


class Stopped(Exception):
    """The work was cancelled, or its lease belongs to somebody else: leave everything as it is."""


class Progress(Protocol):
    """The engine's ear, called in the worker's thread alone, and for each word: it is quick."""

    def add(self, text: str) -> None:
        """Append to the answer; raises Stopped."""

    def check(self) -> None:
        """Raises Stopped once the work was stopped."""

    def on_stop(self, callback: Callable[[], None]) -> AbstractContextManager[None]:
        """Within this, `callback` is called once if the work is stopped, from any thread.

        It returns at once and never raises. Where the work was stopped before, it is called on
        entering.
        """


@dataclass(frozen=True, slots=True)
class Done:
    """What became of the message.

    `content` is the whole text, or None to leave it as it is; `metadata` is merged into the
    message's; `transcript` is kept beside the message, not on the wire.
    """

    content: str | None
    metadata: dict[str, Any] = field(default_factory=dict)
    transcript: str | None = None


class FailureCode(StrEnum):
    """The codes of a message's `error` (docs/protocol.md §6)."""

    PROCESSING_FAILED = "processingFailed"
    UPSTREAM_UNAVAILABLE = "upstreamUnavailable"
    UNSUPPORTED_VIDEO = "unsupportedVideo"
    CANCELLED = "cancelled"
    TIMED_OUT = "timedOut"


class Failure(Exception):
    """Why there is no result. `detail` is a sentence for people and names no secret."""

    def __init__(
        self,
        code: FailureCode,
        detail: str,
        *,
        retryable: bool = False,
        retry_after_ms: int | None = None,
    ) -> None:
        self.code = code
        self.detail = detail
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        super().__init__(f"{code}: {detail}")

    def as_dict(self) -> dict[str, Any]:
        """The message's `error` of docs/protocol.md §2."""
        return {"code": self.code.value, "detail": self.detail, "retryable": self.retryable}
