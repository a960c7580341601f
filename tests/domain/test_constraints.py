"""What must hold is held by the database itself, whoever writes."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, models, transaction

from messages.models import Chat, Event, Membership, Message
from messages.representation import WireMessage
from tests.domain.talk import VIDEO, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(ann: User, chat: Chat) -> WireMessage:
    say(ann, chat, type="youtube", metadata={"url": VIDEO})
    return say(ann, chat, clientMessageId="x")


def refused(rows: models.QuerySet[Any], **changes: object) -> bool:
    try:
        with transaction.atomic():
            rows.update(**changes)
    except IntegrityError:
        return True
    return False


@pytest.mark.parametrize(
    "changes",
    [
        {"last_seq": -1},
        {"oldest_seq": 0},
        {"oldest_seq": 6},
        {"title": ""},
    ],
    ids=repr,
)
def test_no_chat_is(changes: dict[str, object], message: WireMessage) -> None:
    assert refused(Chat.objects.all(), **changes)
    assert not refused(Chat.objects.all(), oldest_seq=5)


@pytest.mark.parametrize(
    "changes",
    [{"role": "boss"}, {"read_seq": -1}, {"muted_until": 1}],
    ids=repr,
)
def test_no_membership_is(changes: dict[str, object], chat: Chat) -> None:
    assert refused(Membership.objects.all(), **changes)
    assert not refused(Membership.objects.all(), muted=True, muted_until=1)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "video"},
        {"status": "done"},
        {"status": "pending"},
        {"status": "error", "error": {"code": "cancelled"}},
        {"error": {"code": "cancelled"}},
        {"removed": "author"},
        {"removed": "nobody", "content": "", "html": ""},
        {"seq": 0},
        {"rev": 0},
        {"seq": 3},
    ],
    ids=repr,
)
def test_no_message_of_a_user_is(changes: dict[str, object], message: WireMessage) -> None:
    assert refused(Message.objects.filter(pk=message["messageId"]), **changes)


def test_a_message_in_error_says_which(message: WireMessage) -> None:
    video = Message.objects.filter(type="youtube")
    assert refused(video, status="error")
    assert refused(video, error={"code": "timedOut"})
    assert not refused(video, status="error", error={"code": "timedOut"})


def test_a_removed_message_is_empty(message: WireMessage) -> None:
    assert not refused(Message.objects.all(), removed="author", content="", html="")
    assert refused(Message.objects.all(), content="still here")


def test_an_id_of_a_client_is_used_once(ann: User, bob: User, chat: Chat) -> None:
    say(ann, chat, clientMessageId="x")
    say(ann, chat, clientMessageId="y")
    say(bob, chat, clientMessageId="x")
    assert refused(Message.objects.filter(client_message_id="y"), client_message_id="x")
    assert not refused(Message.objects.filter(author=ann), client_message_id=None)


@pytest.mark.parametrize("changes", [{"type": "user_said"}, {"seq": 2}], ids=repr)
def test_no_event_is(changes: dict[str, object], chat: Chat) -> None:
    assert refused(Event.objects.filter(seq=1), **changes)


def test_nobody_is_in_a_chat_twice(ann: User, bob: User, chat: Chat) -> None:
    assert refused(Membership.objects.filter(user=bob), user=ann)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite's writer is this process")
@pytest.mark.django_db(transaction=True)
def test_who_freezes_in_a_transaction_does_not_keep_its_locks() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("4s",)
