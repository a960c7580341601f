"""Accepting: what each type becomes, who may send, and that a refusal stays with its sender."""

import pytest
from django.contrib.auth.models import User
from pytest_django import DjangoAssertNumQueries

from messages.acceptance import Accepted, accept_all
from messages.access import Reach, actor_of
from messages.chats import create_chat, set_frozen
from messages.clock import now_ms
from messages.errors import BadRequest, ChatError, ChatFrozen, Forbidden, Muted, NotFound
from messages.history import one
from messages.membership import add_member
from messages.message_id_generator import new_message_id, parse_message_id
from messages.models import Chat, Event, Membership, Message
from tests.domain.talk import VIDEO, accept, draft, kinds, log_of, remove, say
from tests.people import make_moderator

pytestmark = pytest.mark.django_db


def test_a_user_message_is_stored_as_it_is_answered(ann: User, chat: Chat) -> None:
    before = now_ms()
    message = say(ann, chat, "**Olá**\n ", clientMessageId="first")
    assert message == {
        "messageId": message["messageId"],
        "chatId": chat.chat_id,
        "type": "user",
        "content": "**Olá**\n ",
        "timestamp": parse_message_id(message["messageId"]).timestamp,
        "status": "completed",
        "metadata": {},
        "seq": 3,
        "rev": 1,
        "author": {"id": ann.pk, "name": "ann"},
        "clientMessageId": "first",
        "replyTo": None,
        "html": "<p><strong>Olá</strong></p>",
        "error": None,
        "editedAt": None,
        "removed": None,
    }
    assert before <= message["timestamp"] <= now_ms()
    assert one(Reach(chat.chat_id), message["messageId"]) == message


def test_a_youtube_message_waits_for_what_can_be_learned_of_its_video(
    ann: User, chat: Chat
) -> None:
    message = say(ann, chat, "", type="youtube", metadata={"url": VIDEO, "title": "mine"})
    assert (message["type"], message["status"], message["content"]) == ("youtube", "pending", "")
    assert message["metadata"] == {"source": "youtube", "url": VIDEO}
    assert message["author"] == {"id": ann.pk, "name": "ann"}
    assert one(Reach(chat.chat_id), message["messageId"]) == message
    assert kinds(chat, after=2) == ["youtube_message"]


def test_asking_ai_stores_the_prompt_and_a_place_for_the_answer(ann: User, chat: Chat) -> None:
    accepted = accept(ann, chat, "Why?", type="ai", clientMessageId="why")
    prompt, answer = accepted.message, accepted.placeholder
    assert answer is not None
    assert (prompt["type"], prompt["status"], prompt["metadata"]) == ("user", "completed", {})
    assert (prompt["clientMessageId"], answer["clientMessageId"]) == ("why", None)
    assert (answer["type"], answer["status"], answer["content"]) == ("ai", "pending", "")
    assert (answer["author"], answer["metadata"]) == (None, {"source": "ai"})
    assert answer["replyTo"] == prompt["messageId"]
    assert [prompt["seq"], answer["seq"]] == [3, 4]
    assert kinds(chat, after=2) == ["user_message", "ai_message"]
    assert [one(Reach(chat.chat_id), m["messageId"]) for m in (prompt, answer)] == [prompt, answer]


def test_a_question_may_point_at_its_context(ann: User, chat: Chat) -> None:
    video = say(ann, chat, type="youtube", metadata={"url": VIDEO})
    accepted = accept(ann, chat, "Summarise", type="ai", replyTo=video["messageId"])
    assert accepted.message["replyTo"] == video["messageId"]
    assert accepted.placeholder
    assert accepted.placeholder["replyTo"] == accepted.message["messageId"]


def test_a_system_message_has_no_author_but_its_event_names_who_it_was(
    ann: User, mod: User, chat: Chat
) -> None:
    add_member(actor_of(ann), chat.chat_id, mod.pk)
    message = say(mod, chat, "Lunch is at one.", type="system")
    assert (message["type"], message["status"]) == ("system", "completed")
    assert message["author"] is None
    assert one(Reach(chat.chat_id), message["messageId"]) == message
    event = log_of(chat)[-1]
    assert (event.type, event.actor) == ("system_message", {"id": mod.pk, "name": "mod"})


def test_metadata_of_the_sender_is_not_taken_over(ann: User, chat: Chat) -> None:
    message = say(ann, chat, metadata={"source": "ai", "url": VIDEO, "x": 1}, status="error")
    assert (message["metadata"], message["status"]) == ({}, "completed")


SENDERS = {
    # who: the refusal of a user message and of a system message, in an open and a frozen chat
    "owner": (None, Forbidden, ChatFrozen, ChatFrozen),
    "member": (None, Forbidden, ChatFrozen, ChatFrozen),
    "muted": (Muted, Muted, ChatFrozen, ChatFrozen),
    "muted once": (None, Forbidden, ChatFrozen, ChatFrozen),
    "outsider": (NotFound, NotFound, NotFound, NotFound),
    "staff": (NotFound, NotFound, NotFound, NotFound),
    "moderator": (Forbidden, Forbidden, Forbidden, Forbidden),
    "moderator and member": (None, None, None, None),
    "moderator and muted": (Muted, Muted, Muted, Muted),
}


