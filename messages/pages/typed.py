"""What was typed into the box at the end of a chat, and what is sent of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from messages.identity import is_client_message_id, new_client_message_id
from messages.message_id_generator import is_message_id
from messages.models import MessageType
from messages.video import video_id_of

_ASK = "/ai "


@dataclass(frozen=True, slots=True)
class Typed:
    """The box at the end of a chat. Each page served has an id of its own for it, so that
    sending the same form twice makes one message."""

    content: str = ""
    client_message_id: str = field(default_factory=new_client_message_id)
    is_question: bool = False
    reply_to: str = ""
    is_plain: bool = False

    @classmethod
    def from_form(cls, data: Mapping[str, str]) -> Self:
        """Browsers put CRLF between a form's lines; what was typed, and scripts send, is LF."""
        content = data.get("content", "").replace("\r\n", "\n")
        key = data.get("clientMessageId", "")
        key = key if is_client_message_id(key) else new_client_message_id()
        reply_to = data.get("replyTo", "")
        reply_to = reply_to if is_message_id(reply_to) else ""
        is_question = data.get("type") == MessageType.AI
        return cls(content, key, is_question, reply_to, is_plain=bool(data.get("plain")))

    def body(self) -> dict[str, Any]:
        """What is sent: a question, a video where there is nothing but its address, or words."""
        body = {"clientMessageId": self.client_message_id, "replyTo": self.reply_to or None}
        if self.is_question or self.content.startswith(_ASK):
            question = self.content.removeprefix(_ASK)
            return body | {"type": MessageType.AI, "content": question}
        url = self.content.strip()
        if video_id_of(url) and not self.is_plain:
            return body | {"type": MessageType.YOUTUBE, "content": "", "metadata": {"url": url}}
        return body | {"type": MessageType.USER, "content": self.content}
