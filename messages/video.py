"""YouTube addresses: every common form to one videoId, by parsing against a fixed list of hosts."""

import re
from urllib.parse import parse_qs, urlsplit

# What urlsplit and browsers drop or mend without a word, each in its own way.
_MENDED = re.compile(r"[\x00-\x20\x7f\\]")
_VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}", re.ASCII)
_HOSTS = frozenset(
    {
        "youtube.com",
        "www.youtube.com",
        "m.youtube.com",
        "music.youtube.com",
        "gaming.youtube.com",
        "youtube-nocookie.com",
        "www.youtube-nocookie.com",
    }
)
_SHORT_HOSTS = frozenset({"youtu.be", "www.youtu.be"})
_PATHS = frozenset({"shorts", "live", "embed", "v", "e", "vi"})
# Players of a whole list or channel, which look like ids: embed/videoseries?list=…
_NO_IDS = frozenset({"videoseries", "live_stream"})


def video_id_of(url: str) -> str | None:
    """The 11 characters that name the video, or None where this is no YouTube address."""
    if _MENDED.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or port is not None or "@" in parts.netloc:
        return None
    video_id = _candidate(parts.hostname or "", parts.path, parts.query)
    return video_id if video_id and is_video_id(video_id) else None


def is_video_id(text: str) -> bool:
    return bool(_VIDEO_ID.fullmatch(text)) and text not in _NO_IDS


def _candidate(host: str, path: str, query: str) -> str | None:
    first, _, rest = path.lstrip("/").partition("/")
    if host in _SHORT_HOSTS:
        return first
    if host not in _HOSTS:
        return None
    if first == "watch" and not rest:
        return parse_qs(query).get("v", [None])[0]
    return rest.partition("/")[0] if first in _PATHS else None
