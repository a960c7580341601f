"""Reports of problems: kept for staff, bounded, and with nothing in them that could be content."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from messages import problems
from messages.models import Problem
from tests.doors.calling import Caller, error_of, refused

pytestmark = pytest.mark.django_db(transaction=True)

ENTRY = {"at": 250, "way": "in", "kind": "event", "type": "user_message", "chat": 0, "seq": 6}


def trace(*entries: Any, **more: Any) -> dict[str, Any]:
    return {"version": 1, "startedAt": 1_000, "entries": list(entries), **more}


def test_what_is_reported_is_kept_for_staff_to_read(ann: User, mod: User) -> None:
    caller = Caller(ann)
    body = {"words": "  It <b>stopped</b> ", "trace": trace(ENTRY)}
    answer = caller.call("POST", "problems/", body, HTTP_USER_AGENT="Browser/1\t2")
    problem = Problem.objects.get()
    assert (answer.status_code, answer.json()) == (201, {"problemId": problem.pk})
    assert (problem.user, problem.words) == (ann, "It <b>stopped</b>")
    assert (problem.trace, problem.agent) == (trace(ENTRY), "Browser/12")
    mod.is_superuser = True
    mod.save()
    staff, outsider = Client(), Client()
    staff.force_login(mod)
    outsider.force_login(ann)
    path = f"/admin/chat_messages/problem/{problem.pk}/change/"
    page = staff.get(path).content.decode()
    assert "in event type=user_message chat=0 seq=6" in page
    assert "It &lt;b&gt;stopped" in page
    assert staff.get("/admin/chat_messages/problem/").status_code == 200
    assert outsider.get(path).status_code == 302


@pytest.mark.parametrize(
    "bad",
    [
        None,
        [],
        {},
        trace(content="secret"),
        trace(version=2),
        trace(startedAt=-1),
        trace(entries={}),
        trace(*[ENTRY] * 501),
        trace("secret"),
        trace(ENTRY | {"content": "secret"}),
        trace(ENTRY | {"type": "what ann said"}),
        trace(ENTRY | {"kind": "x" * 41}),
        trace(ENTRY | {"chat": "lunch"}),
        trace(ENTRY | {"chat": 1_001}),
        trace(ENTRY | {"way": "up"}),
        trace(ENTRY | {"seq": True}),
        trace(ENTRY | {"ok": 1}),
        trace({"at": 1, "way": "in"}),
    ],
)
def test_a_trace_with_anything_else_in_it_is_refused(bad: Any, ann: User) -> None:
    answer = Caller(ann).post("problems/", {"words": "Help", "trace": bad})
    assert answer.status_code == 400
    assert error_of(answer)["details"]["field"].startswith("trace")
    assert not Problem.objects.exists()


@pytest.mark.parametrize("words", [None, "", "  ", "x" * 2_001, 7, ["x"]])
def test_words_have_to_be_there_and_are_bounded(words: Any, ann: User) -> None:
    answer = Caller(ann).post("problems/", {"words": words, "trace": trace()})
    assert (answer.status_code, error_of(answer)["details"]["field"]) == (400, "words")


def test_nobody_reports_without_end_or_unknown(
    ann: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"words": "Help", "trace": trace()}
    caller = Caller(ann)
    answers = [caller.post("problems/", body) for _ in range(problems.MAX_IN_AN_HOUR + 1)]
    assert {answer.status_code for answer in answers[:-1]} == {201}
    assert refused(answers[-1]) == (429, "rateLimited")
    assert answers[-1]["Retry-After"] == "3600"
    assert Caller(bob).post("problems/", body).status_code == 201
    later = problems.now_ms() + 3_600_001
    monkeypatch.setattr(problems, "now_ms", lambda: later)
    assert caller.post("problems/", body).status_code == 201
    assert refused(Caller().post("problems/", body)) == (401, "unauthenticated")
