"""What somebody wants stored: the body of a send, checked field by field before anything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

from messages.access import Actor
from messages.errors import BadMessageId, BadRequest, TooLarge
from messages.identity import is_client_message_id, require_chat_id
from messages.message_id_generator import is_message_id
from messages.models import MAX_CONTENT, MessageType
from messages.rendering import render
from messages.video import video_id_of

_MAX_URL = 2_048
_MAY_BE_EMPTY = frozenset({MessageType.YOUTUBE})
# Looking a value up in the enum itself takes ten times as long.
_TYPES: dict[object, MessageType] = {kind.value: kind for kind in MessageType}


@dataclass(frozen=True)
class Draft:
    """A send whose form is right; whether it is allowed is `acceptance`'s to say."""

    chat_id: str
    actor: Actor
    client_message_id: str
    type: MessageType
    content: str
    html: str
    url: str | None = None
    reply_to: str | None = None
    is_released: bool = False  # a moderator has looked at it

    @cached_property
    def digest(self) -> str:
        """Tells one body from another under the same clientMessageId."""
        body = "\0".join((self.type, self.content, self.url or "", self.reply_to or ""))
        return blake2b(body.encode(), digest_size=16).hexdigest()

    @cached_property
    def key(self) -> tuple[str, int, str]:
        return self.chat_id, self.actor.id, self.client_message_id


def draft_from(actor: Actor, chat_id: object, body: Mapping[str, Any]) -> Draft:
    """A draft from the fields of a `send`; raises what is wrong with the first bad one.

    Rendering Markdown can take milliseconds: not for an event loop (see `rendering`).
    """
    kind = _type(body.get("type"))
    client_message_id = body.get("clientMessageId")
    if not is_client_message_id(client_message_id):
        raise BadRequest("clientMessageId has 1 to 64 of A-Z a-z 0-9 _ -.", field="clientMessageId")
    content = require_content(body.get("content"), may_be_empty=kind in _MAY_BE_EMPTY)
    return Draft(
        chat_id=require_chat_id(chat_id),
        actor=actor,
        client_message_id=client_message_id,
        type=kind,
        content=content,
        html=render(content),
        url=_url(body.get("metadata")) if kind is MessageType.YOUTUBE else None,
        reply_to=_reply_to(body.get("replyTo")),
    )


def require_content(value: object, *, may_be_empty: bool = False) -> str:
    """The text itself, verbatim; raises BadRequest or TooLarge."""
    if value is None and may_be_empty:
        return ""
    if not isinstance(value, str):
        raise BadRequest("content is a text.", field="content")
    if len(value) > MAX_CONTENT:
        raise TooLarge(
            "A message has at most %(most)d characters.",
            details={"field": "content"},
            most=MAX_CONTENT,
        )
    if not may_be_empty and not value.strip():
        raise BadRequest("A message is not empty.", field="content")
    return require_text(value, field="content")


def require_text(value: str, *, field: str) -> str:
    """Raises BadRequest for what is no storable text: NUL, lone surrogates."""
    if "\0" in value or not (value.isascii() or _is_unicode(value)):
        raise BadRequest("This text has characters that cannot be stored.", field=field)
    return value


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _type(value: object) -> MessageType:
    kind = _TYPES.get(value) if isinstance(value, str) else None
    if kind is not None:
        return kind
    raise BadRequest("type is one of user, system, youtube, ai.", field="type")


def _url(metadata: object) -> str:
    url = metadata.get("url") if isinstance(metadata, Mapping) else None
    if isinstance(url, str) and len(url) <= _MAX_URL and video_id_of(url):
        return require_text(url, field="metadata.url")
    raise BadRequest("metadata.url is the address of a YouTube video.", field="metadata.url")


def _reply_to(value: object) -> str | None:
    if value is None or is_message_id(value):
        return value  # type: ignore[return-value]
    raise BadMessageId(details={"field": "replyTo"})
