"""Frames and close codes as types: what goes over a socket, decoded and encoded, without I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, NamedTuple

import orjson

from messages import strict_json
from messages.access import Actor
from messages.errors import BadRequest, ChatError, TooLarge
from messages.log import LoggedEvent
from messages.representation import is_open

VERSION = 1
SUBPROTOCOL = "chat.v1.json"
TOKEN_SUBPROTOCOL = "chat.token."  # noqa: S105
MAX_FRAME = 65_536
MAX_ID = 128


class CloseCode(IntEnum):
    """4000-4499: come back with the cursor. 4500-4999: stop and tell the person."""

    SERVER_ERROR = 4000
    GOING_AWAY = 4001
    TOO_SLOW = 4002
    SILENT = 4003
    TOO_MANY = 4008
    PROTOCOL_ERROR = 4500
    SIGNED_OUT = 4501
    ACCESS_REMOVED = 4502
    NO_SUCH_CHAT = 4503
    TOO_LARGE = 4504


class Notice(StrEnum):
    SUBSCRIPTION_REVOKED = "subscriptionRevoked"
    POSITION_LOST = "positionLost"
    GOING_AWAY = "goingAway"
    SESSION_EXPIRING = "sessionExpiring"


@dataclass(frozen=True, slots=True)
class Frame:
    """One action of a client; `id` is None where it had no usable one."""

    id: str | int | None
    action: str
    fields: Mapping[str, Any]


def decode(text: str | None) -> Frame:
    """An action from a text frame (None: the frame was binary).

    Raises TooLarge for what ends the connection, BadRequest for what is answered with `id: null`.
    """
    if text is None:
        raise BadRequest("Frames are text.")
    # A character is one to four bytes: most frames are measured without being encoded.
    if len(text) > MAX_FRAME or (
        len(text) * 4 > MAX_FRAME and len(text.encode(errors="surrogatepass")) > MAX_FRAME
    ):
        raise TooLarge("A frame has at most %(most)d bytes.", most=MAX_FRAME)
    fields = strict_json.decode(text)
    if not isinstance(fields, dict):
        raise BadRequest("A frame is a JSON object.")
    frame_id = fields.get("id")
    usable = type(frame_id) is int or (isinstance(frame_id, str) and len(frame_id) <= MAX_ID)
    if not usable:
        raise BadRequest("An action has an id, a text or a whole number.", field="id")
    action = fields.get("action")
    return Frame(frame_id, action if isinstance(action, str) else "", fields)


class EventFrame(NamedTuple):
    """An event encoded once for everybody, with what the rooms need to know of it."""

    chat_id: str
    epoch: str
    seq: int
    type: str
    text: str | None  # None: too long for the channel layer, read it from the log
    open_id: str | None = None  # the message, while it is still being generated
    closed_id: str | None = None  # the message, once it no longer is
    user_id: int | None = None  # whose membership this is about
    message_seq: int | None = None  # where the message began that this tells of


def event_text(event: LoggedEvent) -> str:
    """The frame of a committed event, on the wire."""
    return encode({"op": "event"} | event.as_dict())


def first_seqs(texts: Iterable[str]) -> dict[str, int]:
    """By chatId, the number of the first event among frames, bare or as a stream sends them."""
    found: dict[str, int] = {}
    for text in texts:
        frame = orjson.loads(text[text.index("{") :]) if "{" in text else {}
        if frame.get("op") == "event":
            found.setdefault(frame["chatId"], frame["seq"])
    return found


def event_frame(event: LoggedEvent) -> EventFrame:
    """The same, with what the rooms need to know of it."""
    message, user = event.message, (event.data or {}).get("user")
    still_open = message is not None and is_open(message)
    return EventFrame(
        event.chat_id,
        event.epoch,
        event.seq,
        event.type,
        event_text(event),
        open_id=message["messageId"] if message and still_open else None,
        closed_id=message["messageId"] if message and not still_open else None,
        user_id=user["id"] if user else None,
        message_seq=message["seq"] if message else None,
    )


def without_message(text: str) -> str:
    """An event's frame for whoever may not see its message, and has to know its number."""
    frame = orjson.loads(text)
    frame.pop("message", None)
    return encode(frame)


def encode(frame: Mapping[str, Any]) -> str:
    return orjson.dumps(frame).decode()


def reply(frame_id: str | int | None, data: Mapping[str, Any]) -> str:
    return encode({"op": "reply", "id": frame_id, "ok": True, "data": data})


def refusal(frame_id: str | int | None, error: ChatError) -> str:
    return encode({"op": "reply", "id": frame_id, "ok": False, "error": error.as_dict()})


def error(error: ChatError) -> str:
    """The frame before a close."""
    return encode({"op": "error", "error": error.as_dict()})


def hello(actor: Actor, *, version: str, now: int, ping_interval_ms: int) -> str:
    return encode(
        {
            "op": "hello",
            "protocol": VERSION,
            "user": actor.as_author(),
            "server": {"version": version, "now": now},
            "pingIntervalMs": ping_interval_ms,
        }
    )


def notice(kind: Notice, chat_id: str | None = None) -> str:
    frame = {"op": "notice", "type": kind.value}
    if chat_id is not None:
        frame["chatId"] = chat_id
    return encode(frame)


def typing(chat_id: str, user: Mapping[str, Any], *, on: bool) -> str:
    return encode({"op": "ephemeral", "type": "typing", "chatId": chat_id, "user": user, "on": on})


def presence(chat_id: str, user: Mapping[str, Any], *, online: bool) -> str:
    return encode(
        {"op": "ephemeral", "type": "presence", "chatId": chat_id, "user": user, "online": online}
    )


def read(chat_id: str, seq: int) -> str:
    """How far somebody has read, for themselves."""
    return encode({"op": "ephemeral", "type": "read", "chatId": chat_id, "seq": seq})


def decision(told: Mapping[str, Any]) -> str:
    """What moderators have decided about somebody, for that person alone; `told` has the chatId."""
    about = {name: value for name, value in told.items() if name != "chatId"}
    frame = {"op": "ephemeral", "type": "decision", "chatId": told["chatId"]}
    return encode(frame | {"decision": about})


def ai_delta(chat_id: str, message_id: str, *, rev: int, start: int, text: str) -> str:
    """What was added to an answer, from code point `start` on."""
    frame = {"op": "ephemeral", "type": "aiDelta", "chatId": chat_id, "messageId": message_id}
    return encode(frame | {"rev": rev, "from": start, "text": text})
