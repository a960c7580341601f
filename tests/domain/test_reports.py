"""Reports: who may make one, once, and that nobody else hears of it."""

import pytest
from django.contrib.auth.models import User

from messages.access import actor_of
from messages.cases import State, case_of, cases, context_of, count_open, past_of
from messages.chats import create_chat
from messages.errors import BadRequest, BadTransition, Forbidden, NotFound
from messages.log import LoggedEvent
from messages.models import Chat, Report
from messages.reports import report
from messages.representation import WireMessage
from tests.domain.talk import remove, say

pytestmark = pytest.mark.django_db


def reported(user: User, message: WireMessage, reason: object = "Rude") -> None:
    report(actor_of(user), message["messageId"], reason)


def test_a_member_reports_once_and_nobody_hears_of_it(
    ann: User, bob: User, chat: Chat, heard: list[list[LoggedEvent]]
) -> None:
    message = say(bob, chat)
    del heard[:]
    for reason in (" Rude ", "Very rude"):
        reported(ann, message, reason)
    row = Report.objects.get()
    assert (row.reporter, row.message_id, row.reason) == (ann, message["messageId"], "Rude")
    assert heard == []
    chat.refresh_from_db()
    assert chat.last_seq == 3


def test_to_the_outsider_there_is_nothing_to_report(ann: User, eve: User, chat: Chat) -> None:
    message = say(ann, chat)
    refusals = []
    for message_id in (message["messageId"], f"1{message['messageId'][1:]}"):
        with pytest.raises(NotFound) as refusal:
            report(actor_of(eve), message_id, "Rude")
        refusals.append(refusal.value.as_dict())
    assert refusals[0] == refusals[1]
    assert not Report.objects.exists()


def test_a_message_of_another_chat_is_not_reported_here(ann: User, bob: User, chat: Chat) -> None:
    other = create_chat(actor_of(ann), "Other", members=[actor_of(bob)])
    message = say(ann, chat)
    with pytest.raises(NotFound):
        report(actor_of(bob), message["messageId"], "Rude", chat_id=other)


@pytest.mark.parametrize("reason", [None, "", " \n", "x" * 501, 7, "a\0b", "\ud800"], ids=repr)
def test_a_report_says_why(reason: object, ann: User, bob: User, chat: Chat) -> None:
    message = say(ann, chat)
    with pytest.raises(BadRequest) as refusal:
        reported(bob, message, reason)
    assert refusal.value.details == {"field": "reason"}


def test_ones_own_message_and_a_removed_one_are_not_reported(
    ann: User, bob: User, chat: Chat
) -> None:
    message = say(ann, chat)
    with pytest.raises(Forbidden):
        reported(ann, message)
    remove(ann, message)
    with pytest.raises(BadTransition):
        reported(bob, message)


def test_a_case_is_a_message_with_all_that_was_said_of_it(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    before, message, after = (say(bob, chat, words) for words in ("one", "two", "three"))
    reported(ann, message, "Rude")
    reported(mod, message, "Spam")
    case = case_of(message["messageId"])
    assert (case.message["content"], case.title, case.is_open) == ("two", "Lunch", True)
    assert [(r["reporter"]["name"], r["reason"]) for r in case.reports] == [
        ("ann", "Rude"),
        ("mod", "Spam"),
    ]
    assert context_of(message) == ([before], [after])
    past = past_of(bob.pk)
    assert (past.reports, past.open_reports, past.decisions) == (2, 2, [])
    assert count_open() == 1


def test_cases_come_in_pages_of_equally_many_queries(
    ann: User, bob: User, chat: Chat, django_assert_num_queries: object
) -> None:
    said = [say(bob, chat, str(number)) for number in range(5)]
    for message in said:
        reported(ann, message)
    with django_assert_num_queries(5):
        page, more = cases(State.OPEN, limit=3)
    assert ([case.message["content"] for case in page], more) == (["4", "3", "2"], True)
    with django_assert_num_queries(5):
        page, more = cases(State.OPEN, before=page[-1].position, limit=3)
    assert ([case.message["content"] for case in page], more) == (["1", "0"], False)
    assert cases(State.DECIDED) == ([], False)
