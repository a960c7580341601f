"""Words for tests that write: all of it through the domain's own verbs."""

from typing import Any

from django.contrib.auth.models import User

from messages import log, pipeline
from messages.acceptance import Accepted, accept_all
from messages.access import actor_of
from messages.drafts import Draft, draft_from
from messages.errors import ChatError
from messages.identity import new_client_message_id
from messages.models import Chat, Membership
from messages.rendering import render
from messages.representation import WireMessage

VIDEO = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def draft(user: User, chat: Chat | str, content: str = "Hello", **body: Any) -> Draft:
    """A send of this user; `body` are fields of the wire."""
    fields = {"type": "user", "clientMessageId": new_client_message_id(), "content": content}
    return draft_from(actor_of(user), getattr(chat, "chat_id", chat), fields | body)


def accept(user: User, chat: Chat | str, content: str = "Hello", **body: Any) -> Accepted:
    """The accepted send; raises its refusal."""
    (outcome,) = accept_all([draft(user, chat, content, **body)])
    if isinstance(outcome, ChatError):
        raise outcome
    return outcome


def say(user: User, chat: Chat | str, content: str = "Hello", **body: Any) -> WireMessage:
    return accept(user, chat, content, **body).message


def ask(user: User, chat: Chat | str, content: str = "Why?", **body: Any) -> WireMessage:
    """The placeholder that waits for the answer."""
    placeholder = accept(user, chat, content, type="ai", **body).placeholder
    assert placeholder is not None
    return placeholder


def edit(user: User, message: WireMessage, content: str, *, rev: int | None = None) -> WireMessage:
    """Other words for a message, seen as it is in `message` unless `rev` says otherwise."""
    return pipeline.edit(
        actor_of(user),
        message["messageId"],
        rev=message["rev"] if rev is None else rev,
        content=content,
        html=render(content),
    )


def remove(user: User, message: WireMessage) -> WireMessage:
    return pipeline.remove(actor_of(user), message["messageId"])


def log_of(chat: Chat) -> list[log.LoggedEvent]:
    """The whole log, however the chat has changed since the test got hold of it."""
    head, _ = log.head_of(chat.chat_id)
    return log.events_since(chat.chat_id, head.epoch, 0, limit=100_000)


def kinds(chat: Chat, *, after: int = 0) -> list[str]:
    return [event.type for event in log_of(chat) if event.seq > after]


def roles(chat: Chat) -> dict[str, str]:
    """Who is in, by name, as what."""
    rows = Membership.objects.filter(chat_id=chat.chat_id).values_list("user__username", "role")
    return dict(rows)
