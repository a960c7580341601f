"""Answers that take too long or are not wanted any more: the call ends at once."""

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages.models import Chat
from messages.processors.work import FailureCode, Stopped
from tests.processors.asking import answer, failure
from tests.processors.recorder import Recorder, stop_soon
from tests.upstream.answers import PIECES
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db

PATIENCE = 20  # only how long a test may take to fail
TIMED_OUT = FailureCode.TIMED_OUT
BEGUN = "".join(PIECES[:2])


@pytest.mark.parametrize("scene, begun", [("hang", ""), ("silent", BEGUN), ("pinging", "")])
def test_silence_has_a_limit(
    scene: str,
    begun: str,
    endpoint: Upstream,
    settings: Settings,
    ann: User,
    chat: Chat,
    progress: Recorder,
) -> None:
    settings.AI_SILENCE_SECONDS = 1.5
    late = failure(ann, chat, scene, progress)
    assert (late.code, late.retryable) == (TIMED_OUT, True)
    assert (late.detail, progress.text) == ("The AI service said nothing in time.", begun)
    assert endpoint.left.wait(PATIENCE)


def test_the_whole_answer_has_a_limit(
    endpoint: Upstream, settings: Settings, ann: User, chat: Chat, progress: Recorder
) -> None:
    settings.AI_TOTAL_SECONDS = 1.5
    late = failure(ann, chat, "slow", progress)
    assert (late.code, late.detail) == (TIMED_OUT, "The answer took too long.")
    assert endpoint.left.wait(PATIENCE)


@pytest.mark.parametrize("scene", ["hang", "pinging", "slow"])
def test_a_stop_from_elsewhere_ends_the_call(
    scene: str, endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    endpoint.at_request(stop_soon(progress))
    with pytest.raises(Stopped):
        answer(ann, chat, scene, progress)
    assert endpoint.left.wait(PATIENCE)


def test_a_stop_between_two_pieces_ends_the_call(endpoint: Upstream, ann: User, chat: Chat) -> None:
    progress = Recorder(stop_after=2)
    with pytest.raises(Stopped):
        answer(ann, chat, "slow", progress)
    assert endpoint.left.wait(PATIENCE)
    assert len(progress.texts) == 2
    assert not progress.is_listening


def test_what_was_stopped_before_is_not_asked(endpoint: Upstream, ann: User, chat: Chat) -> None:
    progress = Recorder()
    progress.stop()
    with pytest.raises(Stopped):
        answer(ann, chat, "Hi!", progress)
    assert not endpoint.asked
