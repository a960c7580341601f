"""Pictures of videos: for whom, from where, and what is not passed on."""

import re
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from messages.models import Chat, Message
from messages.processors.thumbnail import thumbnail
from messages.processors.youtube_calls import IMAGES, Refused, _moved, require_listed
from tests.domain.talk import VIDEO
from tests.domain.talk import say as wire_say
from tests.doors.browsing import page_of, sign_in, text
from tests.upstream.server import Upstream
from tests.upstream.videos import JPEG, youtube

pytestmark = pytest.mark.django_db


@pytest.fixture
def videos(settings: Settings) -> Iterator[Upstream]:
    """YouTube's image host; what was kept of it by other tests is forgotten."""
    caches["thumbnails"].clear()
    with Upstream(youtube) as upstream:
        settings.YOUTUBE_BASE_URL = upstream.url
        yield upstream


def address(name: str) -> str:
    """The picture of a video that does what its name says."""
    return f"/thumbnails/{name:_<11}.jpg"


def test_whoever_is_signed_in_gets_the_picture_from_here(eve: User, videos: Upstream) -> None:
    answer = sign_in(eve).get(address("x"))
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["Cache-Control"] == "private, max-age=86400"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    (asked,) = videos.asked
    assert asked.path == "/vi/x__________/hqdefault.jpg"
    assert "cookie" not in asked.headers


def test_a_stranger_is_refused_and_nothing_is_asked(videos: Upstream) -> None:
    assert Client().get(address("x")).status_code == 403
    assert videos.asked == []


@pytest.mark.parametrize(
    "video_id",
    [
        "short",
        "x" * 12,
        "x" * 10 + "%0A",
        "x" * 10 + ".",
        "..%2F..%2F..%2Fx",
        "videoseries",
        "é" * 11,
    ],
)
def test_what_is_no_video_id_is_not_asked_for(video_id: str, ann: User, videos: Upstream) -> None:
    assert sign_in(ann).get(f"/thumbnails/{video_id}.jpg").status_code == 404
    assert videos.asked == []


def test_a_picture_is_asked_for_once(ann: User, bob: User, videos: Upstream) -> None:
    for person in (ann, bob, ann):
        assert sign_in(person).get(address("x")).status_code == 200
    assert len(videos.asked) == 1


def test_nobody_has_us_ask_for_any_number(
    ann: User, bob: User, videos: Upstream, settings: Settings
) -> None:
    settings.RATE_LIMIT_PICTURES = "1/d"
    browser = sign_in(ann)
    for _ in range(2):  # what is kept costs nothing
        assert browser.get(address("x")).status_code == 200
    refused = browser.get(address("y"))
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert len(videos.asked) == 1
    assert sign_in(bob).get(address("y")).status_code == 200


@pytest.mark.parametrize(
    "name",
    [
        *("missing", "markup", "disguised", "packed", "huge", "cut"),
        *("evil", "site", "plain", "metadata"),
    ],
)
def test_what_is_no_picture_is_not_passed_on_and_not_asked_for_again(
    name: str, ann: User, videos: Upstream
) -> None:
    for _ in range(2):
        answer = sign_in(ann).get(address(name))
        assert (answer.status_code, answer.content) == (404, b"")
    assert len(videos.asked) == 1


def test_a_redirect_on_the_same_host_is_followed(ann: User, videos: Upstream) -> None:
    assert sign_in(ann).get(address("moved")).content == JPEG


def test_a_picture_that_does_not_come_is_not_waited_for(
    ann: User, videos: Upstream, settings: Settings
) -> None:
    settings.THUMBNAIL_SECONDS = 0.2
    assert sign_in(ann).get(address("hang")).status_code == 404
    assert videos.left.wait(5)


def test_nobody_at_the_address(settings: Settings) -> None:
    caches["thumbnails"].clear()
    with Upstream(lambda wire, asked: None) as gone:
        settings.YOUTUBE_BASE_URL = gone.url
    assert thumbnail("x" * 11) is None


def test_only_the_image_host_is_on_the_list(settings: Settings) -> None:
    settings.YOUTUBE_BASE_URL = "https://www.youtube.com"
    url = "https://i.ytimg.com/vi/x/hqdefault.jpg"
    assert _moved(require_listed(url, IMAGES)) == url
    for other in ("https://www.youtube.com/", "https://i.ytimg.com.evil.example/", "http://[::1]/"):
        with pytest.raises(Refused):
            require_listed(other, IMAGES)
    with pytest.raises(Refused):
        require_listed(url)


def test_a_page_shows_a_known_video_as_a_card(ann: User, chat: Chat) -> None:
    message = wire_say(ann, chat, "", type="youtube", metadata={"url": VIDEO})
    browser = sign_in(ann)
    picture = 'src="/thumbnails/dQw4w9WgXcQ.jpg"'
    assert picture not in text(browser.get(page_of(chat)))
    known = {"videoId": "dQw4w9WgXcQ", "title": "A song", "authorName": "<b>Rick</b>"}
    stored = Message.objects.filter(pk=message["messageId"])
    stored.update(status="completed", metadata=message["metadata"] | known)
    page = text(browser.get(page_of(chat)))
    assert picture in page
    assert "&lt;b&gt;Rick&lt;/b&gt;" in page
    assert "<iframe" not in re.sub("<template.*?</template>", "", page, flags=re.DOTALL)
    stored.update(metadata=message["metadata"] | known | {"videoId": "../../evil"})
    markup, _, _ = text(browser.get(page_of(chat))).partition('<script id="page"')
    assert "evil" not in markup