@pytest.mark.parametrize("who", SENDERS)
@pytest.mark.parametrize("case", range(4), ids=["user", "system", "user, frozen", "system, frozen"])
def test_who_may_send(who: str, case: int, ann: User, chat: Chat) -> None:
    sender = a_sender(who, ann, chat)
    set_frozen(actor_of(ann), chat.chat_id, frozen=case > 1)
    (outcome,) = accept_all([draft(sender, chat, type=("user", "system")[case % 2])])
    refusal = SENDERS[who][case]
    assert isinstance(outcome, refusal or Accepted)
    assert Message.objects.count() == (refusal is None)


def a_sender(who: str, ann: User, chat: Chat) -> User:
    if who == "owner":
        return ann
    user = User.objects.create_user(who, is_staff="staff" in who)
    if "moderator" in who:
        make_moderator(user)
    if who not in ("outsider", "staff", "moderator"):
        add_member(actor_of(ann), chat.chat_id, user.pk)
    if "muted" in who:
        until = now_ms() - 1 if who == "muted once" else None
        Membership.objects.filter(user=user).update(muted=True, muted_until=until)
    return user


@pytest.mark.parametrize("until", [None, 9_999_999_999_999])
def test_who_is_muted_is_told_until_when(until: int | None, bob: User, chat: Chat) -> None:
    Membership.objects.filter(user=bob).update(muted=True, muted_until=until)
    with pytest.raises(Muted) as refusal:
        say(bob, chat)
    assert refusal.value.details == {"until": until}


def test_a_chat_that_is_not_there_and_one_of_others_are_refused_in_the_same_words(
    eve: User, chat: Chat
) -> None:
    mine, missing = accept_all([draft(eve, chat), draft(eve, "nowhere")])
    assert isinstance(mine, NotFound)
    assert isinstance(missing, NotFound)
    assert mine.as_dict() == missing.as_dict()


def test_a_reply_names_a_message_of_the_same_chat(ann: User, eve: User, chat: Chat) -> None:
    elsewhere = create_chat(actor_of(eve), "Elsewhere")
    foreign = say(eve, elsewhere)["messageId"]
    refusals = accept_all([draft(ann, chat, replyTo=m) for m in (foreign, new_message_id())])
    assert [type(refusal) for refusal in refusals] == [BadRequest, BadRequest]
    assert len({str(refusal) for refusal in refusals}) == 1
    assert isinstance(refusals[0], ChatError)
    assert refusals[0].details == {"field": "replyTo"}


def test_a_reply_to_a_removed_message_is_a_reply(ann: User, chat: Chat) -> None:
    first = say(ann, chat)
    remove(ann, first)
    assert say(ann, chat, replyTo=first["messageId"])["replyTo"] == first["messageId"]


def test_refused_drafts_do_not_hurt_their_neighbours(ann: User, eve: User, chat: Chat) -> None:
    drafts = [
        draft(ann, chat, "one"),
        draft(eve, chat, "from outside"),
        draft(ann, chat, "two", replyTo=new_message_id()),
        draft(ann, "nowhere", "three"),
        draft(ann, chat, "four", type="system"),
        draft(ann, chat, "five", type="ai"),
        draft(ann, chat, "six"),
    ]
    outcomes = accept_all(drafts)
    assert [isinstance(outcome, Accepted) for outcome in outcomes] == [
        *(True, False, False, False, False, True, True)
    ]
    stored = [event.message["content"] for event in log_of(chat) if event.message]
    assert stored == ["one", "five", "", "six"]


def test_outcomes_come_in_the_order_of_the_drafts(ann: User, bob: User, chat: Chat) -> None:
    other = create_chat(actor_of(bob), "Other", members=[actor_of(ann)])
    drafts = [draft((ann, bob)[n % 2], (chat, other)[n % 3 == 0], str(n)) for n in range(60)]
    outcomes = [outcome for outcome in accept_all(drafts) if isinstance(outcome, Accepted)]
    assert [outcome.message["content"] for outcome in outcomes] == [str(n) for n in range(60)]
    assert len(log_of(chat)) == 2 + 40
    assert [m["content"] for m in (e.message for e in log_of(chat)) if m] == [
        str(n) for n in range(60) if n % 3
    ]


def test_a_group_of_sends_costs_as_many_queries_as_one(
    ann: User, bob: User, chat: Chat, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    other = create_chat(actor_of(ann), "Other")
    drafts = [draft(ann, chat), *(draft(bob, chat) for _ in range(20)), draft(ann, other)]
    # Two for the savepoint, the chats, the members, what was sent, messages, events, heads.
    with django_assert_num_queries(8):
        accept_all(drafts)
    assert Event.objects.count() == 3 + 22


def test_the_answer_on_the_wire(ann: User, chat: Chat) -> None:
    said, asked = accept(ann, chat), accept(ann, chat, type="ai")
    assert said.as_dict() == {"message": said.message, "duplicate": False, "budget": None}
    assert asked.as_dict()["placeholder"] == asked.placeholder
