"""What people do about work: retry, cancel, and say what they think of the answer."""

import pytest
from django.contrib.auth.models import User

from messages import jobs, pipeline
from messages.access import actor_of
from messages.chats import create_chat, set_frozen
from messages.errors import BadTransition, ChatFrozen, Forbidden, Muted, NotFound
from messages.models import Chat, Feedback, Job, Membership
from messages.representation import WireMessage
from tests.domain.talk import VIDEO, remove, say
from tests.domain.working import (
    PRIVATE,
    ask,
    begin,
    cancel,
    complete,
    fail,
    failed,
    now_is,
    retry,
    steps,
)

pytestmark = pytest.mark.django_db


def rate(user: User, message: WireMessage, verdict: str | None) -> None:
    pipeline.rate(actor_of(user), message["messageId"], verdict)


def answered(user: User, chat: Chat) -> WireMessage:
    message = ask(user, chat)
    assert complete(begin(message))
    return now_is(message)


# --- retry ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ann", "mod"])
def test_failed_work_begins_anew(who: str, ann: User, mod: User, chat: Chat) -> None:
    message = ask(ann, chat)
    jobs.fail(begin(message), PRIVATE, now=0, partial=("Bec", "<p>Bec</p>"))
    waiting = retry(ann if who == "ann" else mod, message)
    assert (waiting["status"], waiting["error"], waiting["content"]) == ("pending", None, "")
    assert now_is(message) == waiting
    assert complete(begin(message))
    assert steps(chat, message)[-3][0] == "retry"
    assert now_is(message)["status"] == "completed"


def test_a_retried_video_keeps_its_words(ann: User, chat: Chat) -> None:
    video = say(ann, chat, "look", type="youtube", metadata={"url": VIDEO})
    fail(begin(video), PRIVATE)
    assert (retry(ann, video)["content"], now_is(video)["html"]) == ("look", "<p>look</p>")


def test_only_what_has_failed_is_retried(ann: User, chat: Chat) -> None:
    gone = remove(ann, failed(ann, chat))
    for message in (gone, say(ann, chat), answered(ann, chat), ask(ann, chat)):
        with pytest.raises(BadTransition):
            retry(ann, message)


def test_who_may_not_send_does_not_retry(ann: User, mod: User, chat: Chat) -> None:
    first, second = failed(ann, chat), failed(ann, chat)
    set_frozen(actor_of(ann), chat.pk, frozen=True)
    with pytest.raises(ChatFrozen):
        retry(ann, first)
    assert retry(mod, first)["status"] == "pending"
    set_frozen(actor_of(ann), chat.pk, frozen=False)
    Membership.objects.filter(user=ann).update(muted=True)
    with pytest.raises(Muted):
        retry(ann, second)
    assert now_is(second) == second
    assert cancel(ann, first)["status"] == "error"


# --- cancel ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["ann", "mod"])
def test_cancelled_work_ends_and_keeps_its_text(who: str, ann: User, mod: User, chat: Chat) -> None:
    message = ask(ann, chat)
    claim = begin(message)
    jobs.save(claim, "Bec", "<p>Bec</p>")
    stopped = cancel(ann if who == "ann" else mod, message)
    assert (stopped["status"], stopped["error"]["code"]) == ("error", "cancelled")
    assert (stopped["content"], stopped["html"]) == ("Bec", "<p>Bec</p>")
    assert not Job.objects.exists()
    assert not complete(claim)
    assert not fail(claim)
    assert steps(chat, message)[-1][0] == "cancel"
    assert stopped["error"]["retryable"] is True
    assert stopped["metadata"]["processingTime"] >= 0
    again = retry(ann, message)
    assert (again["status"], again["metadata"]) == ("pending", {"source": "ai"})


def test_work_that_has_not_begun_can_be_cancelled(ann: User, chat: Chat) -> None:
    stopped = cancel(ann, ask(ann, chat))
    assert (stopped["error"]["code"], stopped["metadata"]) == ("cancelled", {"source": "ai"})


def test_only_open_work_is_cancelled(ann: User, chat: Chat) -> None:
    gone = remove(ann, ask(ann, chat))
    for message in (say(ann, chat), answered(ann, chat), failed(ann, chat), gone):
        with pytest.raises(BadTransition):
            cancel(ann, message)


@pytest.mark.parametrize("verb", [retry, cancel])
def test_a_member_who_did_not_ask_may_not_and_an_outsider_finds_nothing(
    verb: object, ann: User, bob: User, eve: User, chat: Chat
) -> None:
    message = failed(ann, chat) if verb is retry else ask(ann, chat)
    with pytest.raises(Forbidden):
        verb(bob, message)
    with pytest.raises(NotFound):
        verb(eve, message)
    assert now_is(message)["status"] == message["status"]


def test_a_message_is_not_reached_through_another_chat(ann: User, chat: Chat) -> None:
    other, message = create_chat(actor_of(ann), "Other"), failed(ann, chat)
    with pytest.raises(NotFound):
        pipeline.retry(actor_of(ann), message["messageId"], chat_id=other)


# --- feedback -------------------------------------------------------------------------------------


def test_everybody_has_one_opinion_of_an_answer(ann: User, bob: User, chat: Chat) -> None:
    answer = answered(ann, chat)
    for user, verdict in ((ann, "up"), (bob, "up"), (ann, "down")):
        rate(user, answer, verdict)
    assert set(Feedback.objects.values_list("user_id", "verdict")) == {
        (ann.pk, "down"),
        (bob.pk, "up"),
    }
    rate(ann, answer, None)
    assert Feedback.objects.get().user_id == bob.pk


def test_only_finished_answers_are_rated_and_not_by_outsiders(
    ann: User, eve: User, chat: Chat
) -> None:
    with pytest.raises(NotFound):
        rate(eve, answered(ann, chat), "up")
    for message in (say(ann, chat), failed(ann, chat), ask(ann, chat)):
        with pytest.raises(BadTransition):
            rate(ann, message, "up")
