"""Words for tests that ask: a question in a chat, and the work that it makes."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages.models import Chat, Message, MessageType
from messages.processors import PROCESSORS
from messages.processors.work import Done, Failure, Work
from messages.representation import WireMessage
from tests.domain.talk import accept
from tests.processors.recorder import Recorder


def ask(user: User, chat: Chat, question: str, **body: Any) -> Work:
    """The work of answering this question."""
    placeholder = accept(user, chat, question, type="ai", **body).placeholder
    assert placeholder
    return Work(
        message_id=placeholder["messageId"],
        chat_id=chat.chat_id,
        content="",
        metadata=placeholder["metadata"],
        reply_to=placeholder["replyTo"],
    )


def answered(work: Work, content: str) -> None:
    """The answer to an earlier question is there."""
    Message.objects.filter(pk=work.message_id).update(status="completed", content=content)


def titled(message: WireMessage, title: str, channel: str) -> None:
    """A video about which everything is known."""
    metadata = message["metadata"] | {"title": title, "authorName": channel}
    Message.objects.filter(pk=message["messageId"]).update(status="completed", metadata=metadata)


def answer(user: User, chat: Chat, question: str, progress: Recorder) -> Done:
    """What becomes of a question of this user."""
    return PROCESSORS[MessageType.AI](ask(user, chat, question), progress)


def failure(user: User, chat: Chat, question: str, progress: Recorder) -> Failure:
    with pytest.raises(Failure) as raised:
        answer(user, chat, question, progress)
    return raised.value
