"""Deciding in the admin: the same verbs, for moderators alone."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from messages import held
from messages.access import actor_of
from messages.errors import ChatError
from messages.models import Ban, Chat, Decision, Held, Membership, Message, Report
from messages.reports import report
from tests.domain.talk import say
from tests.doors.browsing import sign_in, text

pytestmark = pytest.mark.django_db(transaction=True)  # the writer is another thread


@pytest.fixture
def rude(ann: User, bob: User, chat: Chat) -> str:
    message_id: str = say(bob, chat, "Rude")["messageId"]
    report(actor_of(ann), message_id, "Rude")
    return message_id


def act(user: User, model: str, action: str, *keys: Any, **how: str) -> str:
    form = {"action": action, "_selected_action": keys} | how
    answer = sign_in(user).post(f"/admin/chat_messages/{model}/", form, follow=True)
    return text(answer) if answer.status_code == 200 else str(answer.status_code)


def verbs() -> list[tuple[str, str]]:
    return list(Decision.objects.order_by("pk").values_list("verb", "reason"))


def test_reported_messages_are_decided_about(mod: User, chat: Chat, rude: str) -> None:
    key = Report.objects.get().pk
    assert "Done: 1." in act(mod, "report", "remove", key, reason="Be kind")
    assert Message.objects.get().removed == "staff"
    assert "gone already" in act(mod, "report", "remove", key)
    assert "Done: 1." in act(mod, "report", "mute", key, minutes="5")
    assert Membership.objects.get(user__username="bob").muted_until is not None
    assert verbs() == [("remove", "Be kind"), ("mute", "")]


def test_members_and_chats_are_decided_about_and_it_is_undone(
    bob: User, mod: User, chat: Chat
) -> None:
    member = Membership.objects.get(user=bob).pk
    act(mod, "membership", "warn", member, reason="Be kind")
    act(mod, "membership", "ban", member, reason="Enough")
    act(mod, "chat", "freeze", chat.pk)
    for decision in Decision.objects.exclude(verb="warn"):
        act(mod, "decision", "undo", decision.pk, reason="Sorry")
    assert [verb for verb, _ in verbs()][:3] == ["warn", "ban", "freeze"]
    assert {verb for verb, reason in verbs() if reason == "Sorry"} == {"unban", "unfreeze"}
    chat.refresh_from_db()
    assert (chat.frozen, Ban.objects.exists()) == (False, False)


def test_what_waits_is_released_and_rejected(ann: User, bob: User, mod: User, chat: Chat) -> None:
    held.set_filter(actor_of(ann), chat.pk, words=["darn"], links=False)
    for words in ("Darn one", "Darn two"):
        with pytest.raises(ChatError):
            say(bob, chat, words)
    one, two = Held.objects.values_list("pk", flat=True)
    act(mod, "held", "release", one)
    act(mod, "held", "reject", two, reason="No")
    assert list(Message.objects.values_list("content", flat=True)) == ["Darn one"]
    assert verbs() == [("release", ""), ("reject", "No")]


@pytest.mark.parametrize("name", ["ann", "eve", "clerk"])
def test_nobody_else_decides_here(name: str, eve: User, chat: Chat, rude: str) -> None:
    """The clerk may look at everything in the admin, and is no moderator."""
    clerk = User.objects.create_user("clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    user = User.objects.get(username=name)
    member = Membership.objects.get(user__username="bob").pk
    act(user, "report", "remove", Report.objects.get().pk)
    act(user, "membership", "ban", member)
    act(user, "chat", "freeze", chat.pk)
    assert verbs() == []


def test_nothing_on_record_is_changed_or_deleted(mod: User, chat: Chat, rude: str) -> None:
    act(mod, "report", "dismiss", Report.objects.get().pk)
    root = sign_in(User.objects.create_superuser("root"))
    for model, row in (("report", Report.objects.get()), ("decision", Decision.objects.get())):
        page = f"/admin/chat_messages/{model}/{row.pk}/"
        assert root.get(f"{page}change/").status_code == 200
        assert root.post(f"{page}change/", {"reason": "Other"}).status_code == 403
        assert root.post(f"{page}delete/", {"post": "yes"}).status_code == 403
