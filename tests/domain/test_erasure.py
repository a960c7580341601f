"""Erasing somebody, and exporting what there is of them."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from knox.models import AuthToken

from messages import erasure, held, invitations, jobs, moderation, told
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
    Job,
    Membership,
    Message,
    Problem,
    Report,
    Verb,
)
from messages.pipeline import rate
from messages.reports import report
from messages.resumption import missed
from messages.told import Telling
from tests.domain.talk import VIDEO, ask, edit, log_of, remove, roles, say
from tests.domain.working import KINDS, begin, complete
from tests.people import make_moderator

pytestmark = pytest.mark.django_db

ANSWERS = (
    *("> I was here\n\nmessage `{}`", "Ask Zaphod.", "as záphod beeble said", "ZAPHOD42 is right"),
    *("Mr Beeble", "Ask Beebles.", "Because."),
)
NAME = "Zaphod42"
SECRET = "Zaphod"  # in every word of his, and in his names


@pytest.fixture
def zap(ann: User, chat: Chat) -> User:
    """Somebody with a past of every kind, in ann's chat and in one of his own."""
    user = User.objects.create_user(
        NAME, "Zaphod@example.org", "demo", first_name="Zaphod", last_name="Beeble"
    )
    add_member(actor_of(ann), chat.pk, user.pk)
    Client().force_login(user)
    AuthToken.objects.create(user=user)
    Client().post("/accounts/login/", {"username": NAME, "password": "wrong"})
    Client().post("/accounts/login/", {"username": NAME.upper(), "password": "wrong"})
    for by in (user, ann):  # a token of his, say, that staff have deleted
        LogEntry.objects.create(user=by, object_repr=f"digest : {NAME}", action_flag=3)
    about = {"content_type": ContentType.objects.get_for_model(User), "object_id": user.pk}
    LogEntry.objects.create(user=ann, object_repr=NAME, action_flag=2, **about)
    return user


@pytest.fixture
def past(ann: User, bob: User, eve: User, mod: User, zap: User, chat: Chat) -> Chat:
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
    add_member(actor_of(zap), "his", eve.pk)
    ban(actor_of(zap), "his", eve.pk)
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
    call_command("erase_user", NAME, "--yes", verbosity=0)
    assert [table for table, rows in everything_stored().items() if SECRET.casefold() in rows] == []
    assert not Event.objects.filter(actor_id=zap.pk).exists()
    assert not Message.objects.filter(author_id=zap.pk).exists()
    assert not User.objects.filter(pk=zap.pk).exists()
    assert holes(past) == []


def test_what_others_wrote_stays(past: Chat) -> None:
    call_command("erase_user", NAME, "--yes", verbosity=0)
    assert set(Message.objects.filter(removed=None).values_list("content", flat=True)) == {
        "Hello",
        "Hello him",
        "What does he say?",
        "Why?",
        "Ask Beebles.",
        "Because.",
    }
    assert roles(past) == {"ann": "owner", "bob": "member"}
    assert roles(Chat.objects.get(pk="his")) == {"bob": "owner"}
    assert not Chat.objects.filter(pk="alone").exists()
    assert not Invitation.objects.filter(revoked_at=None).exists()


def test_answers_under_way_are_forgotten_or_begin_again(past: Chat, zap: User, bob: User) -> None:
    """What they had read of the chat is gone once their author's messages are."""
    Job.objects.all().delete()
    naming, half, silent = (begin(ask(bob, past)) for _ in range(3))
    told.keep([Telling(naming.message_id, naming.token, 0, "As Beeble says")])
    jobs.save(half, "Ask zap", "")
    told.keep([Telling(half.message_id, half.token, 4, "zaphod,")])
    for _ in erasure.erase(zap.pk):
        pass
    for claim in (naming, half, silent):
        assert not complete(claim, f"{SECRET} says so")
    assert (
        Message.objects.filter(
            pk__in=(naming.message_id, half.message_id), content="", removed="erasure"
        ).count()
        == 2
    )
    (anew,) = jobs.take(KINDS, limit=10, now=silent.claimed_at)
    assert (anew.message_id, anew.attempt) == (silent.message_id, 1)
    assert complete(anew)


def test_an_answer_that_ends_in_between_is_not_forgotten_about(
    past: Chat, zap: User, bob: User
) -> None:
    """One ends after each step, for as long as they were asked to."""
    Job.objects.all().delete()
    claims = [begin(ask(bob, past)) for _ in range(20)]
    ended = [
        complete(claim, SECRET) for claim, _ in zip(claims, erasure.erase(zap.pk), strict=False)
    ]
    assert ended[0]
    assert not ended[-1]
    assert [table for table, rows in everything_stored().items() if SECRET.casefold() in rows] == []


