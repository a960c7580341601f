"""Pruning: what goes, what stays as a tombstone, and what old cursors are answered."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from messages import history, retention
from messages.access import Reach, actor_of
from messages.chats import create_chat
from messages.errors import StaleCursor
from messages.identity import Cursor
from messages.models import Chat, Event, Feedback, Job, Message, Report
from messages.reports import report
from messages.representation import WireMessage
from messages.resumption import Mode, missed, resume
from tests.domain.talk import accept, ask, edit, log_of, remove, say

pytestmark = pytest.mark.django_db

DAY = 24 * 60 * 60 * 1000


@pytest.fixture
def age(chat: Chat) -> Callable[[], None]:
    """Makes everything that is there now a hundred days older."""

    def age() -> None:
        for event in Event.objects.all():
            Event.objects.filter(pk=event.pk).update(at=event.at - 100 * DAY)

    return age


def prune(days: int = 30, **options: object) -> None:
    call_command("prune", older_than=days, verbosity=0, **options)


def kept(chat: Chat) -> list[tuple[str, str | None]]:
    """What a fresh reader gets."""
    return [(m["content"], m["removed"]) for m in history.newest(Reach(chat.chat_id), 200).history]


def oldest(chat: Chat) -> int:
    chat.refresh_from_db()
    return chat.oldest_seq


def seqs(chat: Chat) -> list[int]:
    return list(Event.objects.filter(chat=chat).values_list("seq", flat=True))


def test_what_is_old_goes_and_the_log_begins_later(
    ann: User, bob: User, chat: Chat, age: Callable[[], None]
) -> None:
    old = say(ann, chat, "old")
    report(actor_of(bob), old["messageId"], "Rude")
    age()
    say(bob, chat, "new")
    prune()
    assert kept(chat) == [("new", None)]
    assert (oldest(chat), chat.last_seq, seqs(chat)) == (4, 4, [4])
    assert not Report.objects.exists()
    prune()
    assert seqs(chat) == [4]


def test_old_cursors_are_stale_and_answered_by_a_snapshot(
    ann: User, bob: User, eve: User, chat: Chat, age: Callable[[], None]
) -> None:
    for number in range(3):
        say(ann, chat, str(number))
    age()
    new = say(bob, chat, "new")
    prune()
    for seq in (0, 3, 4):
        with pytest.raises(StaleCursor):
            missed(actor_of(ann), chat.pk, Cursor(chat.epoch, seq))
        resumed = resume(actor_of(ann), chat.pk, Cursor(chat.epoch, seq), tail=50)
        assert (resumed.mode, resumed.history) == (Mode.SNAPSHOT, [new])
    assert resume(actor_of(ann), chat.pk, Cursor(chat.epoch, 5), tail=50).mode is Mode.REPLAY
    assert [e.seq for e in missed(actor_of(ann), chat.pk, None).events] == [6]


def test_a_chat_where_everything_is_old_is_empty_and_goes_on(
    ann: User, bob: User, chat: Chat, age: Callable[[], None]
) -> None:
    accept(ann, chat, "Why?", replyTo=say(ann, chat, "old")["messageId"])
    age()
    prune()
    assert (kept(chat), oldest(chat), chat.last_seq) == ([], 5, 4)
    assert resume(actor_of(bob), chat.pk, Cursor(chat.epoch, 4), tail=50).mode is Mode.LIVE
    say(bob, chat, "new")
    assert (kept(chat), seqs(chat)) == ([("new", None)], [5])


def test_what_a_kept_message_replies_to_stays_as_a_tombstone_and_that_is_said(
    ann: User, bob: User, chat: Chat, age: Callable[[], None]
) -> None:
    old = say(ann, chat, "old")
    age()
    reply = say(bob, chat, "new", replyTo=old["messageId"])
    prune()
    assert kept(chat) == [("", "retention"), ("new", None)]
    event = log_of_kept(chat)[-1]
    assert (event.type, event.data, event.actor) == (
        "message_removed",
        {"by": "retention"},
        None,
    )
    assert event.message["messageId"] == old["messageId"]
    assert history.one(Reach(chat.pk), reply["messageId"])["replyTo"] == old["messageId"]
    prune()
    age()
    say(ann, chat, "newest")
    prune()
    assert kept(chat) == [("newest", None)]
    assert Message.objects.count() == 1


def log_of_kept(chat: Chat) -> list[object]:
    return missed(actor_of(User.objects.get(username="ann")), chat.pk, None).events


def test_what_was_changed_lately_stays_as_a_tombstone(
    ann: User, chat: Chat, age: Callable[[], None]
) -> None:
    message = say(ann, chat, "old")
    gone = say(ann, chat, "gone")
    age()
    edit(ann, message, "old, but edited")
    remove(ann, gone)
    prune()
    assert kept(chat) == [("", "retention"), ("", "author")]
    for event in log_of_kept(chat):
        assert event.message["content"] == ""


def test_what_is_worked_on_is_left_alone(ann: User, chat: Chat, age: Callable[[], None]) -> None:
    answer = ask(ann, chat)
    age()
    prune()
    assert Job.objects.get().message_id == answer["messageId"]
    assert history.one(Reach(chat.pk), answer["messageId"])["status"] == "pending"


def test_an_old_vote_goes_with_its_answer(ann: User, chat: Chat, age: Callable[[], None]) -> None:
    answer = ask(ann, chat)
    Message.objects.filter(pk=answer["messageId"]).update(status="completed")
    Job.objects.all().delete()
    Feedback.objects.create(message_id=answer["messageId"], user=ann, verdict="up")
    age()
    prune()
    assert not Feedback.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_run_that_was_stopped_anywhere_is_whole_and_gone_on_with(
    step: int, ann: User, bob: User, chat: Chat, age: Callable[[], None]
) -> None:
    said: list[WireMessage] = []
    for number in range(6):
        target = said[-1]["messageId"] if number % 2 else None
        said.append(say(ann, chat, f"old {number}", replyTo=target))
    edit(ann, said[0], "edited")
    age()
    last = say(bob, chat, "new", replyTo=said[2]["messageId"])
    before = log_of(chat)[-1].at - 30 * DAY
    for _ in range(30):
        next(retention.prune(chat.pk, before, step=step), None)
        found = seqs(chat)
        assert found == list(range(oldest(chat), chat.last_seq + 1))
        told_of = {e.message["messageId"] for e in log_of_kept(chat) if e.message}
        assert told_of <= set(Message.objects.values_list("pk", flat=True))
    assert kept(chat) == [("", "retention"), ("new", None)]
    assert history.one(Reach(chat.pk), last["messageId"])["replyTo"] == said[2]["messageId"]
    assert len(seqs(chat)) == 2


def test_one_chat_alone(ann: User, chat: Chat, age: Callable[[], None]) -> None:
    other = create_chat(actor_of(ann), "Other")
    for place in (chat, other):
        say(ann, place, "old")
    age()
    prune(chat=other)
    assert (oldest(chat), Chat.objects.get(pk=other).oldest_seq) == (1, 3)
    for wrong in ({"chat": "nowhere"}, {"days": 0}):
        with pytest.raises(CommandError):
            prune(**wrong)
    assert kept(chat) == [("old", None)]
