"""What can go wrong with an endpoint: each in a sentence of its own, the beginning kept."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages.models import Chat
from messages.processors.work import FailureCode
from tests.processors.asking import failure
from tests.processors.recorder import Recorder
from tests.upstream.answers import PIECES
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db

FAILED = FailureCode.PROCESSING_FAILED
UNAVAILABLE = FailureCode.UPSTREAM_UNAVAILABLE
TIMED_OUT = FailureCode.TIMED_OUT
BEGUN = "".join(PIECES[:2])


@pytest.mark.parametrize(
    "scene, code, words, retryable, wait",
    [
        ("refusedkey", FAILED, "refused this server's key", False, None),
        ("forbidden", FAILED, "refused this server's key", False, None),
        ("nomodel", FAILED, "does not know the model", False, None),
        ("toolong", FAILED, "too long", False, None),
        ("teapot", FAILED, "unexpected (418)", False, None),
        ("moved", FAILED, "unexpected (302)", False, None),
        ("busy", UNAVAILABLE, "too much to do", True, 7_000),
        ("quota", UNAVAILABLE, "used up", False, None),
        ("broken", UNAVAILABLE, "out of order at the moment (500)", True, None),
        ("away", UNAVAILABLE, "out of order at the moment (503)", True, 2_500),
        ("page", FAILED, "cannot be read", True, None),
    ],
)
def test_a_refusal_has_its_sentence(
    scene: str,
    code: FailureCode,
    words: str,
    retryable: object,
    wait: int | None,
    endpoint: Upstream,
    ann: User,
    chat: Chat,
    progress: Recorder,
) -> None:
    refused = failure(ann, chat, scene, progress)
    assert (refused.code, refused.retryable, refused.retry_after_ms) == (code, retryable, wait)
    assert words in refused.detail
    assert "secret" not in refused.detail
    assert len(endpoint.asked) == 1  # How often is the engine's to say.


@pytest.mark.parametrize(
    "scene, code, words, retryable",
    [
        ("cut", UNAVAILABLE, "broke off", True),
        ("unfinished", UNAVAILABLE, "broke off", True),
        ("unchunked", UNAVAILABLE, "broke off", True),
        ("complaint", UNAVAILABLE, "reported an error", True),
        ("filter", FAILED, "declined", False),
        ("nojson", FAILED, "cannot be read", True),
        ("noobject", FAILED, "cannot be read", True),
        ("nochoices", FAILED, "cannot be read", True),
        ("notext", FAILED, "cannot be read", True),
        ("nodelta", FAILED, "cannot be read", True),
    ],
)
def test_a_stream_that_goes_wrong_keeps_its_beginning(
    scene: str,
    code: FailureCode,
    words: str,
    retryable: object,
    endpoint: Upstream,
    ann: User,
    chat: Chat,
    progress: Recorder,
) -> None:
    broken = failure(ann, chat, scene, progress)
    assert progress.text == BEGUN
    assert (broken.code, broken.retryable) == (code, retryable)
    assert words in broken.detail


def test_an_empty_answer_is_none(
    endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    empty = failure(ann, chat, "empty", progress)
    assert (empty.code, empty.detail) == (FAILED, "The AI service gave an empty answer.")


def test_a_line_without_end_is_not_kept_in_memory(
    endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    assert "cannot be read" in failure(ann, chat, "longline", progress).detail
    assert endpoint.left.wait(10)


def test_nobody_at_the_address(
    settings: Settings, ann: User, chat: Chat, progress: Recorder
) -> None:
    with Upstream(lambda wire, asked: None) as gone:
        settings.AI_BASE_URL = gone.url
    settings.AI_MODEL = "scripted-1"
    missing = failure(ann, chat, "Hi!", progress)
    assert (missing.code, missing.retryable) == (UNAVAILABLE, True)
    assert missing.detail == "The AI service cannot be reached."
