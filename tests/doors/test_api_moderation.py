"""Moderation over HTTP: reports, decisions, what waits, and that others find nothing there."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from messages.models import Chat, Decision, Held, Message, Report
from tests.doors.browsing import say
from tests.doors.calling import Caller, chat_path, draft, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rude(ann: User, bob: User, chat: Chat) -> str:
    """The messageId of bob's, which ann has reported."""
    say(bob, chat, "You are rude")
    message_id = Message.objects.values_list("pk", flat=True).get()
    answer = Caller(ann).post(report_path(chat, message_id), {"reason": "Rude"})
    assert (answer.status_code, answer.content) == (204, b"")
    return message_id


def report_path(chat: Chat, message_id: str) -> str:
    return chat_path(chat, f"messages/{message_id}/report/")


def decide(user: User, **body: object) -> Any:
    return Caller(user).post("moderation/decisions/", body)


def test_a_report_is_made_once_and_members_see_nothing_of_it(
    ann: User, bob: User, eve: User, chat: Chat, rude: str
) -> None:
    assert Caller(ann).post(report_path(chat, rude), {"reason": "Again"}).status_code == 204
    assert Report.objects.get().reason == "Rude"
    for answer in (
        Caller(bob).get(chat_path(chat, "messages/")),
        Caller(bob).get(chat_path(chat, f"messages/{rude}/timeline/")),
        Caller(bob).get(chat_path(chat, "decisions/")),
    ):
        assert "Rude" not in answer.content.decode()
    assert refused(Caller(eve).post(report_path(chat, rude), {"reason": "Mine"})) == (
        404,
        "notFound",
    )
    assert refused(Caller(bob).post(report_path(chat, rude), {"reason": "Mine"})) == (
        403,
        "forbidden",
    )
    answer = Caller(ann).post(report_path(chat, rude), {})
    assert error_of(answer)["details"] == {"field": "reason"}


def test_to_others_there_is_no_moderation(
    ann: User, bob: User, eve: User, mod: User, chat: Chat, rude: str
) -> None:
    decide(mod, verb="freeze", chatId=chat.pk)
    before = Decision.objects.count()
    for user in (ann, bob, eve):
        caller = Caller(user)
        for answer in (
            caller.get("moderation/cases/"),
            caller.get(f"moderation/cases/{rude}/"),
            caller.get("moderation/decisions/"),
            caller.get("moderation/held/"),
            decide(user, verb="remove", messageIds=[rude]),
            caller.post(f"moderation/decisions/{Decision.objects.get().pk}/undo/", {}),
            caller.post("moderation/held/1/", {"verb": "release"}),
        ):
            assert refused(answer) == (404, "notFound")
    assert refused(Caller().get("moderation/cases/")) == (401, "unauthenticated")
    assert Decision.objects.count() == before


def test_a_moderator_finds_the_case_with_what_is_around_it(
    ann: User, bob: User, mod: User, chat: Chat, rude: str
) -> None:
    say(ann, chat, "After")
    caller = Caller(mod)
    page = caller.get("moderation/cases/").json()
    assert (page["more"], [case["message"]["messageId"] for case in page["cases"]]) == (
        False,
        [rude],
    )
    (report,) = page["cases"][0]["reports"]
    assert (report["reason"], report["reporter"]) == ("Rude", {"id": ann.pk, "name": "ann"})
    whole = caller.get(f"moderation/cases/{rude}/").json()
    assert [message["content"] for message in whole["after"]] == ["After"]
    assert whole["record"] == {"reports": 1, "openReports": 1, "decisions": []}
    assert caller.get("moderation/cases/?state=decided").json()["cases"] == []
    assert refused(caller.get("moderation/cases/?state=x")) == (400, "badRequest")


def test_what_was_decided_is_told_to_whom_it_is_about(
    bob: User, mod: User, chat: Chat, rude: str
) -> None:
    made = decide(mod, verb="remove", messageIds=[rude], reason="Be kind")
    assert made.status_code == 201
    (decision,) = made.json()["decisions"]
    assert (decision["by"]["name"], decision["user"]["name"]) == ("mod", "bob")
    (told,) = Caller(bob).get(chat_path(chat, "decisions/")).json()["decisions"]
    assert told == {
        "id": decision["id"],
        "verb": "remove",
        "at": decision["at"],
        "reason": "Be kind",
        "messageId": rude,
        "until": None,
        "undone": False,
    }
    message = Caller(bob).get(chat_path(chat, f"messages/{rude}/")).json()
    assert (message["content"], message["removed"]) == ("", "staff")
    assert refused(decide(mod, verb="remove", messageIds=[rude])) == (409, "conflict")


