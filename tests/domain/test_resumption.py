"""Coming back: live, replay or snapshot, and never a partial replay that looks whole."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from messages import resumption
from messages.acceptance import accept_all
from messages.access import actor_of
from messages.chats import create_chat, set_frozen
from messages.errors import NotFound, StaleCursor
from messages.identity import Cursor
from messages.membership import remove_member
from messages.models import Chat
from messages.resumption import MAX_REPLAY, Mode, missed, resume
from tests.domain.talk import VIDEO, accept, draft, edit, log_of, remove, say

pytestmark = pytest.mark.django_db


def at(chat: Chat, seq: int) -> Cursor:
    return Cursor(chat.epoch, seq)


def cut(chat: Chat, oldest_seq: int) -> None:
    """Forget what is older, as retention does."""
    Chat.objects.filter(pk=chat.chat_id).update(oldest_seq=oldest_seq)


def test_who_missed_nothing_is_live(ann: User, bob: User, chat: Chat) -> None:
    say(ann, chat)
    back = resume(actor_of(bob), chat.chat_id, at(chat, 3), tail=50)
    assert (back.mode, back.events, back.history) == (Mode.LIVE, [], [])
    assert (back.position, back.access.head) == (at(chat, 3), at(chat, 3))


def test_who_missed_something_is_told_what(ann: User, bob: User, chat: Chat) -> None:
    for number in range(5):
        say(ann, chat, str(number))
    back = resume(actor_of(bob), chat.chat_id, at(chat, 4), tail=50)
    assert (back.mode, back.history) == (Mode.REPLAY, [])
    assert back.events == log_of(chat)[4:]
    assert back.position == at(chat, 7)


def test_a_replay_may_begin_before_the_first_event(bob: User, chat: Chat) -> None:
    back = resume(actor_of(bob), chat.chat_id, at(chat, 0), tail=50)
    assert (back.mode, [event.seq for event in back.events]) == (Mode.REPLAY, [1, 2])


def test_who_comes_without_a_position_gets_the_newest_messages(
    ann: User, bob: User, chat: Chat
) -> None:
    said = [say(ann, chat, str(number)) for number in range(5)]
    set_frozen(actor_of(ann), chat.chat_id, frozen=True)
    back = resume(actor_of(bob), chat.chat_id, None, tail=3)
    assert (back.mode, back.events, back.history) == (Mode.SNAPSHOT, [], said[2:])
    assert back.position == back.access.head == at(chat, 8)
    assert back.access.frozen


@pytest.mark.parametrize("tail, count", [(0, 0), (1, 1), (200, 3)])
def test_a_snapshot_is_as_long_as_asked(tail: int, count: int, ann: User, chat: Chat) -> None:
    for _ in range(3):
        say(ann, chat)
    assert len(resume(actor_of(ann), chat.chat_id, None, tail=tail).history) == count


@pytest.mark.parametrize(
    "position",
    [
        lambda chat: Cursor("other", 7),
        lambda chat: Cursor("other", 3),
        lambda chat: at(chat, 8),
        lambda chat: at(chat, 2**63 - 1),
        lambda chat: at(chat, 3),
        lambda chat: at(chat, 0),
    ],
    ids=["other epoch", "other epoch, old", "ahead", "far ahead", "below the oldest", "zero"],
)
def test_a_position_not_in_the_log_gives_a_snapshot(
    position: Callable[[Chat], Cursor], ann: User, chat: Chat
) -> None:
    for _ in range(5):
        say(ann, chat)
    cut(chat, 5)
    back = resume(actor_of(ann), chat.chat_id, position(chat), tail=2)
    assert (back.mode, len(back.history), back.position) == (Mode.SNAPSHOT, 2, at(chat, 7))
    assert back.access.oldest_seq == 5
    with pytest.raises(StaleCursor):
        missed(actor_of(ann), chat.chat_id, position(chat))


def test_the_oldest_position_that_can_be_replayed_is_one_below_the_oldest_event(
    ann: User, chat: Chat
) -> None:
    for _ in range(5):
        say(ann, chat)
    cut(chat, 5)
    back = resume(actor_of(ann), chat.chat_id, at(chat, 4), tail=2)
    assert (back.mode, [event.seq for event in back.events]) == (Mode.REPLAY, [5, 6, 7])


@pytest.mark.parametrize("behind, mode, events", [(500, Mode.REPLAY, 500), (501, Mode.SNAPSHOT, 0)])
def test_who_is_more_than_500_events_behind_starts_anew(
    behind: int, mode: Mode, events: int, ann: User, chat: Chat
) -> None:
    accept_all([draft(ann, chat) for _ in range(behind)])
    back = resume(actor_of(ann), chat.chat_id, at(chat, 2), tail=10)
    assert (back.mode, len(back.events), back.position) == (mode, events, at(chat, 2 + behind))
    assert len(back.history) == (10 if mode is Mode.SNAPSHOT else 0)


def test_a_snapshot_shows_messages_as_they_are_now(ann: User, chat: Chat) -> None:
    first, second, third = (say(ann, chat, str(number)) for number in range(3))
    changed = [remove(ann, first), edit(ann, second, "new"), third]
    assert resume(actor_of(ann), chat.chat_id, None, tail=50).history == changed


@pytest.mark.parametrize("seq", [None, 2, 5])
def test_whoever_comes_back_sees_what_is_being_generated(
    seq: int | None, ann: User, chat: Chat
) -> None:
    video = say(ann, chat, type="youtube", metadata={"url": VIDEO})
    answer = accept(ann, chat, type="ai").placeholder
    since = None if seq is None else at(chat, seq)
    assert resume(actor_of(ann), chat.chat_id, since, tail=0).open == [video, answer]


def test_an_empty_replay_of_a_new_epoch_is_a_snapshot_of_nothing(ann: User) -> None:
    chat = Chat.objects.get(pk=create_chat(actor_of(ann), "Empty"))
    back = resume(actor_of(ann), chat.chat_id, Cursor("other", 1), tail=50)
    assert (back.mode, back.history, back.position) == (Mode.SNAPSHOT, [], at(chat, 1))


@pytest.mark.parametrize("since", [None, Cursor("other", 0)])
def test_the_outsider_cannot_come_back_to_what_was_never_theirs(
    since: Cursor | None, eve: User, chat: Chat
) -> None:
    refusals = []
    for chat_id in (chat.chat_id, "nowhere"):
        for ask in (
            lambda c: resume(actor_of(eve), c, since, tail=1),
            lambda c: missed(actor_of(eve), c, since),
        ):
            with pytest.raises(NotFound) as refusal:
                ask(chat_id)
            refusals.append(refusal.value.as_dict())
    assert all(refusal == refusals[0] for refusal in refusals)


def while_reading(name: str, happens: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let something be committed right after a resumption has read its events or messages."""
    read = getattr(resumption, name)

    def read_and_go_on(*args: Any, **kwargs: Any) -> Any:
        found = read(*args, **kwargs)
        happens()
        return found

    monkeypatch.setattr(resumption, name, read_and_go_on)


