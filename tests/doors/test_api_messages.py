"""Messages over HTTP: sent, edited, removed."""

import threading
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from pytest_django import Settings

from messages.models import MAX_CONTENT, Chat, Event, Message
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_limit(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND = "0"


def test_a_send_is_stored_and_answered_as_over_the_socket(ann: User, chat: Chat) -> None:
    caller = Caller(ann)
    sent = caller.post(chat_path(chat, "messages/"), draft(content="Olá *você*"))
    assert sent.status_code == 201
    answer = sent.json()
    assert set(answer) == {"message", "duplicate", "budget"}
    assert (answer["duplicate"], answer["budget"]) == (False, None)
    message = answer["message"]
    assert message["content"] == "Olá *você*"
    assert message["author"] == {"id": ann.pk, "name": "ann"}
    path = chat_path(chat, f"messages/{message['messageId']}/")
    assert caller.get(path).json() == message


def test_the_same_send_again_is_answered_by_the_first(ann: User, bob: User, chat: Chat) -> None:
    caller, path = Caller(ann), chat_path(chat, "messages/")
    first = caller.post(path, draft()).json()
    again = caller.post(path, draft())
    assert again.status_code == 200
    assert again.json() == first | {"duplicate": True}
    assert refused(caller.post(path, draft(content="else"))) == (409, "idConflict")
    assert Caller(bob).post(path, draft()).status_code == 201
    assert Message.objects.count() == 2


def test_fifty_identical_sends_at_once_make_one_message(ann: User, chat: Chat) -> None:
    callers = [Caller(ann) for _ in range(50)]
    answers: list[Any] = []
    ready = threading.Barrier(len(callers))

    def send(caller: Caller) -> None:
        ready.wait()
        try:
            answers.append(caller.post(chat_path(chat, "messages/"), draft()))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[caller]) for caller in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 49}
    assert Counter(answer.json()["duplicate"] for answer in answers) == {False: 1, True: 49}
    assert len({answer.json()["message"]["messageId"] for answer in answers}) == 1
    assert Message.objects.count() == 1


def test_a_question_is_answered_with_its_placeholder(ann: User, chat: Chat) -> None:
    answer = Caller(ann).post(chat_path(chat, "messages/"), draft(type="ai")).json()
    assert (answer["message"]["type"], answer["message"]["status"]) == ("user", "completed")
    assert (answer["placeholder"]["type"], answer["placeholder"]["status"]) == ("ai", "pending")
    assert answer["placeholder"]["replyTo"] == answer["message"]["messageId"]


def test_only_staff_who_are_members_send_system_messages(ann: User, mod: User, chat: Chat) -> None:
    path, body = chat_path(chat, "messages/"), draft(type="system")
    assert refused(Caller(ann).post(path, body)) == (403, "forbidden")
    assert refused(Caller(mod).post(path, body)) == (403, "forbidden")
    Caller(mod).post(chat_path(chat, "members/"), {"userId": mod.pk})
    sent = Caller(mod).post(path, body)
    assert (sent.status_code, sent.json()["message"]["author"]) == (201, None)


@pytest.mark.parametrize(
    "change, code, field",
    [
        ({"type": "html"}, "badRequest", "type"),
        ({"type": None}, "badRequest", "type"),
        ({"type": ["user"]}, "badRequest", "type"),
        ({"clientMessageId": None}, "badRequest", "clientMessageId"),
        ({"clientMessageId": 7}, "badRequest", "clientMessageId"),
        ({"clientMessageId": "a b"}, "badRequest", "clientMessageId"),
        ({"clientMessageId": "a" * 65}, "badRequest", "clientMessageId"),
        ({"content": None}, "badRequest", "content"),
        ({"content": "  \n"}, "badRequest", "content"),
        ({"content": 7}, "badRequest", "content"),
        ({"content": {"a": 1}}, "badRequest", "content"),
        ({"content": "x" * (MAX_CONTENT + 1)}, "tooLarge", "content"),
        ({"replyTo": "x"}, "badMessageId", "replyTo"),
        ({"replyTo": 7}, "badMessageId", "replyTo"),
        ({"type": "youtube"}, "badRequest", "metadata.url"),
        ({"type": "youtube", "metadata": []}, "badRequest", "metadata.url"),
        (
            {"type": "youtube", "metadata": {"url": "https://evil.example/"}},
            "badRequest",
            "metadata.url",
        ),
    ],
)
def test_a_malformed_send_says_what_is_wrong_and_stores_nothing(
    change: dict[str, object], code: str, field: str, ann: User, chat: Chat
) -> None:
    answer = Caller(ann).post(chat_path(chat, "messages/"), draft() | change)
    error = error_of(answer)
    assert (error["code"], error["details"]["field"]) == (code, field)
    assert not Message.objects.exists()


