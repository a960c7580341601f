"""Many rows in one statement: what is stored is what was given, and a look-up reads no table."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction

from messages import bulk
from messages.acceptance import Accepted, accept_all
from messages.models import Chat, Membership, Message
from tests.domain.talk import accept, draft, log_of

pytestmark = pytest.mark.django_db

DIFFICULT = [
    "a\tb",
    "a\nb",
    "\\N",
    "\\.",
    "\\",
    'say "x", {y}',
    "olá 🙂",
    "a,b",
    "NULL",
    "''",
    "{}",
]
KEYS = ("chat_id", "author_id", "client_message_id")


@pytest.mark.parametrize("count", [1, 15, 16, 100])
def test_what_is_stored_is_what_was_sent(count: int, ann: User, chat: Chat) -> None:
    sent = [f"{n}: {DIFFICULT[n % len(DIFFICULT)]}" for n in range(count)]
    outcomes = accept_all([draft(ann, chat, content) for content in sent])
    told = [outcome.message for outcome in outcomes if isinstance(outcome, Accepted)]
    assert [message["content"] for message in told] == sent
    stored = Message.objects.filter(chat=chat, author=ann).order_by("seq")
    assert [message.content for message in stored] == sent
    assert [message.metadata for message in stored] == [{}] * count
    assert [event.message for event in log_of(chat)[-count:]] == told


@pytest.mark.parametrize("count", [2, 40])
def test_what_breaks_a_rule_stores_nothing(count: int, ann: User, bob: User, chat: Chat) -> None:
    columns = ("chat_id", "user_id", "role", "read_seq", "first_seq", "muted", "joined_at")
    users = [User.objects.create_user(f"number {n}").pk for n in range(count)]
    rows = [(chat.chat_id, user_id, "member", 0, 1, False, 0) for user_id in (*users, users[0])]
    before = Membership.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        bulk.insert(Membership, columns, rows)
    assert Membership.objects.count() == before
    bulk.insert(Membership, columns, rows[:-1])
    assert Membership.objects.count() == before + count


def test_only_what_has_all_of_a_key_is_found(ann: User, bob: User, chat: Chat) -> None:
    sent = accept(ann, chat, "here", clientMessageId="x").message
    keys = [
        (chat.chat_id, ann.pk, "x"),
        (chat.chat_id, bob.pk, "x"),
        (chat.chat_id, ann.pk, "y"),
        ("another", ann.pk, "x"),
    ]
    found = bulk.find(Message, KEYS, keys, ("message_id", "seq"))
    assert found == [(sent["messageId"], sent["seq"])]
    assert bulk.find(Message, KEYS, [], ("message_id",)) == []


def test_a_look_up_does_not_read_all_messages(ann: User, chat: Chat) -> None:
    """Also where nobody has counted the rows since they came, as while a log grows fast."""
    asked: list[tuple[str, Any]] = []

    def listen(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if "client_message_id = new.client_message_id" in sql:
            asked.append((sql, params))
        return execute(sql, params, *rest)

    with connection.execute_wrapper(listen):
        for _ in range(10):
            accept_all([draft(ann, chat, str(n)) for n in range(200)])
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    with connection.cursor() as cursor:
        cursor.execute(explain + asked[-1][0], asked[-1][1])
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    assert "one_message_per_client_id" in plan or "USING INDEX" in plan
    assert f"Seq Scan on {Message._meta.db_table}" not in plan
    assert "SCAN old" not in plan