@pytest.mark.parametrize(
    "since, read", [(None, "newest"), (2, "events_since"), (3, "events_since")]
)
def test_who_is_taken_out_while_coming_back_gets_nothing(
    since: int | None, read: str, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ann, chat)
    while_reading(read, lambda: remove_member(actor_of(ann), chat.chat_id, bob.pk), monkeypatch)
    with pytest.raises(NotFound):
        resume(actor_of(bob), chat.chat_id, None if since is None else at(chat, since), tail=50)


@pytest.mark.parametrize("seq, last", [(2, 3), (3, 4)])
def test_what_is_said_while_somebody_comes_back_costs_them_no_snapshot(
    seq: int, last: int, ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ann, chat)
    while_reading("events_since", lambda: say(ann, chat), monkeypatch)
    back = resume(actor_of(bob), chat.chat_id, at(chat, seq), tail=50)
    assert (back.mode, back.position) == (Mode.REPLAY, at(chat, last))


def test_a_page_with_nothing_says_that_there_is_nothing(
    ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said between the two looks is read: else whoever waits would wait past it."""
    while_reading("events_since", lambda: say(ann, chat), monkeypatch)
    page = missed(actor_of(bob), chat.chat_id, at(chat, 2))
    assert [event.seq for event in page.events] == [3]


def test_a_snapshot_is_at_the_position_before_what_was_said_meanwhile(
    ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    while_reading("newest", lambda: say(ann, chat), monkeypatch)
    back = resume(actor_of(bob), chat.chat_id, None, tail=50)
    assert (back.position, back.history) == (at(chat, 2), [])
    assert back.access.head == at(chat, 3)


def test_an_epoch_that_ends_while_somebody_comes_back_gives_a_snapshot(
    ann: User, bob: User, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    say(ann, chat)
    while_reading("events_since", lambda: Chat.objects.update(epoch="anew"), monkeypatch)
    back = resume(actor_of(bob), chat.chat_id, at(chat, 2), tail=50)
    assert (back.mode, back.position) == (Mode.SNAPSHOT, Cursor("anew", 3))


def test_missed_events_come_in_pages(ann: User, bob: User, chat: Chat) -> None:
    accept_all([draft(ann, chat) for _ in range(5)])
    seqs, position, more = [], None, True
    while more:
        page = missed(actor_of(bob), chat.chat_id, position, limit=3)
        seqs.append([event.seq for event in page.events])
        position, more = at(chat, page.events[-1].seq), page.more
    assert seqs == [[1, 2, 3], [4, 5, 6], [7]]
    assert page.head == at(chat, 7)
    assert missed(actor_of(bob), chat.chat_id, position).events == []


def test_pages_reach_back_to_the_oldest_event(ann: User, chat: Chat) -> None:
    accept_all([draft(ann, chat) for _ in range(5)])
    cut(chat, 4)
    assert missed(actor_of(ann), chat.chat_id, None).events[0].seq == 4


def test_a_page_is_at_most_what_a_replay_is(ann: User, chat: Chat) -> None:
    accept_all([draft(ann, chat) for _ in range(MAX_REPLAY)])
    page = missed(actor_of(ann), chat.chat_id, None)
    assert (len(page.events), page.more) == (500, True)