@pytest.mark.parametrize("letter", ["x", "é", "😀", "\\", "\n", "\u2028"])
def test_the_longest_message_fits_however_it_is_spelled(letter: str, ann: User, chat: Chat) -> None:
    content = "x" + letter * (MAX_CONTENT - 1)
    sent = Caller(ann).post(chat_path(chat, "messages/"), draft(content=content))
    assert sent.status_code == 201
    assert sent.json()["message"]["content"] == content


def test_an_edit_is_of_the_version_that_was_seen(ann: User, bob: User, chat: Chat) -> None:
    caller = Caller(ann)
    message = caller.post(chat_path(chat, "messages/"), draft()).json()["message"]
    path = chat_path(chat, f"messages/{message['messageId']}/")
    edited = caller.patch(path, {"rev": 1, "content": "second"})
    assert (edited.status_code, edited.json()["content"], edited.json()["rev"]) == (
        200,
        "second",
        2,
    )
    assert refused(caller.patch(path, {"rev": 1, "content": "third"})) == (409, "conflict")
    assert refused(Caller(bob).patch(path, {"rev": 2, "content": "x"})) == (403, "forbidden")
    assert Caller(bob).get(path).json() == edited.json()


@pytest.mark.parametrize(
    "body, status, field",
    [
        ({"content": "x"}, 400, "rev"),
        ({"rev": "1", "content": "x"}, 400, "rev"),
        ({"rev": True, "content": "x"}, 400, "rev"),
        ({"rev": 0, "content": "x"}, 400, "rev"),
        ({"rev": 1.0, "content": "x"}, 400, "rev"),
        ({"rev": 1}, 400, "content"),
        ({"rev": 1, "content": None}, 400, "content"),
        ({"rev": 1, "content": 7}, 400, "content"),
        ({"rev": 1, "content": "x" * (MAX_CONTENT + 1)}, 413, "content"),
    ],
)
def test_a_malformed_edit_changes_nothing(
    body: dict[str, object], status: int, field: str, ann: User, chat: Chat
) -> None:
    caller = Caller(ann)
    message = caller.post(chat_path(chat, "messages/"), draft()).json()["message"]
    path = chat_path(chat, f"messages/{message['messageId']}/")
    answer = caller.patch(path, body)
    assert (answer.status_code, error_of(answer)["details"]["field"]) == (status, field)
    assert caller.get(path).json() == message


def test_a_removed_message_is_empty_for_everybody_and_for_good(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    caller = Caller(ann)
    message = caller.post(chat_path(chat, "messages/"), draft()).json()["message"]
    path = chat_path(chat, f"messages/{message['messageId']}/")
    removed = caller.delete(path)
    assert removed.status_code == 200
    assert (removed.json()["content"], removed.json()["html"]) == ("", "")
    assert removed.json()["removed"] == "author"
    for again in (caller.delete(path), Caller(mod).delete(path), Caller(bob).get(path)):
        assert (again.status_code, again.json()) == (200, removed.json())
    assert refused(Caller(bob).delete(path)) == (403, "forbidden")
    assert refused(caller.patch(path, {"rev": 2, "content": "x"})) == (409, "badTransition")
    assert Event.objects.filter(type="message_removed").count() == 1
