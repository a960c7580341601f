"""How a message begins: its first version on the wire, its row, the event that announces
it, and the job of what has to be worked on."""

from typing import Any

import orjson

from messages import bulk, journal, log
from messages.drafts import Draft
from messages.journal import Step
from messages.log import Head, LoggedEvent
from messages.message_id_generator import new_message_id
from messages.models import EventType, Job, Message, MessageType, Status
from messages.representation import WireMessage


class Births:
    """The new messages of one transaction, numbered in the order they are added."""

    def __init__(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._jobs: list[tuple[Any, ...]] = []
        self._events: list[LoggedEvent] = []

    def add(self, draft: Draft, head: Head) -> tuple[WireMessage, WireMessage | None]:
        """The sender's own message, and the empty one that waits for an answer to it (`ai`)."""
        message = self._add_own(draft, head)
        asked = draft.type is MessageType.AI
        return message, self._add_answer(draft, message, head) if asked else None

    def write(self) -> None:
        """Store what was added; announced once the transaction commits."""
        if self._rows:
            bulk.insert(Message, _COLUMNS, self._rows)
            bulk.insert(Job, _JOB_COLUMNS, self._jobs)
            log.append(self._events)

    def _add_own(self, draft: Draft, head: Head) -> WireMessage:
        kind = MessageType.USER if draft.type is MessageType.AI else draft.type
        message = _message(
            head,
            kind,
            status=Status.PENDING if kind is MessageType.YOUTUBE else Status.COMPLETED,
            metadata={"source": "youtube", "url": draft.url} if draft.url else {},
            reply_to=draft.reply_to,
        )
        message["content"], message["html"] = draft.content, draft.html
        message["clientMessageId"] = draft.client_message_id
        if kind is not MessageType.SYSTEM:
            message["author"] = draft.actor.as_author()
        self._put(message, draft, head, author_id=draft.actor.id, digest=draft.digest)
        return message

    def _add_answer(self, draft: Draft, prompt: WireMessage, head: Head) -> WireMessage:
        message = _message(
            head,
            MessageType.AI,
            status=Status.PENDING,
            metadata={"source": "ai"},
            reply_to=prompt["messageId"],
        )
        self._put(message, draft, head, author_id=None, digest="")
        return message

    def _put(
        self, message: WireMessage, draft: Draft, head: Head, *, author_id: int | None, digest: str
    ) -> None:
        self._rows.append(
            (
                message["messageId"],
                message["chatId"],
                message["type"],
                message["content"],
                message["html"],
                message["timestamp"],
                message["status"],
                orjson.dumps(message["metadata"]).decode(),
                message["seq"],
                message["rev"],
                author_id,
                message["clientMessageId"],
                digest,
                message["replyTo"],
            )
        )
        if message["status"] == Status.PENDING:
            due_at = message["timestamp"]
            self._jobs.append((message["messageId"], message["chatId"], 0, due_at, ""))
            ids = message["messageId"], message["chatId"], message["type"]
            journal.note(Step.RECEIVED, *ids, user=draft.actor.id)
        self._events.append(
            log.next_event(
                head,
                EventType(f"{message['type']}_message"),
                at=message["timestamp"],
                actor=draft.actor.as_author(),
                message=message,
            )
        )


_COLUMNS = (
    "message_id",
    "chat_id",
    "type",
    "content",
    "html",
    "timestamp",
    "status",
    "metadata",
    "seq",
    "rev",
    "author_id",
    "client_message_id",
    "body_digest",
    "reply_to_id",
)
_JOB_COLUMNS = ("message_id", "chat_id", "attempt", "due_at", "token")


def _message(
    head: Head,
    kind: MessageType,
    *,
    status: Status,
    metadata: dict[str, Any],
    reply_to: str | None,
) -> WireMessage:
    message_id = new_message_id()
    return {
        "messageId": message_id,
        "chatId": head.chat_id,
        "type": kind.value,
        "content": "",
        "timestamp": int(message_id[:13]),
        "status": status.value,
        "metadata": metadata,
        "seq": head.last_seq + 1,
        "rev": 1,
        "author": None,
        "clientMessageId": None,
        "replyTo": reply_to,
        "html": "",
        "error": None,
        "editedAt": None,
        "removed": None,
    }
