"""What is really stored, asked without the application."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

_LOG = (
    "SELECT e.seq, e.message_id, m.client_message_id FROM chat_messages_event e"
    " LEFT JOIN chat_messages_message m ON m.message_id = e.message_id"
    " WHERE e.chat_id = '{}' ORDER BY e.seq"
)


class Row(NamedTuple):
    """A line of the log, with its message's ids."""

    seq: int
    message_id: str | None
    client_message_id: str | None


def log_of(database_url: str, chat_id: str) -> list[Row]:
    return [Row(*row) for row in _query(database_url, _LOG.format(chat_id))]


def count_of(database_url: str, statement: str) -> int:
    """The one number that a statement asks for."""
    ((number,),) = _query(database_url, statement)
    return int(number)


_REVOCATIONS = (
    "SELECT user_id, seq, sent_seq, cause FROM chat_messages_revocation"
    " WHERE chat_id = '{}' ORDER BY id"
)


class Cut(NamedTuple):
    """That somebody stopped hearing a chat at this number, the last they were sent, and why."""

    user_id: int
    seq: int | None
    sent_seq: int | None
    cause: str


def cuts_of(database_url: str, chat_id: str) -> list[Cut]:
    return [Cut(*row) for row in _query(database_url, _REVOCATIONS.format(chat_id))]


def sqlite_path(database_url: str) -> Path:
    return Path(database_url.removeprefix("sqlite:///"))


def _query(database_url: str, statement: str) -> list[Any]:
    if database_url.startswith("sqlite:///"):
        with closing(sqlite3.connect(sqlite_path(database_url))) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(database_url) as server:
        return server.execute(statement).fetchall()
