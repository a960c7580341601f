"""The database writes down which sign-ins end, whoever ends them, in the order of the commits."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from knox.models import AuthToken

from messages import endings, triggers
from messages.models import Ending

pytestmark = pytest.mark.django_db(transaction=True)


def session() -> str:
    store = SessionStore()
    store.create()
    return str(store.session_key)


def ended_by(change: Callable[[], Any]) -> list[tuple[str, str]]:
    before = endings.newest()
    change()
    news = endings.since(before)
    assert news.newest == endings.newest()
    return news.ended or []


def test_every_end_is_written_down_with_who_it_concerns(ann: User) -> None:
    key, token = session(), AuthToken.objects.create(ann)[0]
    anns = User.objects.filter(pk=ann.pk)
    assert ended_by(Session.objects.all().delete) == [("session", key)]
    assert ended_by(AuthToken.objects.all().delete) == [("token", token.digest)]
    assert ended_by(lambda: anns.update(password="another")) == [("user", str(ann.pk))]
    assert ended_by(lambda: anns.update(is_active=False)) == [("user", str(ann.pk))]
    assert ended_by(anns.delete) == [("user", str(ann.pk))]


def test_what_ends_no_sign_in_is_not(ann: User) -> None:
    expired = Session.objects.filter(pk=session())
    expired.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert ended_by(expired.delete) == []
    assert ended_by(lambda: User.objects.update(last_login=timezone.now(), is_active=True)) == []
    assert ended_by(lambda: _roll_back(ann.delete)) == []


def _roll_back(change: Callable[[], Any]) -> None:
    with transaction.atomic():
        change()
        transaction.set_rollback(True)


def test_whoever_has_lost_their_place_is_told_so() -> None:
    assert endings.since(endings.NOWHERE).ended is None
    known = endings.newest()
    for _ in range(3):
        session()
    Session.objects.all().delete()
    assert len(endings.since(known).ended or []) == 3
    Ending.objects.filter(number=known + 1).delete()
    assert endings.since(known) == endings.News(known + 3, None)
    Ending.objects.all().delete()
    assert endings.since(known + 3) == endings.News(0, None)


@pytest.mark.skipif("connection.vendor == 'sqlite'", reason="one writes at a time")
def test_numbers_are_given_in_the_order_of_the_commits() -> None:
    """Whoever ended something earlier and commits later comes later."""
    early, late = session(), session()
    may_commit, has_ended = threading.Event(), threading.Event()

    def end_early() -> None:
        try:
            with transaction.atomic():
                Session.objects.filter(pk=early).delete()
                has_ended.set()
                assert may_commit.wait(10)
        finally:
            connection.close()

    known = endings.newest()
    thread = threading.Thread(target=end_early)
    thread.start()
    assert has_ended.wait(10)
    Session.objects.filter(pk=late).delete()
    assert endings.since(known) == endings.News(known + 1, [("session", late)])
    may_commit.set()
    thread.join()
    assert endings.since(known + 1) == endings.News(known + 2, [("session", early)])


def test_only_the_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "KEPT", 2)
    triggers.install("default")
    try:
        for _ in range(5):
            session()
        Session.objects.all().delete()
        assert Ending.objects.count() == 2
    finally:
        monkeypatch.undo()
        triggers.install("default")


def test_migrations_find_tables_without_triggers_and_leave_them_with(ann: User) -> None:
    plan = [object()]
    triggers.before_migrations(using="default", plan=plan)
    assert ended_by(lambda: User.objects.update(is_active=False)) == []
    triggers.after_migrations(using="default", plan=[])
    User.objects.update(is_active=True)
    assert ended_by(lambda: User.objects.update(is_active=False)) == [("user", str(ann.pk))]
