"""Videos looked up: what is learned of them, and what is told when that fails."""

import pytest
from pytest_django import Settings

from messages.processors.work import FailureCode, Stopped
from tests.processors.recorder import Recorder, stop_soon
from tests.processors.watching import CARD, failure, look_up
from tests.upstream.server import Upstream

UNSUPPORTED = FailureCode.UNSUPPORTED_VIDEO
UNAVAILABLE = FailureCode.UPSTREAM_UNAVAILABLE


def test_what_is_learned_of_a_video(videos: Upstream, progress: Recorder) -> None:
    done = look_up("dQw4w9WgXcQ", progress)
    assert done.content is None
    assert done.metadata == CARD | {
        "videoId": "dQw4w9WgXcQ",
        "thumbnailUrl": "https://i.ytimg.com/vi/dQw4w9WgXcQ/hqdefault.jpg",
    }
    assert done.transcript == "We're no strangers to love (pt)"


def test_only_addresses_of_our_own_are_called(videos: Upstream, progress: Recorder) -> None:
    look_up("dQw4w9WgXcQ", progress)
    watched = "https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3DdQw4w9WgXcQ"
    assert [asked.path for asked in videos.asked] == [
        f"/oembed?url={watched}&format=json",
        "/watch?v=dQw4w9WgXcQ",
        "/youtubei/v1/player?key=key-1",
        "/api/timedtext?lang=pt",
    ]
    assert {asked.headers["accept-encoding"] for asked in videos.asked} == {"identity"}


@pytest.mark.parametrize("scene", ["silent", "evilsubs"])
def test_a_video_without_transcript_is_complete(
    scene: str, videos: Upstream, progress: Recorder
) -> None:
    done = look_up(scene, progress)
    assert done.metadata["title"] == CARD["title"]
    assert done.transcript is None
    assert videos.asked[-1].path.startswith("/youtubei/")


def test_a_transcript_that_does_not_come_is_not_waited_for(
    videos: Upstream, settings: Settings, progress: Recorder
) -> None:
    settings.TRANSCRIPT_SECONDS = 0.5
    card = videos.scene
    videos.scene = lambda wire, asked: (
        card(wire, asked) if asked.path.startswith("/oembed") else wire.wait_until_left()
    )
    done = look_up("dQw4w9WgXcQ", progress)
    assert (done.metadata["title"], done.transcript) == (CARD["title"], None)


@pytest.mark.parametrize("length", [1, 7, 50_000])
def test_a_transcript_has_a_limit(
    length: int, videos: Upstream, progress: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("messages.processors.transcript.MAX_TRANSCRIPT", length)
    assert look_up("x", progress).transcript == "We're no strangers to love (pt)"[:length]


@pytest.mark.parametrize(
    "scene, sentence",
    [
        ("badrequest", "There is no such video on YouTube."),
        ("missing", "There is no such video on YouTube."),
        ("private", "This video is private."),
        ("noembed", "The owner of this video does not allow it to be shown on other sites."),
    ],
)
def test_a_video_that_cannot_be_shown(
    scene: str, sentence: str, videos: Upstream, progress: Recorder
) -> None:
    refused = failure(scene, progress)
    assert (refused.code, refused.retryable) == (UNSUPPORTED, False)
    assert refused.detail == sentence
    assert len(videos.asked) == 1


@pytest.mark.parametrize(
    "scene, words, wait",
    [
        ("busy", "out of order at the moment (429)", 7_000),
        ("broken", "out of order at the moment (500)", None),
        ("nojson", "cannot be read", None),
        ("noobject", "cannot be read", None),
        ("notitle", "cannot be read", None),
        ("cut", "cannot be reached", None),
        ("packed", "does not follow", None),
        ("endless", "does not follow", None),
    ],
)
def test_trouble_on_the_way_is_tried_again(
    scene: str, words: str, wait: int | None, videos: Upstream, progress: Recorder
) -> None:
    trouble = failure(scene, progress)
    assert (trouble.code, trouble.retryable) == (UNAVAILABLE, True)
    assert words in trouble.detail
    assert trouble.retry_after_ms == wait


def test_nobody_at_the_address(settings: Settings, progress: Recorder) -> None:
    with Upstream(lambda wire, asked: None) as gone:
        settings.YOUTUBE_BASE_URL = gone.url
    assert failure("x", progress).detail == "YouTube cannot be reached."


def test_an_answer_that_does_not_come_is_not_waited_for(
    videos: Upstream, settings: Settings, progress: Recorder
) -> None:
    settings.YOUTUBE_SECONDS = 0.5
    late = failure("hang", progress)
    assert (late.code, late.retryable) == (UNAVAILABLE, True)
    assert late.detail == "YouTube did not answer in time."
    assert videos.left.wait(10)


def test_a_stop_from_elsewhere_ends_the_call(videos: Upstream, progress: Recorder) -> None:
    videos.at_request(stop_soon(progress))
    with pytest.raises(Stopped):
        look_up("hang", progress)
    assert videos.left.wait(10)


def test_a_stop_while_the_transcript_is_read_is_a_stop(
    videos: Upstream, progress: Recorder
) -> None:
    card = videos.scene

    def scene(wire: object, asked: object) -> None:
        if asked.path.startswith("/oembed"):
            card(wire, asked)
        else:
            progress.stop()
            wire.wait_until_left()

    videos.scene = scene
    with pytest.raises(Stopped):
        look_up("x", progress)
