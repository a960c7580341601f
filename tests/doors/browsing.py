"""Going through the pages as somebody without a script does."""

import re
from typing import Protocol

from django.contrib.auth.models import User
from django.test import Client

from messages.acceptance import Accepted, accept_all
from messages.access import actor_of
from messages.drafts import draft_from
from messages.models import Chat, Message


class Answer(Protocol):
    """What both kinds of response have that a test client gives."""

    @property
    def content(self) -> bytes: ...


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def say(user: User, chat: Chat, content: str, *, kind: str = "user") -> None:
    """Store one message, in this thread and so in this test's transaction."""
    body = {
        "type": kind,
        "content": content,
        "clientMessageId": f"key-{Message.objects.count()}",
        "metadata": {"url": "https://youtu.be/dQw4w9WgXcQ"},
    }
    (outcome,) = accept_all([draft_from(actor_of(user), chat.chat_id, body)])
    assert isinstance(outcome, Accepted), outcome


def page_of(chat: Chat) -> str:
    return f"/chats/{chat.chat_id}/"


def text(response: Answer) -> str:
    return response.content.decode()


def hidden_key(response: Answer) -> str:
    """The clientMessageId that the page's form carries."""
    match = re.search(r'name="clientMessageId" value="([^"]+)"', text(response))
    assert match is not None
    return match[1]


def contents(response: Answer) -> list[str]:
    """What each message's bubble holds, in the order of the page; the blank one left out."""
    found = re.findall(r'data-slot="content">(.*?)</div>', text(response), re.DOTALL)
    return [re.sub(r"<[^>]+>", "", html).strip() for html in found if html]
