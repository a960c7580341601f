"""YouTube addresses: all the forms people paste, and what only looks like one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.video import video_id_of

ID = "dQw4w9WgXcQ"


@pytest.mark.parametrize(
    "url",
    [
        f"https://www.youtube.com/watch?v={ID}",
        f"http://www.youtube.com/watch?v={ID}",
        f"HTTPS://WWW.YouTube.COM/watch?v={ID}",
        f"https://youtube.com/watch?v={ID}",
        f"https://m.youtube.com/watch?v={ID}",
        f"https://music.youtube.com/watch?v={ID}&si=abc",
        f"https://www.youtube.com/watch/?v={ID}",
        f"https://www.youtube.com/watch?v={ID}&t=1m30s&list=PL123&index=2",
        f"https://www.youtube.com/watch?app=desktop&feature=share&v={ID}#t=90",
        f"https://www.youtube.com/watch?v={ID}&v=___________",
        f"https://youtu.be/{ID}",
        f"https://youtu.be/{ID}/",
        f"http://youtu.be/{ID}?si=abc&t=90",
        f"https://youtu.be/{ID}#t=90",
        f"https://www.youtube.com/shorts/{ID}",
        f"https://youtube.com/shorts/{ID}?feature=share",
        f"https://www.youtube.com/live/{ID}?si=abc",
        f"https://www.youtube.com/embed/{ID}?start=90",
        f"https://www.youtube-nocookie.com/embed/{ID}",
        f"https://youtube-nocookie.com/embed/{ID}/",
        f"https://www.youtube.com/v/{ID}?version=3",
        f"https://www.youtube.com/e/{ID}",
        f"https://www.youtube.com/vi/{ID}",
        f"https://gaming.youtube.com/watch?v={ID}",
        f"https://www.youtu.be/{ID}",
        f"https://m.youtube.com/shorts/{ID}?t=5&list=PL123",
        f"https://music.youtube.com/watch?list=RDAMVM{ID}&v={ID}",
        f"https://youtu.be/{ID}?list=PL123&index=2&t=1h2m3s",
        f"https://www.youtube.com/embed/{ID}?list=PL123",
        f"https://www.youtube.com/live/{ID}?t=90",
    ],
)
def test_an_address_of_the_video(url: str) -> None:
    assert video_id_of(url) == ID


@pytest.mark.parametrize("video_id", ["-----------", "___________", "01234567890", "aZ-_9aZ-_9a"])
def test_ids_of_every_kind(video_id: str) -> None:
    assert video_id_of(f"https://youtu.be/{video_id}") == video_id
    assert video_id_of(f"https://www.youtube.com/watch?v={video_id}") == video_id


@pytest.mark.parametrize(
    "url",
    [
        # other hosts, however much they look like it
        f"https://evil.example/watch?v={ID}",
        f"https://youtube.com.evil.example/watch?v={ID}",
        f"https://evilyoutube.com/watch?v={ID}",
        f"https://evil.youtube.com/watch?v={ID}",
        f"https://youtube.example/watch?v={ID}",
        f"https://youtu.be.evil.example/{ID}",
        f"https://youtube.com./watch?v={ID}",
        f"https://y\u043eutube.com/watch?v={ID}",
        f"https://\uff59outube.com/watch?v={ID}",
        f"https://youtube\u3002com/watch?v={ID}",
        f"https://xn--youtube-.com/watch?v={ID}",
        f"https://127.0.0.1/watch?v={ID}",
        f"https://[::1]/watch?v={ID}",
        # the host is not where it seems to be
        f"https://youtube.com@evil.example/watch?v={ID}",
        f"https://user:password@youtube.com/watch?v={ID}",
        f"https://@youtube.com/watch?v={ID}",
        f"https://evil.example\\@youtube.com/watch?v={ID}",
        f"https://youtube.com\\.evil.example/watch?v={ID}",
        f"https://evil.example/?https://youtube.com/watch?v={ID}",
        f"https://evil.example#https://youtube.com/watch?v={ID}",
        # other ports and schemes, or none
        f"https://youtube.com:8443/watch?v={ID}",
        f"https://youtube.com:0/watch?v={ID}",
        f"https://youtube.com:99999/watch?v={ID}",
        f"https://youtube.com:x/watch?v={ID}",
        f"ftp://youtube.com/watch?v={ID}",
        f"javascript://youtube.com/watch?v={ID}",
        f"file:///watch?v={ID}",
        f"//youtube.com/watch?v={ID}",
        f"youtube.com/watch?v={ID}",
        f"https:youtube.com/watch?v={ID}",
        f"https:///youtube.com/watch?v={ID}",
        # white space and control characters, which browsers and urlsplit drop
        f" https://youtube.com/watch?v={ID}",
        f"https://youtube.com/watch?v={ID} ",
        f"https://youtube.com/watch?v={ID}\n",
        f"\x01https://youtube.com/watch?v={ID}",
        f"https://you\ttube.com/watch?v={ID}",
        f"https://youtube.com/wa\r\ntch?v={ID}",
        f"https://youtube.com/watch?v={ID}\0",
        f"https://youtube.com/watch?v={ID}&x=a b",
        f"https://youtube.com/watch?v={ID}\x7f",
        # no video
        "https://www.youtube.com/",
        "https://www.youtube.com/watch",
        "https://www.youtube.com/watch?v=",
        f"https://www.youtube.com/watch?x={ID}",
        f"https://www.youtube.com/watch?V={ID}",
        f"https://www.youtube.com/watch/{ID}",
        f"https://www.youtube.com/playlist?list={ID}",
        f"https://www.youtube.com/channel/{ID}",
        f"https://www.youtube.com/@{ID}",
        f"https://www.youtube.com/c/{ID}",
        f"https://www.youtube.com/{ID}",
        f"https://www.youtube.com/redirect?q=https://youtu.be/{ID}",
        "https://www.youtube.com/shorts/",
        "https://www.youtube.com/embed/videoseries?list=PL123",
        "https://www.youtube.com/embed/live_stream?channel=UC123",
        "https://youtu.be/",
        f"https://youtu.be/watch?v={ID}",
        # no id
        f"https://youtu.be/{ID}x",
        f"https://youtu.be/{ID[:-1]}",
        f"https://youtu.be/{ID[:-1]}é",
        f"https://youtu.be/{ID[:-1]}.",
        f"https://youtu.be/%64{ID[1:]}",
        f"https://www.youtube.com/watch?v={ID}%00",
        f"https://www.youtube.com/watch?v={ID}%0A",
        f"https://www.youtube.com/watch?v=../{ID[3:]}",
        f"https://www.youtube.com/embed/../{ID}",
        # broken
        "",
        "https://",
        "https://[/",
        "https://[::1",
        "http://youtube.com]/watch",
        ID,
    ],
    ids=ascii,
)
def test_no_address_of_a_video(url: str) -> None:
    assert video_id_of(url) is None


@given(st.text(max_size=60))
def test_nothing_breaks_it(text: str) -> None:
    assert video_id_of(text) is None
    for url in (f"https://{text}", f"https://youtube.com{text}", f"https://youtu.be/{text}"):
        found = video_id_of(url)
        assert found is None or (len(found) == 11 and found in url)
