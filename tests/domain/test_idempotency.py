"""A send happens once: the same clientMessageId again, in every way it can come again."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages.acceptance import Accepted, accept_all
from messages.access import actor_of
from messages.chats import create_chat, set_frozen
from messages.errors import IdConflict, NotFound
from messages.membership import add_member, remove_member
from messages.message_id_generator import new_message_id
from messages.models import Chat, Membership, Message
from tests.domain.talk import VIDEO, accept, draft, edit, log_of, remove, say

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["user", "system", "youtube", "ai"])
def test_the_same_send_again_gives_the_same_message(
    kind: str, ann: User, mod: User, chat: Chat
) -> None:
    add_member(actor_of(ann), chat.chat_id, mod.pk)
    body: dict[str, Any] = {"type": kind, "clientMessageId": "x", "metadata": {"url": VIDEO}}
    first, again = accept(mod, chat, **body), accept(mod, chat, **body)
    assert (first.duplicate, again.duplicate) == (False, True)
    assert (again.message, again.placeholder) == (first.message, first.placeholder)
    assert Message.objects.count() == (2 if kind == "ai" else 1)


@pytest.mark.parametrize("kind", ["user", "youtube", "ai"])
def test_the_same_send_in_the_same_moment_is_stored_once(kind: str, ann: User, chat: Chat) -> None:
    body: dict[str, Any] = {"type": kind, "clientMessageId": "x", "metadata": {"url": VIDEO}}
    outcomes = accept_all([draft(ann, chat, **body) for _ in range(5)])
    accepted = [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
    assert [outcome.duplicate for outcome in accepted] == [False, True, True, True, True]
    assert len({outcome.message["messageId"] for outcome in accepted}) == 1
    assert all(outcome.placeholder == accepted[0].placeholder for outcome in accepted)
    assert Message.objects.count() == (2 if kind == "ai" else 1)


def test_a_repeat_shows_the_message_as_it_is_now(ann: User, chat: Chat) -> None:
    message = say(ann, chat, "first", clientMessageId="x")
    edited = edit(ann, message, "second")
    assert say(ann, chat, "first", clientMessageId="x") == edited
    removed = remove(ann, message)
    again = accept(ann, chat, "first", clientMessageId="x")
    assert (again.duplicate, again.message) == (True, removed)


BODIES: list[dict[str, Any]] = [
    {"content": "Hello"},
    {"content": "Hello "},
    {"content": "Hello", "type": "ai"},
    {"content": "Hello", "type": "youtube", "metadata": {"url": VIDEO}},
    {"content": "Hello", "type": "youtube", "metadata": {"url": f"{VIDEO}&t=1"}},
    {"content": "Hello", "replyTo": True},
]


@pytest.mark.parametrize("first", BODIES, ids=range(len(BODIES)))
def test_another_body_under_the_same_id_is_a_conflict(
    first: dict[str, Any], ann: User, chat: Chat
) -> None:
    target = say(ann, chat)["messageId"]
    bodies = [body | {"replyTo": body.get("replyTo") and target} for body in BODIES]
    mine = first | {"replyTo": first.get("replyTo") and target}
    accept(ann, chat, clientMessageId="x", **mine)
    outcomes = accept_all([draft(ann, chat, clientMessageId="x", **body) for body in bodies])
    assert [isinstance(outcome, IdConflict) for outcome in outcomes] == [b != mine for b in bodies]
    assert len(log_of(chat)) == (5 if first.get("type") == "ai" else 4)


def test_another_body_in_the_same_moment_is_a_conflict(ann: User, chat: Chat) -> None:
    one, other, same = accept_all(
        [draft(ann, chat, words, clientMessageId="x") for words in ("one", "other", "one")]
    )
    assert isinstance(one, Accepted)
    assert isinstance(other, IdConflict)
    assert isinstance(same, Accepted)
    assert same.duplicate


def test_what_the_server_learned_is_not_part_of_the_body(ann: User, chat: Chat) -> None:
    body: dict[str, Any] = {"type": "youtube", "clientMessageId": "x", "metadata": {"url": VIDEO}}
    message = say(ann, chat, **body)
    Message.objects.update(metadata=message["metadata"] | {"title": "Learned"})
    again = accept(ann, chat, **body)
    assert again.message["metadata"]["title"] == "Learned"


def test_an_id_is_free_for_other_authors_and_in_other_chats(
    ann: User, bob: User, chat: Chat
) -> None:
    other = create_chat(actor_of(ann), "Other")
    outcomes = accept_all(
        [
            draft(user, room, clientMessageId="x")
            for user, room in ((ann, chat), (bob, chat), (ann, other))
        ]
    )
    assert [isinstance(o, Accepted) and not o.duplicate for o in outcomes] == [True, True, True]
    assert not accept(bob, chat, clientMessageId="X").duplicate


def test_a_refused_send_leaves_its_id_free(ann: User, chat: Chat) -> None:
    refused, stored = accept_all(
        [
            draft(ann, chat, clientMessageId="x", replyTo=new_message_id()),
            draft(ann, chat, clientMessageId="x"),
        ]
    )
    assert isinstance(refused, Exception)
    assert isinstance(stored, Accepted)
    assert not stored.duplicate


@pytest.mark.parametrize("change", ["frozen", "muted"])
def test_a_repeat_is_answered_even_where_nothing_new_may_be_said(
    change: str, ann: User, bob: User, chat: Chat
) -> None:
    message = say(bob, chat, clientMessageId="x")
    if change == "frozen":
        set_frozen(actor_of(ann), chat.chat_id, frozen=True)
    else:
        Membership.objects.filter(user=bob).update(muted=True)
    again = accept(bob, chat, clientMessageId="x")
    assert (again.duplicate, again.message) == (True, message)


def test_a_repeat_by_somebody_taken_out_is_not_answered(ann: User, bob: User, chat: Chat) -> None:
    say(bob, chat, clientMessageId="x")
    remove_member(actor_of(ann), chat.chat_id, bob.pk)
    with pytest.raises(NotFound):
        say(bob, chat, clientMessageId="x")
