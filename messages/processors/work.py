"""What processors are given and what they give back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol


class FailureCode(StrEnum):
    """The codes of a message's `error` (docs/protocol.md §6)."""

    PROCESSING_FAILED = "processingFailed"
    UPSTREAM_UNAVAILABLE = "upstreamUnavailable"
    UNSUPPORTED_VIDEO = "unsupportedVideo"
    CANCELLED = "cancelled"
    TIMED_OUT = "timedOut"


class Stopped(Exception):
    """The work was cancelled or given to somebody else: end without another word."""


class Failure(Exception):
    """The work has failed; `detail` is a sentence for people, without content or keys.

    A `retryable` one is tried again later, not before `retry_after_ms`.
    """

    def __init__(
        self,
        code: FailureCode,
        detail: str,
        *,
        retryable: bool,
        retry_after_ms: int | None = None,
    ) -> None:
        self.code = code
        self.detail = detail
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms
        super().__init__(f"{code.value}: {detail}")


@dataclass(frozen=True, slots=True)
class Work:
    """One try at one message. `content` is empty for `ai`; `reply_to` is the question then."""

    message_id: str
    chat_id: str
    content: str
    metadata: Mapping[str, Any]
    reply_to: str | None
    attempt: int


class Progress(Protocol):
    """How a processor tells how far it is. `add` and `check` raise Stopped once it is to end."""

    def add(self, text: str) -> None:
        """The next piece of the answer."""

    def check(self) -> None: ...

    def on_stop(self, callback: Callable[[], None]) -> None:
        """Have this called, from another thread, when the work is stopped."""


@dataclass(frozen=True, slots=True)
class Done:
    """What has become of the work. `content` None leaves the message's words as they are."""

    content: str | None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    transcript: str | None = None
