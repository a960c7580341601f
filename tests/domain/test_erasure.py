"""Erasing somebody, and exporting what there is of them."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from messages import erasure, held, invitations, moderation
from messages.access import actor_of
from messages.chats import create_chat
from messages.errors import ChatError
from messages.identity import Cursor
from messages.membership import add_member, ban
from messages.models import (
    Chat,
    Decision,
    Event,
    Invitation,
    Membership,
    Message,
    Problem,
    Report,
    Verb,
)
from messages.pipeline import rate
from messages.reports import report
from messages.resumption import missed
from tests.domain.talk import VIDEO, ask, edit, log_of, remove, roles, say
from tests.people import make_moderator

pytestmark = pytest.mark.django_db

ANSWERS = ("> I was here\n\nmessage `{}`", "Ask Zaphod.", "Because.")
SECRET = "Zaphod"  # in every word of his, and in his name


@pytest.fixture
def zap(ann: User, chat: Chat) -> User:
    """Somebody with a past of every kind, in ann's chat and in one of his own."""
    user = User.objects.create_user(
        "Zaphod", "Zaphod@example.org", "demo", first_name="Zaphod", last_name="B"
    )
    add_member(actor_of(ann), chat.pk, user.pk)
    Client().force_login(user)
    AuthToken.objects.create(user=user)
    Client().post("/accounts/login/", {"username": "Zaphod", "password": "wrong"})
    Client().post("/accounts/login/", {"username": "ZAPHOD", "password": "wrong"})
    for by in (user, ann):  # a token of his, say, that staff have deleted
        LogEntry.objects.create(user=by, object_repr=f"digest : {SECRET}", action_flag=3)
    return user


@pytest.fixture
def past(ann: User, bob: User, mod: User, zap: User, chat: Chat) -> Chat:
    mine = say(ann, chat, "Hello")
    edited = edit(zap, say(zap, chat, f"{SECRET} was here"), f"{SECRET} is here")
    remove(zap, say(zap, chat, SECRET))
    answer = ask(zap, chat, f"Who is {SECRET}?")
    Message.objects.filter(pk=answer["messageId"]).update(
        content=SECRET, html=SECRET, status="completed"
    )
    rate(actor_of(zap), answer["messageId"], "up")
    video = say(zap, chat, SECRET, type="youtube", metadata={"url": VIDEO})
    Message.objects.filter(pk=video["messageId"]).update(
        transcript=SECRET, metadata={"title": SECRET}
    )
    about_him = ask(bob, chat, "What does he say?", replyTo=edited["messageId"])
    said = [(about_him, "Whatever he says"), *((ask(bob, chat), words) for words in ANSWERS)]
    for answer, content in said:
        found = Message.objects.filter(pk=answer["messageId"])
        found.update(content=content.format(edited["messageId"]), status="completed")
    report(actor_of(zap), mine["messageId"], f"{SECRET} says so")
    report(actor_of(bob), video["messageId"], f"{SECRET} again")
    about = {"chat_id": chat.pk, "user_id": zap.pk, "reason": f"{SECRET}!"}
    moderation.decide(actor_of(mod), Verb.MUTE, **about)
    moderation.decide(actor_of(mod), Verb.UNMUTE, **about)
    moderation.decide(
        actor_of(make_moderator(zap)), Verb.WARN, message_id=mine["messageId"], reason=SECRET
    )
    held.set_filter(actor_of(ann), chat.pk, words=["darn"], links=False)
    zap.groups.clear()
    with pytest.raises(ChatError):
        say(zap, chat, f"Darn, {SECRET}")
    create_chat(actor_of(zap), f"{SECRET} alone", chat_id="alone")
    say(zap, "alone", SECRET)
    create_chat(actor_of(zap), "His", chat_id="his", members=[actor_of(bob)])
    say(bob, "his", "Hello him")
    invitations.create(actor_of(zap), "his")
    other = create_chat(actor_of(ann), "Other", members=[actor_of(zap)])
    ban(actor_of(ann), other, zap.pk, reason=f"{SECRET}, of all people")
    Problem.objects.create(user=zap, at=1, words=f"{SECRET} is stuck", trace=[])
    return chat


