"""The writer when something goes wrong: what fails, fails alone, and the writer goes on."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from messages import chats
from messages.access import actor_of
from messages.errors import Forbidden, Internal, Unavailable
from messages.log import LoggedEvent
from messages.models import Chat
from messages.writer import Writer
from tests.domain.talk import draft, kinds, log_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_refused_call_takes_nothing_of_its_neighbours_along(
    writer: Writer, held: threading.Event, ann: User, bob: User, chat: Chat
) -> None:
    calls = [
        writer.submit_call(chats.rename_chat, actor_of(user), chat.chat_id, title)
        for user, title in ((ann, "One"), (bob, "Mine"), (ann, "Two"))
    ]
    held.set()
    assert [type(call.exception(30)) for call in calls] == [type(None), Forbidden, type(None)]
    assert kinds(chat, after=2) == ["chat_renamed"] * 2


def break_it(chat_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM no_such_table")


def break_late(chat_id: str) -> None:
    Chat.objects.filter(pk=chat_id).update(title="Half done")
    raise ZeroDivisionError


@pytest.mark.parametrize("poison, answer", [(break_it, Unavailable), (break_late, Internal)])
def test_a_call_that_fails_fails_alone(
    poison: Callable[[str], None],
    answer: type[Exception],
    writer: Writer,
    held: threading.Event,
    ann: User,
    chat: Chat,
) -> None:
    me = actor_of(ann)
    before = writer.submit_call(chats.rename_chat, me, chat.chat_id, "One")
    failed = writer.submit_call(poison, chat.chat_id)
    after = writer.submit_call(chats.rename_chat, me, chat.chat_id, "Two")
    held.set()
    assert [before.exception(30), after.exception(30)] == [None, None]
    assert isinstance(failed.exception(30), answer)
    assert [event.data for event in log_of(chat)[2:]] == [{"title": "One"}, {"title": "Two"}]


@pytest.mark.parametrize(
    "poison, answer",
    [
        ({"html": None}, Unavailable),  # refused by the database
        ({"content": object()}, Internal),  # a fault of the program
    ],
    ids=["database", "program"],
)
def test_a_send_that_fails_fails_alone(
    poison: dict[str, Any],
    answer: type[Exception],
    writer: Writer,
    held: threading.Event,
    heard: list[list[LoggedEvent]],
    ann: User,
    chat: Chat,
) -> None:
    drafts = [draft(ann, chat, str(number)) for number in range(5)]
    drafts[2] = replace(drafts[2], **poison)
    futures = [writer.submit(one) for one in drafts]
    held.set()
    errors = [future.exception(30) for future in futures]
    assert [error is None for error in errors] == [True, True, False, True, True]
    assert isinstance(errors[2], answer)
    assert [e.message["content"] for e in log_of(chat) if e.message] == ["0", "1", "3", "4"]
    assert [event.seq for events in heard for event in events] == [3, 4, 5, 6]


def test_after_a_failure_the_writer_goes_on(writer: Writer, ann: User, chat: Chat) -> None:
    for poison in (break_it, break_late):
        with pytest.raises((Unavailable, Internal)):
            writer.call(poison, chat.chat_id)
        assert writer.accept(draft(ann, chat))


def test_a_connection_that_broke_is_replaced(writer: Writer, ann: User, chat: Chat) -> None:
    def cut() -> None:
        connection.ensure_connection()
        connection.connection.close()

    assert writer.submit_call(cut).exception(30)
    assert writer.accept(draft(ann, chat)).message["seq"] == 3
