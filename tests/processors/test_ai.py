"""Answers from an endpoint that behaves: word for word."""

from unicodedata import normalize

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages.models import Chat
from messages.processors.work import Done, FailureCode
from tests.processors.asking import answer
from tests.processors.recorder import Recorder
from tests.upstream.answers import PARTS, PIECES, TEXT
from tests.upstream.server import Upstream

pytestmark = pytest.mark.django_db

BEGUN = "".join(PIECES[:2])

TIMED_OUT = FailureCode.TIMED_OUT


def test_the_answer_is_told_as_it_comes(
    endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    done = answer(ann, chat, "Hi!", progress)
    assert done == Done(TEXT, {"model": "scripted-1"})
    assert progress.text == TEXT


def test_the_endpoint_is_asked_as_agreed(
    endpoint: Upstream, settings: Settings, ann: User, chat: Chat, progress: Recorder
) -> None:
    settings.AI_SYSTEM_PROMPT = "Be nice."
    answer(ann, chat, "Hi!", progress)
    (asked,) = endpoint.asked
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == "Bearer key-of-ours"
    body = asked.json()
    assert (body["model"], body["stream"]) == ("scripted-1", True)
    assert body["messages"] == [
        {"role": "system", "content": "Be nice."},
        {"role": "user", "content": "ann: Hi!"},
    ]


def test_what_the_environment_says_to_others_is_not_said(
    endpoint: Upstream, ann: User, chat: Chat, progress: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "ORG_ID", "PROJECT_ID", "BASE_URL"):
        monkeypatch.setenv(f"OPENAI_{name}", "http://secret.invalid")
    monkeypatch.setenv("HTTP_PROXY", "http://secret.invalid")
    answer(ann, chat, "Hi!", progress)
    assert "secret" not in str(endpoint.asked)


def test_a_local_server_needs_no_key(
    endpoint: Upstream, settings: Settings, ann: User, chat: Chat, progress: Recorder
) -> None:
    settings.AI_API_KEY = ""
    assert answer(ann, chat, "Hi!", progress).content == TEXT


@pytest.mark.parametrize("scene", ["bytes", "halves"])
def test_characters_in_parts_arrive_whole(
    scene: str, endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    done = answer(ann, chat, scene, progress)
    assert done.content == progress.text == PARTS
    assert done.content != normalize("NFC", PARTS)


def test_what_cannot_be_stored_is_replaced(
    endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    done = answer(ann, chat, "odd", progress)
    assert done.content == progress.text == "a\ufffdb\ufffdc\ufffdd\ufffd"


@pytest.mark.parametrize("scene", ["done", "usage"])
def test_either_sign_of_the_end_will_do(
    scene: str, endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    assert answer(ann, chat, scene, progress).content == BEGUN


@pytest.mark.parametrize("limit", [1, 999, 1_000, 16_384])
def test_an_answer_without_end_is_cut_at_the_limit(
    limit: int,
    endpoint: Upstream,
    settings: Settings,
    ann: User,
    chat: Chat,
    progress: Recorder,
) -> None:
    settings.AI_OUTPUT_CHARS = limit
    done = answer(ann, chat, "endless", progress)
    assert done.content == progress.text == ("word " * 4_000)[:limit]
    assert done.metadata == {"model": "scripted-1", "truncated": True}
    assert endpoint.left.wait(10)


def test_an_answer_that_the_service_has_cut_says_so(
    endpoint: Upstream, ann: User, chat: Chat, progress: Recorder
) -> None:
    done = answer(ann, chat, "length", progress)
    assert done.content == progress.text == f"{BEGUN}, and"
    assert done.metadata == {"model": "scripted-1", "truncated": True}


class _Saving(Recorder):
    """Uses the database at every piece, as an engine does."""

    def add(self, text: str) -> None:
        super().add(text)
        assert Chat.objects.exists()


def test_the_database_can_be_used_between_two_pieces(
    endpoint: Upstream, ann: User, chat: Chat
) -> None:
    assert answer(ann, chat, "Hi!", _Saving()).content == TEXT
