"""The forms of the names other than messageIds: chatId, clientMessageId, epoch, and the cursor."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self, TypeGuard

import uuid_utils

from messages.errors import BadChatId, BadRequest

MAX_SEQ = 2**63 - 1
_CHAT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_CLIENT_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_CURSOR = re.compile(r"([a-z0-9]{1,16}):(0|[1-9][0-9]{0,18})", re.ASCII)
_PLACE = re.compile(rf"({_CHAT_ID.pattern})=({_CURSOR.pattern})", re.ASCII)
_EPOCH_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


def is_chat_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _CHAT_ID.fullmatch(value) is not None


def require_chat_id(value: object) -> str:
    """The value itself where it has the form of a chatId; raises BadChatId otherwise."""
    if isinstance(value, str) and _CHAT_ID.fullmatch(value):
        return value
    raise BadChatId


def new_chat_id() -> str:
    return str(uuid_utils.uuid4())


def is_client_message_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and _CLIENT_MESSAGE_ID.fullmatch(value) is not None


def new_client_message_id() -> str:
    return str(uuid_utils.uuid4())


def new_epoch() -> str:
    return "".join(secrets.choice(_EPOCH_ALPHABET) for _ in range(6))


@dataclass(frozen=True, slots=True)
class Cursor:
    """A position in one chat's log: `"<epoch>:<seq>"` on the wire, 0 being before the first."""

    epoch: str
    seq: int

    @classmethod
    def parse(cls, value: object, *, field: str = "since") -> Self:
        match = _CURSOR.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[2]) > MAX_SEQ:
            raise BadRequest("A cursor has the form epoch:number.", field=field)
        return cls(match[1], int(match[2]))

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"


def parse_positions(value: str, *, field: str = "since") -> dict[str, Cursor]:
    """Positions in many logs, `"<chatId>=<cursor>"` with commas between; raises BadRequest."""
    places = [_PLACE.fullmatch(part) for part in value.split(",")]
    found = {place[1]: Cursor.parse(place[2], field=field) for place in places if place}
    if len(found) < len(places):
        raise BadRequest("It has the form chatId=epoch:number, each chat once.", field=field)
    return found


def join_positions(positions: Mapping[str, Cursor]) -> str:
    return ",".join(f"{chat_id}={cursor}" for chat_id, cursor in positions.items())
