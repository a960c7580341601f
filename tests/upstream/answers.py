"""An OpenAI-compatible endpoint that misbehaves as it is told: the last word asked is the scene."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from tests.upstream.server import Asked, Wire

PIECES = ("Hello", " there", ", **Ann**", ".\n", "\nBye")
TEXT = "".join(PIECES)
# A family of four, a flag, a skin tone, an accent and a script of marks: all made of several.
PARTS = "a\u0301👨‍👩‍👧‍👦 🇧🇷 👍🏽 o\u0302\u0323 நி ﷽ 𝔘𝔫𝔦"


def answer(wire: Wire, asked: Asked) -> None:
    """The scene that the question names, or a plain answer."""
    said: str = asked.json()["messages"][-1]["content"]
    SCENES.get(said.rsplit(maxsplit=1)[-1] if said.split() else "", plain)(wire)


def plain(wire: Wire) -> None:
    say(wire, PIECES)
    end(wire)


def start(wire: Wire) -> None:
    wire.head(Content_Type="text/event-stream", Transfer_Encoding="chunked")


def say(wire: Wire, pieces: Iterable[str]) -> None:
    start(wire)
    wire.chunk(event(choice({"role": "assistant", "content": ""})))
    for piece in pieces:
        wire.chunk(event(choice({"content": piece})))


def end(wire: Wire, reason: str = "stop") -> None:
    wire.chunk(event(choice({}, reason)) + b"data: [DONE]\n\n")
    wire.chunk(b"")


def choice(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}


def event(body: Any) -> bytes:
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def refusal(status: int, code: str | None = None, **headers: str) -> Callable[[Wire], None]:
    body = json.dumps({"error": {"message": "secret detail", "code": code}}).encode()

    def scene(wire: Wire) -> None:
        wire.whole(status, body, Content_Type="application/json", **headers)

    return scene


def hang(wire: Wire) -> None:
    wire.wait_until_left()
    wire.server.left.set()


def silent(wire: Wire) -> None:
    say(wire, PIECES[:2])
    hang(wire)


def pinging(wire: Wire) -> None:
    """Alive by every measure but words."""
    start(wire)
    while not wire.has_left(seconds=0.02):
        wire.chunk(b": ping\n\n")
    wire.server.left.set()


def endless(wire: Wire) -> None:
    say(wire, ["word " * 200])
    while not wire.has_left(seconds=0):
        wire.chunk(event(choice({"content": "word " * 200})))
    wire.server.left.set()


def trickling(wire: Wire) -> None:
    """One word after the other, for ever."""
    start(wire)
    while not wire.has_left(seconds=0.02):
        wire.chunk(event(choice({"content": "word "})))
    wire.server.left.set()


def one_long_line(wire: Wire) -> None:
    start(wire)
    wire.chunk(b'data: {"choices": [{"delta": {"content": "')
    while not wire.has_left(seconds=0):
        wire.chunk(b"x" * 65_536)
    wire.server.left.set()


def cut(wire: Wire) -> None:
    say(wire, PIECES[:2])  # Then the connection closes in the middle of a chunked answer.


def unfinished(wire: Wire) -> None:
    say(wire, PIECES[:2])
    wire.chunk(b"")


def unchunked(wire: Wire) -> None:
    wire.head(Content_Type="text/event-stream")
    wire.raw(b"".join(event(choice({"content": piece})) for piece in PIECES[:2]))


def sent(*tail: bytes) -> Callable[[Wire], None]:
    """Two pieces, then this."""

    def scene(wire: Wire) -> None:
        say(wire, PIECES[:2])
        for data in tail:
            wire.chunk(data)
        wire.chunk(b"")

    return scene


def byte_by_byte(wire: Wire) -> None:
    start(wire)
    body = json.dumps(choice({"content": PARTS}), ensure_ascii=False)
    for byte in f"data: {body}\r\n\r\n".encode():
        wire.chunk(bytes([byte]))
    end(wire)


def halves(wire: Wire) -> None:
    """Each UTF-16 unit in a piece of its own, as servers do that cut between two escapes."""
    units = PARTS.encode("utf-16-be")
    say(wire, (chr(int.from_bytes(units[at : at + 2])) for at in range(0, len(units), 2)))
    end(wire)


def odd(wire: Wire) -> None:
    """Characters that cannot be stored: NUL, halves without their other half."""
    say(wire, ["a\0b", "\ud83d", "c", "\ude00", "d\ud83d"])
    end(wire)


def empty(wire: Wire) -> None:
    say(wire, [" ", "\n"])
    end(wire)


def page(wire: Wire) -> None:
    wire.whole(200, b"<h1>Sign in to the hotel's network</h1>", Content_Type="text/html")


SCENES: dict[str, Callable[[Wire], None]] = {
    "slow": trickling,
    "hang": hang,
    "silent": silent,
    "pinging": pinging,
    "endless": endless,
    "longline": one_long_line,
    "cut": cut,
    "unfinished": unfinished,
    "unchunked": unchunked,
    "done": sent(b"data: [DONE]\n\n"),
    "usage": sent(event({"choices": [], "usage": {}}), event(choice({}, "stop"))),
    "length": sent(event(choice({"content": ", and"}, "length")), b"data: [DONE]\n\n"),
    "nojson": sent(b"data: {nonsense\n\n"),
    "noobject": sent(event([1, 2])),
    "nochoices": sent(event({"hello": 1})),
    "notext": sent(event(choice({"content": {"a": 1}}))),
    "nodelta": sent(event({"choices": [7]})),
    "complaint": sent(event({"error": {"message": "secret detail"}})),
    "filter": sent(event(choice({}, "content_filter"))),
    "page": page,
    "empty": empty,
    "bytes": byte_by_byte,
    "halves": halves,
    "odd": odd,
    "refusedkey": refusal(401),
    "forbidden": refusal(403),
    "nomodel": refusal(404),
    "toolong": refusal(400, "context_length_exceeded"),
    "teapot": refusal(418),
    "moved": refusal(302, Location="http://evil.example/"),
    "busy": refusal(429, Retry_After="7"),
    "quota": refusal(429, "insufficient_quota"),
    "broken": refusal(500),
    "away": refusal(503, Retry_After="2.5"),
}
