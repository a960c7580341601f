"""A YouTube on loopback: oEmbed answers by videoId, and the pages a transcript is read from."""

import json
from base64 import b64decode
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from tests.upstream.server import Asked, Wire

CARD = {"title": "Never  Gonna\nGive You Up", "author_name": "Rick Astley", "thumbnail_url": "x"}
# One white pixel.
JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP////////////////////////////////////////////////////////////"
    "//////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
SPOKEN = "We&#39;re no strangers to love"


def youtube(wire: Wire, asked: Asked) -> None:
    parts = urlsplit(asked.path)
    query = parse_qs(parts.query)
    if parts.path == "/oembed":
        (url,) = query["url"]
        OEMBEDS.get(url[-11:].strip("_"), card)(wire)
    elif parts.path.startswith("/vi/"):
        THUMBNAILS.get(parts.path.split("/")[2].strip("_"), picture)(wire)
    else:
        PAGES[parts.path](wire, asked)


def whole(status: int, body: bytes = b"", **headers: str) -> Callable[[Wire], None]:
    return lambda wire: wire.whole(status, body, **headers)


def card(wire: Wire) -> None:
    wire.whole(200, json.dumps(CARD).encode(), Content_Type="application/json")


def to(location: str) -> Callable[[Wire], None]:
    return whole(302, Location=location)


def hang(wire: Wire) -> None:
    wire.wait_until_left()
    wire.server.left.set()


def endless(wire: Wire) -> None:
    wire.head()
    while not wire.has_left(seconds=0):
        wire.raw(b"x" * 65_536)
    wire.server.left.set()


def cut(wire: Wire) -> None:
    wire.head(Content_Length="100")
    wire.raw(b"{")


def back_to_loopback(wire: Wire) -> None:
    to(f"{wire.server.url}/oembed?url=found______")(wire)


OEMBEDS: dict[str, Callable[[Wire], None]] = {
    "badrequest": whole(400),
    "noembed": whole(401),
    "private": whole(403),
    "missing": whole(404),
    "busy": whole(429, Retry_After="7"),
    "broken": whole(500),
    "nojson": whole(200, b"{nonsense"),
    "noobject": whole(200, b"[]"),
    "notitle": whole(200, b"{}"),
    "packed": whole(200, b"x", Content_Encoding="gzip"),
    "hang": hang,
    "cut": cut,
    "endless": endless,
    "moved": to("/oembed?url=found______"),
    "movedhost": to("https://m.youtube.com/oembed?url=found______"),
    "circle": to("/oembed?url=circle_____"),
    "evil": to("https://evil.example/"),
    "alike": to("https://www.youtube.com.evil.example/"),
    "plain": to("http://www.youtube.com/"),
    "port": to("https://www.youtube.com:8443/"),
    "user": to("https://me@www.youtube.com/"),
    "metadata": to("http://169.254.169.254/latest/meta-data/"),
    "loopback": back_to_loopback,
    "file": to("file:///etc/passwd"),
    "nowhere": to("http://["),
}


def picture(wire: Wire) -> None:
    wire.whole(200, JPEG, Content_Type="image/jpeg")


THUMBNAILS: dict[str, Callable[[Wire], None]] = {
    "missing": whole(404, JPEG, Content_Type="image/jpeg"),
    "markup": whole(200, b"<script>alert(1)</script>", Content_Type="text/html"),
    "disguised": whole(200, b"<svg/>", Content_Type="image/jpeg"),
    "packed": whole(200, JPEG, Content_Type="image/jpeg", Content_Encoding="gzip"),
    "huge": whole(200, JPEG + bytes(1_048_576), Content_Type="image/jpeg"),
    "hang": hang,
    "cut": cut,
    "moved": to("/vi/found______/hqdefault.jpg"),
    "evil": to("https://evil.example/"),
    "site": to("https://www.youtube.com/vi/found______/hqdefault.jpg"),
    "plain": to("http://i.ytimg.com/"),
    "metadata": to("http://169.254.169.254/latest/meta-data/"),
}


def watch(wire: Wire, asked: Asked) -> None:
    wire.whole(200, b'<script>"INNERTUBE_API_KEY": "key-1"</script>', Content_Type="text/html")


def player(wire: Wire, asked: Asked) -> None:
    """Subtitles by a machine and by people; `asked.json()` has the videoId."""
    video_id = asked.json()["videoId"].strip("_")
    base = {"evilsubs": "https://evil.example"}.get(video_id, "https://www.youtube.com")
    tracks = [] if video_id == "silent" else [_track(base, "en", "asr"), _track(base, "pt", "")]
    captions = {"playerCaptionsTracklistRenderer": {"captionTracks": tracks}}
    body = {"playabilityStatus": {"status": "OK"}, "captions": captions}
    wire.whole(200, json.dumps(body).encode(), Content_Type="application/json")


def _track(base: str, language: str, kind: str) -> dict[str, object]:
    return {
        "baseUrl": f"{base}/api/timedtext?lang={language}",
        "name": {"runs": [{"text": language}]},
        "languageCode": language,
        "kind": kind,
    }


def timedtext(wire: Wire, asked: Asked) -> None:
    said = f"{SPOKEN} ({parse_qs(urlsplit(asked.path).query)['lang'][0]})"
    text = said.replace("&", "&amp;")
    body = f'<transcript><text start="0" dur="1">{text}</text></transcript>'
    wire.whole(200, body.encode(), Content_Type="text/xml; charset=utf-8")


PAGES: dict[str, Callable[[Wire, Asked], None]] = {
    "/watch": watch,
    "/youtubei/v1/player": player,
    "/api/timedtext": timedtext,
}
