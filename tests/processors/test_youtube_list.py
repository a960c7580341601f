"""The list of hosts: nothing else is ever called, whoever says so."""

from functools import partial

import httpx2
import pytest

from messages.models import MessageType
from messages.processors import PROCESSORS, youtube_calls
from messages.processors.calls import Call
from messages.processors.work import Failure, FailureCode
from messages.processors.youtube_calls import HOME, Ask, Refused, fetch, require_listed
from tests.processors.recorder import Recorder
from tests.processors.watching import CARD, failure, look_up, watch
from tests.upstream.server import Upstream

UNSUPPORTED = FailureCode.UNSUPPORTED_VIDEO
UNAVAILABLE = FailureCode.UPSTREAM_UNAVAILABLE


@pytest.mark.parametrize("scene", ["moved", "movedhost"])
def test_redirects_on_the_list_are_followed(
    scene: str, videos: Upstream, progress: Recorder
) -> None:
    assert look_up(scene, progress).metadata["title"] == CARD["title"]


def test_what_has_moved_is_asked_where_it_has_moved_to(
    monkeypatch: pytest.MonkeyPatch, progress: Recorder
) -> None:
    """Without a network: what would be sent to the real hosts is answered here."""
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        if request.url.host == "m.youtube.com":
            return httpx2.Response(200, stream=httpx2.ByteStream(b"here"))
        return httpx2.Response(302, headers={"location": "https://m.youtube.com/x?y=1"})

    client = partial(httpx2.AsyncClient, transport=httpx2.MockTransport(answer))
    monkeypatch.setattr(youtube_calls.httpx2, "AsyncClient", client)
    with Call(progress, seconds=10) as call:
        found = fetch(call, Ask(f"{HOME}/oembed"), limit=10)
    assert asked == ["https://www.youtube.com/oembed", "https://m.youtube.com/x?y=1"]
    assert (found.url, found.status, found.body) == (asked[-1], 200, b"here")


@pytest.mark.parametrize(
    "scene",
    ["evil", "alike", "plain", "port", "user", "metadata", "loopback", "file", "nowhere"],
)
def test_redirects_off_the_list_are_not(scene: str, videos: Upstream, progress: Recorder) -> None:
    trouble = failure(scene, progress)
    assert (trouble.code, len(videos.asked)) == (UNAVAILABLE, 1)
    assert "does not follow" in trouble.detail


def test_redirects_in_a_circle_end(videos: Upstream, progress: Recorder) -> None:
    assert "does not follow" in failure("circle", progress).detail
    assert len(videos.asked) == 4


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/watch?v=dQw4w9WgXcQ",
        "http://169.254.169.254/watch?v=dQw4w9WgXcQ",
        "http://[::1]/watch?v=dQw4w9WgXcQ",
        "https://youtube.com@127.0.0.1/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com:8443/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://y\u043eutube.com/watch?v=dQw4w9WgXcQ",
        "file:///watch?v=dQw4w9WgXcQ",
        "",
    ],
    ids=ascii,
)
def test_no_address_of_a_video_no_request(url: str, videos: Upstream, progress: Recorder) -> None:
    with pytest.raises(Failure) as raised:
        PROCESSORS[MessageType.YOUTUBE](watch(url), progress)
    assert raised.value.code is UNSUPPORTED
    assert not videos.asked


@pytest.mark.parametrize(
    "url",
    [
        "http://www.youtube.com/",
        "https://evil.example/",
        "https://www.youtube.com:444/",
        "https://a@www.youtube.com/",
        "https://www.youtube.com.evil.example/",
        "https://127.0.0.1/",
        "//www.youtube.com/",
        "",
    ],
)
def test_an_address_off_the_list_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        require_listed(url)
