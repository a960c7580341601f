"""What an action is given: who asks, and the fields of their frame, read one by one."""

from collections.abc import Mapping
from typing import Any, Protocol

from chatrouting.audience import Listener, Subscription
from messages.errors import BadMessageId, BadRequest
from messages.message_id_generator import is_message_id

Fields = Mapping[str, Any]
Data = dict[str, Any]


class Caller(Listener, Protocol):
    """The connection that asks."""

    subscriptions: dict[str, Subscription]
    wanted: dict[str, object]  # the latest `subscribe` of each chat, while or after it is answered
    typed: dict[str, tuple[int, bool]]  # what was last told of their typing, by chat, and when


def message_id_of(fields: Fields) -> str:
    message_id = fields.get("messageId")
    if isinstance(message_id, str) and is_message_id(message_id):
        return message_id
    raise BadMessageId(details={"field": "messageId"})


def whole(fields: Fields, name: str, *, least: int, most: int, default: int | None = None) -> int:
    """A whole number within bounds; raises BadRequest."""
    value = fields.get(name, default)
    if type(value) is int and least <= value <= most:
        return value
    raise BadRequest(
        "%(name)s is a whole number from %(least)d to %(most)d.",
        field=name,
        name=name,
        least=least,
        most=most,
    )
