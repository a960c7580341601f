"""Work at the HTTP door: retry, cancel, the life of a message, and what an answer is worth."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages.models import Chat, Feedback
from messages.representation import WireMessage
from messages.writer import writer
from tests.domain.talk import VIDEO, say
from tests.domain.working import ask, begin, complete, failed, now_is
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pending(ann: User, chat: Chat) -> WireMessage:
    return writer.call(ask, ann, chat)


def path_of(message: WireMessage, verb: str) -> str:
    return f"chats/{message['chatId']}/messages/{message['messageId']}/{verb}/"


def test_cancel_and_retry_answer_with_the_message(ann: User, pending: WireMessage) -> None:
    caller = Caller(ann)
    stopped = caller.post(path_of(pending, "cancel"))
    assert (stopped.status_code, stopped.json()) == (200, now_is(pending))
    assert stopped.json()["error"]["code"] == "cancelled"
    assert refused(caller.post(path_of(pending, "cancel"))) == (409, "badTransition")
    again = caller.post(path_of(pending, "retry"))
    assert (again.status_code, again.json()) == (200, now_is(pending))
    assert (again.json()["status"], again.json()["error"]) == ("pending", None)
    assert refused(caller.post(path_of(pending, "retry"))) == (409, "badTransition")


def test_staff_may_too_and_a_member_who_did_not_ask_may_not(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    message = writer.call(failed, ann, chat)
    assert refused(Caller(bob).post(path_of(message, "retry"))) == (403, "forbidden")
    assert Caller(mod).post(path_of(message, "retry")).status_code == 200
    assert refused(Caller(bob).post(path_of(message, "cancel"))) == (403, "forbidden")
    assert Caller(mod).post(path_of(message, "cancel")).status_code == 200


@pytest.mark.parametrize("verb", ["retry", "cancel", "feedback", "timeline"])
def test_a_chat_of_ones_own_does_not_open_work_of_another(
    verb: str, eve: User, pending: WireMessage
) -> None:
    caller = Caller(eve)
    own = caller.post("chats/", {"title": "Mine"}).json()["chatId"]
    method = "GET" if verb == "timeline" else "POST"
    for chat_id in (own, pending["chatId"]):
        path = path_of(pending | {"chatId": chat_id}, verb)
        assert refused(caller.call(method, path, {"verdict": "up"})) == (404, "notFound")
    assert now_is(pending) == pending
    malformed = caller.call(method, f"chats/{own}/messages/x/{verb}/", {"verdict": "up"})
    assert refused(malformed) == (400, "badMessageId")


def life(caller: Caller, message: WireMessage) -> list[dict[str, Any]]:
    answer = caller.get(path_of(message, "timeline"))
    assert answer.status_code == 200
    assert list(answer.json()) == ["events"]
    return list(answer.json()["events"])


def test_the_life_of_an_answer_is_told_to_who_asked_and_to_staff(
    ann: User, bob: User, mod: User, pending: WireMessage
) -> None:
    writer.call(lambda: complete(begin(pending)))
    story = life(Caller(ann), pending)
    assert story == life(Caller(mod), pending)
    assert [(step["type"], (step["data"] or {}).get("status")) for step in story] == [
        ("ai_message", None),
        ("ai_message_update", "processing"),
        ("ai_message_update", "completed"),
    ]
    assert story[0] == {
        "seq": pending["seq"],
        "at": pending["timestamp"],
        "type": "ai_message",
        "actor": {"id": ann.pk, "name": "ann"},
        "data": None,
    }
    assert refused(Caller(bob).get(path_of(pending, "timeline"))) == (403, "forbidden")


def test_who_wrote_a_message_sees_its_life(ann: User, chat: Chat) -> None:
    video = writer.call(say, ann, chat, "", type="youtube", metadata={"url": VIDEO})
    message = writer.call(say, ann, chat)
    for mine, kind in ((video, "youtube_message"), (message, "user_message")):
        assert [step["type"] for step in life(Caller(ann), mine)] == [kind]


def test_an_answer_is_rated_by_each_member(ann: User, bob: User, pending: WireMessage) -> None:
    path = path_of(pending, "feedback")
    assert refused(Caller(bob).post(path, {"verdict": "up"})) == (409, "badTransition")
    writer.call(lambda: complete(begin(pending)))
    for user, verdict in ((ann, "up"), (bob, "down"), (ann, "down"), (bob, None)):
        answer = Caller(user).post(path, {"verdict": verdict})
        assert (answer.status_code, answer.json()) == (200, {"verdict": verdict})
    assert list(Feedback.objects.values_list("user_id", "verdict")) == [(ann.pk, "down")]
    for user, verdict in ((ann, "down"), (bob, None)):
        assert Caller(user).get(path).json() == {"verdict": verdict}


def test_what_one_thinks_of_an_answer_is_no_outsiders_to_ask(
    eve: User, pending: WireMessage
) -> None:
    assert refused(Caller(eve).get(path_of(pending, "feedback"))) == (404, "notFound")


@pytest.mark.parametrize("body", [{}, {"verdict": "so so"}, {"verdict": ["up"]}, {"verdict": 1}])
def test_a_malformed_verdict_is_called_so(
    body: dict[str, object], ann: User, pending: WireMessage
) -> None:
    answer = Caller(ann).post(path_of(pending, "feedback"), body)
    assert refused(answer) == (400, "badRequest")
    assert error_of(answer)["details"]["field"] == "verdict"


def test_the_question_and_its_job_come_from_one_send(ann: User, chat: Chat) -> None:
    sent = Caller(ann).post(chat_path(chat, "messages/"), draft(type="ai")).json()
    assert begin(sent["placeholder"]).message_id == sent["placeholder"]["messageId"]
