"""The writer: groups, order, a bounded queue and a clean end."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.contrib.auth.models import User

from messages import chats
from messages.acceptance import Accepted
from messages.access import actor_of
from messages.errors import Forbidden, NotFound, Unavailable
from messages.log import LoggedEvent
from messages.models import Chat, Message
from messages.writer import MAX_GROUP, Writer
from tests.domain.busy import busy
from tests.domain.talk import draft, kinds, log_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_accepted_send_is_stored(writer: Writer, ann: User, chat: Chat) -> None:
    accepted = writer.accept(draft(ann, chat, "Olá"))
    assert not accepted.duplicate
    assert log_of(chat)[-1].message == accepted.message


def test_a_refusal_is_raised(writer: Writer, eve: User, chat: Chat) -> None:
    with pytest.raises(NotFound):
        writer.accept(draft(eve, chat))


def test_what_waits_is_committed_together(
    writer: Writer, held: threading.Event, heard: list[list[LoggedEvent]], ann: User, chat: Chat
) -> None:
    futures = [writer.submit(draft(ann, chat)) for _ in range(50)]
    held.set()
    seqs = [future.result(30).message["seq"] for future in futures]
    assert seqs == list(range(3, 53))
    assert [len(events) for events in heard] == [50]


def test_a_group_is_bounded(
    writer: Writer, held: threading.Event, heard: list[list[LoggedEvent]], ann: User, chat: Chat
) -> None:
    futures = [writer.submit(draft(ann, chat)) for _ in range(MAX_GROUP + 10)]
    held.set()
    assert [future.result(30).message["seq"] for future in futures] == list(
        range(3, 13 + MAX_GROUP)
    )
    assert [len(events) for events in heard] == [MAX_GROUP, 10]


def test_many_threads_are_all_answered_each_with_its_own(
    writer: Writer, ann: User, bob: User, chat: Chat
) -> None:
    drafts = [draft((ann, bob)[n % 2], chat, str(n)) for n in range(200)]
    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(writer.accept, drafts))
    assert [a.message["content"] for a in accepted] == [str(n) for n in range(200)]
    assert sorted(a.message["seq"] for a in accepted) == list(range(3, 203))


def test_fifty_parallel_identical_sends_are_one_row(writer: Writer, ann: User, chat: Chat) -> None:
    same = draft(ann, chat)
    start = threading.Barrier(50)

    def send(_: int) -> Accepted:
        start.wait(30)
        return writer.accept(same)

    with ThreadPoolExecutor(50) as pool:
        accepted = list(pool.map(send, range(50)))
    assert sorted(a.duplicate for a in accepted) == [False] + [True] * 49
    assert len({a.message["messageId"] for a in accepted}) == 1
    assert Message.objects.count() == 1


def test_sends_and_calls_happen_in_the_order_in_which_they_came(
    writer: Writer, held: threading.Event, ann: User, chat: Chat
) -> None:
    me = actor_of(ann)
    writer.submit(draft(ann, chat))
    writer.submit_call(chats.rename_chat, me, chat.chat_id, "Dinner")
    writer.submit(draft(ann, chat))
    writer.submit_call(chats.set_frozen, me, chat.chat_id, frozen=True)
    refused = writer.submit(draft(ann, chat))
    held.set()
    assert refused.exception(30) is not None
    assert kinds(chat, after=2) == ["user_message", "chat_renamed", "user_message", "chat_frozen"]


def test_a_call_answers_and_raises_like_its_verb(writer: Writer, ann: User, bob: User) -> None:
    chat_id = writer.call(chats.create_chat, actor_of(ann), "Lunch", members=[actor_of(bob)])
    assert Chat.objects.get().chat_id == chat_id
    with pytest.raises(Forbidden):
        writer.call(chats.rename_chat, actor_of(bob), chat_id, "Mine")


def test_a_full_queue_refuses_and_asks_to_come_again(ann: User, chat: Chat) -> None:
    small = Writer(max_waiting=2)
    with busy(small):
        waiting = [small.submit(draft(ann, chat)) for _ in range(2)]
        with pytest.raises(Unavailable) as refusal:
            small.submit(draft(ann, chat))
    assert refusal.value.as_dict()["retryable"]
    assert refusal.value.retry_after_ms
    assert [future.result(30).message["seq"] for future in waiting] == [3, 4]
    assert small.accept(draft(ann, chat)).message["seq"] == 5
    assert small.drain()


def test_draining_writes_what_waits_and_takes_nothing_new(
    writer: Writer, held: threading.Event, ann: User, chat: Chat
) -> None:
    waiting = [writer.submit(draft(ann, chat)) for _ in range(20)]
    with ThreadPoolExecutor(1) as pool:
        drained = pool.submit(writer.drain)
        while not writer._closed:
            time.sleep(0.001)
        with pytest.raises(Unavailable):
            writer.submit(draft(ann, chat))
        held.set()
        assert drained.result(30)
    assert [future.done() and future.exception() for future in waiting] == [None] * 20
    assert len(log_of(chat)) == 2 + 20


def test_a_drain_that_takes_too_long_says_so(writer: Writer, held: threading.Event) -> None:
    assert not writer.drain(timeout=0.01)


def test_a_drained_writer_can_be_opened_again(writer: Writer, ann: User, chat: Chat) -> None:
    writer.accept(draft(ann, chat))
    assert writer.drain()
    assert writer.drain()
    with pytest.raises(Unavailable):
        writer.accept(draft(ann, chat))
    writer.reopen()
    assert writer.accept(draft(ann, chat)).message["seq"] == 4


def test_who_no_longer_waits_for_an_answer_harms_nobody(
    writer: Writer, held: threading.Event, ann: User, chat: Chat
) -> None:
    futures: list[Future[Accepted]] = [writer.submit(draft(ann, chat)) for _ in range(3)]
    assert futures[1].cancel()
    held.set()
    assert [futures[n].result(30).message["seq"] for n in (0, 2)] == [3, 5]