def test_many_are_decided_at_once_each_by_itself(
    ann: User, bob: User, mod: User, chat: Chat, rude: str
) -> None:
    say(bob, chat, "Worse")
    other = Message.objects.exclude(pk=rude).values_list("pk", flat=True).get()
    assert decide(mod, verb="remove", messageIds=[other]).status_code == 201
    body = decide(mod, verb="remove", messageIds=[rude, other, rude]).json()
    assert [decision["messageId"] for decision in body["decisions"]] == [rude]
    assert body["refused"] == {other: "conflict"}


def test_muting_banning_and_undoing(bob: User, mod: User, chat: Chat) -> None:
    about = {"chatId": chat.pk, "userId": bob.pk}
    muted = decide(mod, verb="mute", minutes=5, **about).json()["decisions"][0]
    assert refused(Caller(bob).post(chat_path(chat, "messages/"), draft())) == (403, "muted")
    undo = f"moderation/decisions/{muted['id']}/undo/"
    undone = Caller(mod).post(undo, {"reason": "Sorry"})
    assert (undone.status_code, undone.json()["undoes"]) == (201, muted["id"])
    assert refused(Caller(mod).post(undo, {})) == (409, "conflict")
    banned = decide(mod, verb="ban", reason="Enough", **about).json()["decisions"][0]
    assert Caller(bob).get(chat_path(chat)).status_code == 404
    assert refused(decide(mod, verb="ban", **about)) == (409, "conflict")
    assert Caller(mod).post(f"moderation/decisions/{banned['id']}/undo/").status_code == 201
    verbs = Caller(mod).get(f"moderation/decisions/?userId={bob.pk}").json()["decisions"]
    assert [decision["verb"] for decision in verbs] == ["unban", "ban", "unmute", "mute"]
    assert [decision["undone"] for decision in verbs] == [False, True, False, True]


@pytest.mark.parametrize(
    "body, field",
    [
        ({}, "verb"),
        ({"verb": "praise"}, "verb"),
        ({"verb": "release"}, "verb"),
        ({"verb": "mute", "minutes": 0}, "minutes"),
        ({"verb": "mute"}, "userId"),
        ({"verb": "remove"}, "messageId"),
        ({"verb": "warn", "userId": 1}, "reason"),
        ({"verb": "remove", "messageIds": []}, "messageIds"),
    ],
    ids=str,
)
def test_what_is_no_decision_is_said(
    body: dict[str, object], field: str, mod: User, chat: Chat
) -> None:
    answer = decide(mod, **{"chatId": chat.pk} | body)
    assert refused(answer) == (400, "badRequest")
    assert error_of(answer)["details"] == {"field": field}


def test_what_waits_is_released_or_rejected(
    ann: User, bob: User, eve: User, mod: User, chat: Chat
) -> None:
    path = chat_path(chat, "filter/")
    for user, refusal in ((bob, (403, "forbidden")), (eve, (404, "notFound"))):
        assert refused(Caller(user).get(path)) == refusal
        assert refused(Caller(user).put(path, {"words": [], "links": True})) == refusal
    wanted = {"words": ["darn"], "links": True}
    assert Caller(ann).put(path, wanted).json() == wanted
    assert Caller(ann).get(path).json() == wanted
    for key in ("one", "two"):
        answer = Caller(bob).post(chat_path(chat, "messages/"), draft(key, f"Darn {key}"))
        assert refused(answer) == (403, "forbidden")
        assert error_of(answer)["details"] == {"held": True, "why": "word"}
    caller = Caller(mod)
    one, two = caller.get("moderation/held/").json()["held"]
    assert (one["content"], one["author"]["name"], one["why"]) == ("Darn one", "bob", "word")
    released = caller.post(f"moderation/held/{one['id']}/", {"verb": "release"}).json()["message"]
    assert (released["content"], released["clientMessageId"]) == ("Darn one", "one")
    rejected = caller.post(f"moderation/held/{two['id']}/", {"verb": "reject", "reason": "No"})
    assert rejected.json() == {"message": None}
    assert refused(caller.post(f"moderation/held/{two['id']}/", {"verb": "reject"})) == (
        404,
        "notFound",
    )
    assert not Held.objects.exists()
    told = Caller(bob).get(chat_path(chat, "decisions/")).json()["decisions"]
    assert [(decision["verb"], decision["reason"]) for decision in told] == [
        ("reject", "No"),
        ("release", ""),
    ]
