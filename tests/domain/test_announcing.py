"""Announcing: after the commit, once for each transaction, and never at a writer's cost."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from messages import log
from messages.acceptance import accept_all
from messages.access import actor_of
from messages.log import LoggedEvent
from messages.membership import add_member
from messages.models import Chat
from tests.domain.talk import VIDEO, draft, edit, log_of, say

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_rollback_leaves_no_hole_and_announces_nothing(
    ann: User, chat: Chat, heard: list[list[LoggedEvent]]
) -> None:
    with transaction.atomic():
        say(ann, chat, "never said")
        transaction.set_rollback(True)
    assert heard == []
    assert say(ann, chat)["seq"] == 3
    assert [event.seq for event in log_of(chat)] == [1, 2, 3]


def test_nothing_is_announced_before_the_commit(
    ann: User, chat: Chat, heard: list[list[LoggedEvent]]
) -> None:
    with transaction.atomic():
        say(ann, chat)
        assert heard == []
    assert [[event.seq for event in events] for events in heard] == [[3]]


def test_others_can_read_what_is_announced(ann: User, chat: Chat) -> None:
    seen: list[int] = []

    def read_elsewhere() -> int:
        try:
            return log.head_of(chat.chat_id)[0].seq
        finally:
            connection.close()

    def listen(events: list[LoggedEvent], **_: object) -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            seen.append(elsewhere.submit(read_elsewhere).result(timeout=10))

    log.committed.connect(listen)
    try:
        say(ann, chat)
    finally:
        log.committed.disconnect(listen)
    assert seen == [3]


def test_one_transaction_is_one_announcement(
    ann: User, bob: User, chat: Chat, heard: list[list[LoggedEvent]]
) -> None:
    accept_all([draft(user, chat) for user in (ann, bob, ann)])
    assert [[event.seq for event in events] for events in heard] == [[3, 4, 5]]


def test_a_listener_that_fails_costs_nothing_but_its_push(
    ann: User, chat: Chat, heard: list[list[LoggedEvent]]
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("no ears")

    log.committed.connect(fail)
    try:
        message = say(ann, chat)
    finally:
        log.committed.disconnect(fail)
    assert message["seq"] == 3
    assert heard[-1][0].seq == 3


@pytest.mark.parametrize("kind", ["user", "system", "youtube", "ai"])
def test_what_is_read_again_is_what_was_announced(
    ann: User, mod: User, chat: Chat, kind: str, heard: list[list[LoggedEvent]]
) -> None:
    add_member(actor_of(ann), chat.chat_id, mod.pk)
    message = say(mod, chat, type=kind, metadata={"url": VIDEO})
    edit(mod, message, "Edited")
    announced = [event for events in heard for event in events]
    read = log_of(chat)[2:]
    assert announced[-1] == read[-1]
    assert [(e.seq, e.type, e.at, e.actor) for e in announced] == [
        (e.seq, e.type, e.at, e.actor) for e in read
    ]
