"""How a stored message looks on the wire: one list of columns and one function over a row.

Reads are plain SQL. Building the same statement anew through the ORM costs more than running it,
several times over for a page of history.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from messages.models import Message, Status

WireMessage = dict[str, Any]
Author = dict[str, Any]

PERSON_COLUMNS = ("username", "first_name", "last_name")
# In the order message_from_row unpacks; `m` is the message and `author` its author.
MESSAGE_COLUMNS = (
    "m.message_id",
    "m.chat_id",
    "m.type",
    "m.content",
    "m.timestamp",
    "m.status",
    "m.metadata",
    "m.seq",
    "m.rev",
    "m.author_id",
    *(f"author.{column}" for column in PERSON_COLUMNS),
    "m.client_message_id",
    "m.reply_to_id",
    "m.html",
    "m.error",
    "m.edited_at",
    "m.removed",
)
MESSAGES = Message._meta.db_table
PEOPLE = settings.AUTH_USER_MODEL.replace(".", "_").lower()
_SELECT = (
    f"SELECT {', '.join(MESSAGE_COLUMNS)} FROM {MESSAGES} m"  # noqa: S608
    f" LEFT JOIN {PEOPLE} author ON author.id = m.author_id"
)


_OPEN = frozenset({Status.PENDING.value, Status.PROCESSING.value})


def is_open(message: WireMessage) -> bool:
    """Whether the message is still being worked on, or waits to be."""
    return message["status"] in _OPEN and not message["removed"]


def display_name(username: str, first_name: str, last_name: str) -> str:
    return f"{first_name} {last_name}".strip() or username


def author(user_id: int | None, username: str, first_name: str, last_name: str) -> Author | None:
    """`{"id", "name"}`, or None where nobody is named (any more)."""
    if user_id is None:
        return None
    return {"id": user_id, "name": display_name(username, first_name, last_name)}


def find_messages(
    where: str, values: Sequence[Any], *, order: str = "m.seq", limit: int | None = None
) -> list[WireMessage]:
    """The messages for which `where` holds, as they are now; `where` and `order` are ours."""
    sql = f"{_SELECT} WHERE {where} ORDER BY {order}"
    if limit is not None:
        sql += f" LIMIT {limit:d}"
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [message_from_row(row) for row in cursor.fetchall()]


def places(count: int) -> str:
    """The right side of an IN: `(%s, %s, …)`."""
    return f"({', '.join(['%s'] * count)})"


def message_from_row(row: Sequence[Any]) -> WireMessage:
    """The message object of docs/protocol.md §2 from a row of MESSAGE_COLUMNS."""
    return {
        "messageId": row[0],
        "chatId": row[1],
        "type": row[2],
        "content": row[3],
        "timestamp": row[4],
        "status": row[5],
        "metadata": orjson.loads(row[6]) if row[6] else {},
        "seq": row[7],
        "rev": row[8],
        # Who sent a system message is kept for the idempotency key and named by its event alone.
        "author": None if row[2] == "system" else author(row[9], row[10], row[11], row[12]),
        "clientMessageId": row[13],
        "replyTo": row[14],
        "html": row[15],
        "error": orjson.loads(row[16]) if row[16] else None,
        "editedAt": row[17],
        "removed": row[18],
    }