def test_who_listens_forgets_as_well(past: Chat, ann: User) -> None:
    """Applying the new events to what a client had gives what a fresh one gets."""
    known = {e.message["messageId"]: e.message for e in log_of(past) if e.message}
    since = Cursor(past.epoch, log_of(past)[-1].seq)
    call_command("erase_user", NAME, "--yes", verbosity=0)
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
    call_command("erase_user", NAME, "--yes", verbosity=0)
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
    Client().post("/accounts/login/", {"username": NAME, "password": "demo"})
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
    monkeypatch.setattr("builtins.input", lambda _: "Zafod42")
    for name in (NAME, "nobody"):
        with pytest.raises(CommandError):
            call_command("erase_user", name, verbosity=0)
    assert Membership.objects.filter(user__username=NAME).count() == 3


# What points at a person, and in which part of an export it is.
EXPORTED = {
    "admin.LogEntry.user": "adminLog",
    "auth.User_groups.user": "groups",
    "auth.User_user_permissions.user": "permissions",
    "knox.AuthToken.user": "tokens",
    "chat_messages.Ban.by": "bansBy",
    "chat_messages.Ban.user": "bans",
    "chat_messages.Decision.by": "decisionsBy",
    "chat_messages.Decision.user": "decisionsAbout",
    "chat_messages.Event.actor": "events",
    "chat_messages.Feedback.user": "feedback",
    "chat_messages.Held.author": "held",
    "chat_messages.Invitation.created_by": "invitations",
    "chat_messages.Membership.user": "memberships",
    "chat_messages.Message.author": "messages",
    "chat_messages.Problem.user": "problems",
    "chat_messages.Report.reporter": "reports",
    "chat_messages.Revocation.by": "revocationsBy",
    "chat_messages.Revocation.user": "revocations",
    "chat_messages.SignIn.user": "sessions",
}


def test_an_export_has_every_row_of_every_model_that_points_at_somebody(
    past: Chat, zap: User, capfdbinary: Any
) -> None:
    zap.groups.add(Group.objects.get(name="moderators"))
    zap.user_permissions.add(Permission.objects.get(codename="moderate_chat"))
    call_command("export_user", NAME, verbosity=0)
    whole = orjson.loads(capfdbinary.readouterr().out)
    lists = {n: items for n, items in (whole | whole["account"]).items() if isinstance(items, list)}
    rows = {
        f"{model._meta.label}.{field.name}": model._default_manager.filter(**{field.name: zap})
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is User
    }
    assert rows.keys() == EXPORTED.keys(), "what is new goes into an export too"
    assert {EXPORTED[name]: some.count() for name, some in rows.items()} == {
        name: len(lists[name]) for name in EXPORTED.values()
    }
    assert all(lists[name] for name in EXPORTED.values()), "or nothing is shown by it"


def test_an_export_has_everything_and_only_theirs(
    past: Chat, zap: User, capfdbinary: Any, tmp_path: Any
) -> None:
    call_command("export_user", NAME, verbosity=0)
    whole = orjson.loads(capfdbinary.readouterr().out)
    assert whole["account"]["email"] == "Zaphod@example.org"
    assert {name: len(whole[name]) for name in whole if name != "account"} == {
        "messages": 5,
        "answers": 1,
        "memberships": 3,
        "feedback": 1,
        "reports": 1,
        "held": 1,
        "events": 13,
        "problems": 1,
        "bans": 1,
        "bansBy": 1,
        "invitations": 1,
        "revocations": 1,
        "revocationsBy": 1,
        "adminLog": 1,
        "adminLogAbout": 1,
        "decisionsAbout": 2,
        "decisionsBy": 1,
        "tokens": 1,
        "sessions": 1,
        "signInAttempts": 2,
    }
    texts = [message["content"] for message in whole["messages"]]
    assert texts == [f"{SECRET} is here", "", f"Who is {SECRET}?", SECRET, SECRET]
    assert whole["messages"][3]["transcript"] == SECRET
    assert [answer["content"] for answer in whole["answers"]] == [SECRET]
    assert {row["username"].casefold() for row in whole["signInAttempts"]} == {"zaphod42"}
    assert "127.0.0.1" in {row["ipAddress"] for row in whole["signInAttempts"]}
    assert [report["reason"] for report in whole["reports"]] == [f"{SECRET} says so"]
    assert b"Hello" not in orjson.dumps(whole)
    file = tmp_path / "zaphod.json"
    call_command("export_user", NAME, output=file, verbosity=0)
    assert orjson.loads(file.read_bytes()).keys() == whole.keys()
    assert [path.name for path in tmp_path.iterdir()] == ["zaphod.json"]
