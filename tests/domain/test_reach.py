"""How much of a chat a member may see: from the start, or from joining on."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages import history
from messages.access import access_to, actor_of
from messages.chats import change_chat, set_history
from messages.errors import BadRequest, Forbidden, NotFound, StaleCursor
from messages.identity import Cursor
from messages.membership import add_member, remove_member
from messages.models import Chat, Membership
from messages.processors import ai_context
from messages.processors.work import Work
from messages.representation import WireMessage
from messages.resumption import Mode, missed, resume
from messages.search import Found, search
from tests.domain.talk import accept, edit, kinds, remove, say
from tests.people import make_moderator

pytestmark = pytest.mark.django_db


@pytest.fixture
def old(ann: User, chat: Chat) -> WireMessage:
    """What was said before carl came, in a chat that shows newcomers nothing of it."""
    set_history(actor_of(ann), chat.pk, "sinceJoining")
    return say(ann, chat, "long ago")


@pytest.fixture
def carl(ann: User, chat: Chat, old: WireMessage) -> User:
    user = User.objects.create_user("carl")
    add_member(actor_of(ann), chat.pk, user.pk)
    return user


@pytest.fixture
def new(ann: User, chat: Chat, carl: User) -> WireMessage:
    return say(ann, chat, "welcome")


def seen(user: User, chat: Chat) -> list[str]:
    page = history.newest(access_to(actor_of(user), chat.pk).reach, 100)
    return [message["content"] for message in page.history]


def test_a_newcomer_begins_with_their_own_joining(
    carl: User, bob: User, chat: Chat, new: WireMessage
) -> None:
    assert (seen(carl, chat), seen(bob, chat)) == (["welcome"], ["long ago", "welcome"])
    assert access_to(actor_of(carl), chat.pk).oldest_seq == new["seq"] - 1
    assert access_to(actor_of(bob), chat.pk).oldest_seq == 1


@pytest.mark.parametrize("ask", [history.before, history.after, history.around])
def test_no_page_shows_or_hints_at_what_was_before(
    ask: Any, carl: User, chat: Chat, new: WireMessage
) -> None:
    reach = access_to(actor_of(carl), chat.pk).reach
    for seq in range(chat.last_seq + 10):
        page = ask(reach, seq, 50)
        assert [m["content"] for m in page.history] in ([], ["welcome"])
        assert not (page.history and page.more_before)


def test_an_old_message_is_not_there_by_its_id(
    carl: User, ann: User, chat: Chat, old: WireMessage, new: WireMessage
) -> None:
    access = access_to(actor_of(carl), chat.pk)
    with pytest.raises(NotFound):
        history.one(access.reach, old["messageId"])
    with pytest.raises(NotFound):
        history.timeline(access, old["messageId"])
    ids = [old["messageId"], new["messageId"]]
    assert history.lookup(access.reach, ids) == {ids[0]: None, ids[1]: new}
    with pytest.raises(NotFound):
        edit(carl, old, "mine")
    with pytest.raises(NotFound):
        remove(carl, old)
    with pytest.raises(BadRequest):
        say(carl, chat, "what was that?", replyTo=old["messageId"])
    say(ann, chat, "this", replyTo=old["messageId"])


def test_a_search_finds_nothing_older(
    carl: User, bob: User, chat: Chat, old: WireMessage, new: WireMessage
) -> None:
    for user, found in ((carl, []), (bob, [old])):
        reach = access_to(actor_of(user), chat.pk).reach
        assert search(reach, ["long"], limit=10) == Found(found, None)


def test_the_list_of_chats_shows_nothing_older(carl: User, chat: Chat) -> None:
    (line,) = history.chats_of(actor_of(carl))
    assert (line.last_message, line.unread) == (None, 0)


def test_a_replay_has_every_number_and_no_old_message(
    carl: User, bob: User, ann: User, chat: Chat, old: WireMessage, new: WireMessage
) -> None:
    edited = edit(ann, old, "long, long ago")
    first = access_to(actor_of(carl), chat.pk).oldest_seq
    page = missed(actor_of(carl), chat.pk, Cursor(chat.epoch, first - 1))
    assert [event.seq for event in page.events] == [first, first + 1, first + 2]
    assert [event.message for event in page.events] == [None, new, None]
    theirs = missed(actor_of(bob), chat.pk, Cursor(chat.epoch, first - 1))
    assert [event.message for event in theirs.events] == [None, new, edited]
    with pytest.raises(StaleCursor):
        missed(actor_of(carl), chat.pk, Cursor(chat.epoch, first - 2))
    assert missed(actor_of(carl), chat.pk, None).events == page.events


def test_a_snapshot_has_nothing_older(
    carl: User, ann: User, chat: Chat, old: WireMessage, new: WireMessage
) -> None:
    found = resume(actor_of(carl), chat.pk, Cursor(chat.epoch, 0), tail=50)
    assert (found.mode, found.history, found.open) == (Mode.SNAPSHOT, [new], [])


def test_what_was_being_generated_before_is_not_told(ann: User, chat: Chat, old: Any) -> None:
    accept(ann, chat, "Why?", type="ai")
    user = User.objects.create_user("dora")
    add_member(actor_of(ann), chat.pk, user.pk)
    assert resume(actor_of(user), chat.pk, None, tail=0).open == []
    assert len(resume(actor_of(ann), chat.pk, None, tail=0).open) == 1


def test_an_answer_tells_its_asker_nothing_older(
    carl: User, ann: User, chat: Chat, old: WireMessage, new: WireMessage
) -> None:
    for asker, known in ((carl, {"welcome"}), (ann, {"long ago", "welcome"})):
        accepted = accept(asker, chat, "What was said?", type="ai")
        placeholder = accepted.placeholder
        assert placeholder is not None
        work = Work(placeholder["messageId"], chat.pk, "", {}, placeholder["replyTo"])
        told = " ".join(turn["content"] for turn in ai_context.prompt_for(work))
        assert {words for words in ("long ago", "welcome") if words in told} == known


def test_who_comes_back_is_as_new_as_anybody(
    ann: User, bob: User, chat: Chat, old: WireMessage
) -> None:
    say(bob, chat, "mine")
    remove_member(actor_of(bob), chat.pk, bob.pk)
    say(ann, chat, "behind your back")
    add_member(actor_of(ann), chat.pk, bob.pk)
    assert seen(bob, chat) == []


def test_a_moderator_sees_everything_as_a_member_too(
    carl: User, chat: Chat, new: WireMessage
) -> None:
    make_moderator(carl)
    assert seen(carl, chat) == ["long ago", "welcome"]
    (line,) = history.chats_of(actor_of(carl))
    assert line.access.oldest_seq == 1


def test_the_setting_is_for_those_who_join_from_then_on(
    ann: User, bob: User, carl: User, chat: Chat
) -> None:
    before = chat.last_seq
    change_chat(actor_of(ann), chat.pk, history="all")
    change_chat(actor_of(ann), chat.pk, history="all")
    assert kinds(chat, after=before).count("chat_history_changed") == 1 + 1
    assert (seen(carl, chat), seen(bob, chat)) == ([], ["long ago"])
    user = User.objects.create_user("dora")
    add_member(actor_of(ann), chat.pk, user.pk)
    assert seen(user, chat) == ["long ago"]
    assert Membership.objects.get(user=user).first_seq == 1


def test_only_who_manages_says_how_much_is_seen(
    bob: User, eve: User, mod: User, chat: Chat
) -> None:
    with pytest.raises(Forbidden):
        set_history(actor_of(bob), chat.pk, "sinceJoining")
    with pytest.raises(NotFound):
        set_history(actor_of(eve), chat.pk, "sinceJoining")
    set_history(actor_of(mod), chat.pk, "sinceJoining")
    for value in ("none", "", None, 1, ["all"]):
        with pytest.raises(BadRequest):
            set_history(actor_of(mod), chat.pk, value)