def everything_stored() -> dict[str, str]:
    """Every table, as text without capitals."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = str(cursor.fetchall()).casefold()
    return found


def holes(chat: Chat) -> list[int]:
    seqs = [event.seq for event in log_of(chat)]
    return [seq for seq in range(1, len(seqs) + 1) if seq not in seqs]


def test_no_row_has_a_word_or_a_name_of_somebody_erased(past: Chat, zap: User) -> None:
    assert any(SECRET.casefold() in rows for rows in everything_stored().values())
    call_command("erase_user", "Zaphod", "--yes", verbosity=0)
    assert [table for table, rows in everything_stored().items() if SECRET.casefold() in rows] == []
    assert not Event.objects.filter(actor_id=zap.pk).exists()
    assert not Message.objects.filter(author_id=zap.pk).exists()
    assert not User.objects.filter(pk=zap.pk).exists()
    assert holes(past) == []


def test_what_others_wrote_stays(past: Chat) -> None:
    call_command("erase_user", "Zaphod", "--yes", verbosity=0)
    assert set(Message.objects.filter(removed=None).values_list("content", flat=True)) == {
        "Hello",
        "Hello him",
        "What does he say?",
        "Why?",
        "Because.",
    }
    assert roles(past) == {"ann": "owner", "bob": "member"}
    assert roles(Chat.objects.get(pk="his")) == {"bob": "owner"}
    assert not Chat.objects.filter(pk="alone").exists()
    assert not Invitation.objects.filter(revoked_at=None).exists()


def test_who_listens_forgets_as_well(past: Chat, ann: User) -> None:
    """Applying the new events to what a client had gives what a fresh one gets."""
    known = {e.message["messageId"]: e.message for e in log_of(past) if e.message}
    since = Cursor(past.epoch, log_of(past)[-1].seq)
    call_command("erase_user", "Zaphod", "--yes", verbosity=0)
    events = missed(actor_of(ann), past.pk, since).events
    known |= {e.message["messageId"]: e.message for e in events if e.message}
    assert known == {e.message["messageId"]: e.message for e in log_of(past) if e.message}
    assert {e.type for e in events} == {"member_left", "message_removed"}
    assert {m["removed"] for m in known.values()} == {None, "erasure"}
    assert {m["status"] for m in known.values()} == {"completed", "error"}  # nothing half done
    ends = {m["error"]["code"] for m in known.values() if m["status"] == "error"}
    assert ends == {"cancelled"}
    assert all(e.actor is None for e in events)


def test_decisions_stay_and_say_neither_about_whom_nor_why(past: Chat) -> None:
    call_command("erase_user", "Zaphod", "--yes", verbosity=0)
    assert {(d.verb, d.reason, d.user_id) for d in Decision.objects.exclude(verb="warn")} == {
        ("mute", "", None),
        ("unmute", "", None),
    }
    warned = Decision.objects.get(verb="warn")
    assert (warned.by, warned.reason) == (None, "")
    assert not Report.objects.exists()


def test_nobody_stays_signed_in(past: Chat, zap: User) -> None:
    steps = erasure.erase(zap.pk)
    next(steps)
    assert not Session.objects.exists()
    assert not AuthToken.objects.exists()
    Client().post("/accounts/login/", {"username": "Zaphod", "password": "demo"})
    assert not Session.objects.exists()


def test_a_run_that_was_stopped_anywhere_is_gone_on_with(
    past: Chat, zap: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(erasure, "STEP", 1)
    monkeypatch.setattr(erasure, "EVENTS_STEP", 3)
    for stop in range(1, 40):
        if not User.objects.filter(pk=zap.pk).exists():
            break
        for _ in _stopped_after(zap.pk, stop):
            pass
        assert holes(past) == []
    assert stop < 39
    assert [table for table, rows in everything_stored().items() if SECRET.casefold() in rows] == []
    erased = [e for e in log_of(past) if e.data == {"by": "erasure"}]
    removed = [e.message["messageId"] for e in erased if e.message]
    assert len(removed) == len(set(removed)), "said once each"


def _stopped_after(user_id: int, steps: int) -> Iterator[int]:
    running = erasure.erase(user_id)
    for _ in range(steps):
        try:
            yield next(running)
        except StopIteration:
            return
    running.close()


def test_nobody_is_erased_by_a_slip(past: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "Zafod")
    for name in ("Zaphod", "nobody"):
        with pytest.raises(CommandError):
            call_command("erase_user", name, verbosity=0)
    assert Membership.objects.filter(user__username="Zaphod").count() == 3


def test_an_export_has_everything_and_only_theirs(
    past: Chat, zap: User, capfdbinary: Any, tmp_path: Any
) -> None:
    call_command("export_user", "Zaphod", verbosity=0)
    whole = orjson.loads(capfdbinary.readouterr().out)
    assert whole["account"]["email"] == "Zaphod@example.org"
    assert {name: len(whole[name]) for name in whole if name != "account"} == {
        "messages": 5,
        "memberships": 3,
        "feedback": 1,
        "reports": 1,
        "held": 1,
        "events": 11,
        "problems": 1,
        "bans": 1,
        "invitations": 1,
        "revocations": 1,
        "decisionsAbout": 2,
        "decisionsBy": 1,
        "tokens": 1,
        "sessions": 1,
    }
    texts = [message["content"] for message in whole["messages"]]
    assert texts == [f"{SECRET} is here", "", f"Who is {SECRET}?", SECRET, SECRET]
    assert whole["messages"][3]["transcript"] == SECRET
    assert [report["reason"] for report in whole["reports"]] == [f"{SECRET} says so"]
    assert b"Hello" not in orjson.dumps(whole)
    file = tmp_path / "zaphod.json"
    call_command("export_user", "Zaphod", output=file, verbosity=0)
    assert orjson.loads(file.read_bytes()).keys() == whole.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["zaphod.json"]
