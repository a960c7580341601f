"""Decisions: what each does, its record, its event, its undoing, and who may not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from messages import access, invitations, moderation
from messages.access import access_to, actor_of
from messages.cases import State, case_of, cases
from messages.clock import now_ms
from messages.decisions import decisions, told_to
from messages.errors import BadRequest, BadTransition, Conflict, Forbidden, Muted, NotFound
from messages.members import member_of
from messages.membership import add_member, remove_member
from messages.models import Ban, Chat, Decision, Membership, Message, Report, Verb
from messages.reports import report
from messages.representation import WireMessage
from tests.domain.talk import ask, kinds, log_of, remove, say

pytestmark = pytest.mark.django_db


def decide(user: User, verb: Verb, **about: Any) -> Decision:
    return moderation.decide(actor_of(user), verb, **about)


@pytest.fixture
def rude(ann: User, bob: User, chat: Chat) -> WireMessage:
    """Bob's, which ann has reported."""
    message = say(bob, chat, "You are rude")
    report(actor_of(ann), message["messageId"], "Rude")
    return message


ABOUT_MESSAGE = [Verb.DISMISS, Verb.REMOVE, Verb.WARN, Verb.MUTE, Verb.FREEZE]
VERBS: dict[str, Callable[[User, Chat, WireMessage], object]] = {
    **{
        verb: lambda user, chat, message, verb=verb: decide(
            user, verb, message_id=message["messageId"], reason="So"
        )
        for verb in ABOUT_MESSAGE
    },
    "undo": lambda user, chat, message: moderation.undo(actor_of(user), Decision.objects.get().pk),
}


@pytest.mark.parametrize("name", ["ann", "bob", "eve"])
@pytest.mark.parametrize("verb", VERBS)
def test_to_whoever_is_no_moderator_nothing_is_decided(
    verb: str, name: str, eve: User, mod: User, chat: Chat, rude: WireMessage
) -> None:
    if verb == "undo":
        decide(mod, Verb.FREEZE, chat_id=chat.pk)
    before = kinds(chat), list(Decision.objects.values())
    with pytest.raises(NotFound):
        VERBS[verb](User.objects.get(username=name), chat, rude)
    assert (kinds(chat), list(Decision.objects.values())) == before


@pytest.mark.parametrize("verb", ABOUT_MESSAGE)
def test_a_decision_is_on_record_and_settles_the_reports(
    verb: Verb, bob: User, mod: User, chat: Chat, rude: WireMessage
) -> None:
    decision = decide(mod, verb, message_id=rude["messageId"], reason=" Be kind ")
    assert (decision.by, decision.user, decision.message_id) == (mod, bob, rude["messageId"])
    assert (decision.verb, decision.reason, decision.chat) == (verb, "Be kind", chat)
    assert Report.objects.get().decision == decision
    assert not case_of(rude["messageId"]).is_open
    assert [case.message["messageId"] for case in cases(State.DECIDED)[0]] == [rude["messageId"]]


def test_what_is_removed_is_gone_for_everybody(mod: User, chat: Chat, rude: WireMessage) -> None:
    decide(mod, Verb.REMOVE, message_id=rude["messageId"])
    event = log_of(chat)[-1]
    assert (event.type, event.data) == ("message_removed", {"by": "staff"})
    assert event.message is not None
    assert event.message["content"] == ""
    with pytest.raises(Conflict):
        decide(mod, Verb.REMOVE, message_id=rude["messageId"])
    assert Decision.objects.count() == 1


def test_removing_as_staff_by_any_door_is_a_decision_and_ones_own_is_not(
    bob: User, mod: User, chat: Chat, rude: WireMessage
) -> None:
    moderation.remove(actor_of(bob), say(bob, chat)["messageId"])
    assert not Decision.objects.exists()
    for _ in range(2):
        moderation.remove(actor_of(mod), rude["messageId"])
    assert [(d.verb, d.by) for d in Decision.objects.all()] == [("remove", mod)]
    assert Report.objects.get().decision is not None


def test_a_mute_keeps_its_person_from_writing_until_it_ends(
    bob: User, mod: User, chat: Chat, rude: WireMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision = decide(mod, Verb.MUTE, message_id=rude["messageId"], minutes=10)
    event = log_of(chat)[-1]
    assert event.type == "member_muted"
    assert event.data == {"user": {"id": bob.pk, "name": "bob"}, "until": decision.until}
    with pytest.raises(Muted) as refusal:
        say(bob, chat)
    assert refusal.value.details == {"until": decision.until}
    assert member_of(chat.pk, bob.pk)["muted"] is True
    for module in (access, __import__("messages.members", fromlist=["x"])):
        monkeypatch.setattr(module, "now_ms", lambda: decision.until + 1)
    say(bob, chat)
    assert access_to(actor_of(bob), chat.pk).permissions["send"] is True
    assert member_of(chat.pk, bob.pk)["muted"] is False


def test_a_mute_is_lifted_by_hand(bob: User, mod: User, chat: Chat) -> None:
    decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=bob.pk)
    with pytest.raises(Muted):
        say(bob, chat)
    decide(mod, Verb.UNMUTE, chat_id=chat.pk, user_id=bob.pk)
    assert kinds(chat, after=2) == ["member_muted", "member_unmuted"]
    say(bob, chat)
    with pytest.raises(Conflict):
        decide(mod, Verb.UNMUTE, chat_id=chat.pk, user_id=bob.pk)


@pytest.mark.parametrize("minutes", [0, -1, 10**9])
def test_a_mute_lasts_for_some_minutes(minutes: int, bob: User, mod: User, chat: Chat) -> None:
    with pytest.raises(BadRequest):
        decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=bob.pk, minutes=minutes)


def test_nobody_outside_a_chat_is_muted_in_it(eve: User, mod: User, chat: Chat) -> None:
    for verb in (Verb.MUTE, Verb.WARN):
        with pytest.raises(NotFound):
            decide(mod, verb, chat_id=chat.pk, user_id=eve.pk, reason="So")


def test_freezing_is_said_and_undone(ann: User, mod: User, chat: Chat) -> None:
    decision = decide(mod, Verb.FREEZE, chat_id=chat.pk)
    with pytest.raises(Conflict):
        decide(mod, Verb.FREEZE, chat_id=chat.pk)
    undone = moderation.undo(actor_of(mod), decision.pk, reason="Calm again")
    assert (undone.verb, undone.undoes, undone.reason) == ("unfreeze", decision, "Calm again")
    assert kinds(chat, after=2) == ["chat_frozen", "chat_unfrozen"]
    with pytest.raises(Conflict):
        moderation.undo(actor_of(mod), decision.pk)
    assert [d["undone"] for d in decisions(chat_id=chat.pk)] == [False, True]


def test_freezing_by_any_door_is_on_record_once(
    ann: User, bob: User, eve: User, chat: Chat
) -> None:
    for user, refusal in ((bob, Forbidden), (eve, NotFound)):
        with pytest.raises(refusal):
            moderation.change_chat(actor_of(user), chat.pk, frozen=True)
    for _ in range(2):
        moderation.change_chat(actor_of(ann), chat.pk, title="Calm", frozen=True)
    moderation.set_frozen(actor_of(ann), chat.pk, frozen=False)
    assert kinds(chat, after=2) == ["chat_renamed", "chat_frozen", "chat_unfrozen"]
    assert [(d.verb, d.by) for d in Decision.objects.order_by("pk")] == [
        ("freeze", ann),
        ("unfreeze", ann),
    ]


def test_a_dismissed_case_is_opened_again(mod: User, rude: WireMessage) -> None:
    decision = decide(mod, Verb.DISMISS, message_id=rude["messageId"])
    with pytest.raises(Conflict):
        decide(mod, Verb.DISMISS, message_id=rude["messageId"])
    moderation.undo(actor_of(mod), decision.pk)
    assert case_of(rude["messageId"]).is_open


def test_what_is_gone_is_not_brought_back(mod: User, rude: WireMessage) -> None:
    removed = decide(mod, Verb.REMOVE, message_id=rude["messageId"])
    with pytest.raises(BadTransition):
        moderation.undo(actor_of(mod), removed.pk)
    with pytest.raises(NotFound):
        moderation.undo(actor_of(mod), removed.pk + 1_000)


def test_a_warning_says_why_to_its_person_alone(
    ann: User, bob: User, mod: User, chat: Chat, rude: WireMessage
) -> None:
    with pytest.raises(BadRequest):
        decide(mod, Verb.WARN, message_id=rude["messageId"])
    decide(mod, Verb.WARN, message_id=rude["messageId"], reason="Be kind")
    (told,) = told_to(bob.pk, chat.pk)
    assert (told["verb"], told["reason"], told["messageId"]) == (
        "warn",
        "Be kind",
        rude["messageId"],
    )
    assert "by" not in told
    assert told_to(ann.pk, chat.pk) == []
    assert kinds(chat, after=rude["seq"]) == []


def test_nobody_is_told_that_a_report_of_theirs_was_dismissed(
    bob: User, mod: User, chat: Chat, rude: WireMessage
) -> None:
    decision = decide(mod, Verb.DISMISS, message_id=rude["messageId"], reason="Fine")
    moderation.undo(actor_of(mod), decision.pk)
    assert told_to(bob.pk, chat.pk) == []


def test_what_an_assistant_wrote_has_nobody_to_warn(ann: User, mod: User, chat: Chat) -> None:
    answer = ask(ann, chat)
    for verb in (Verb.WARN, Verb.MUTE):
        with pytest.raises(BadRequest) as refusal:
            decide(mod, verb, message_id=answer["messageId"], reason="So")
        assert refusal.value.details == {"field": "userId"}
    decide(mod, Verb.REMOVE, message_id=answer["messageId"])
    assert Message.objects.get(pk=answer["messageId"]).removed == "staff"


@pytest.mark.parametrize("verb", [Verb.DISMISS, Verb.REMOVE])
def test_a_decision_names_what_it_is_about(verb: Verb, mod: User, chat: Chat) -> None:
    for about in ({}, {"chat_id": chat.pk}):
        with pytest.raises(BadRequest):
            decide(mod, verb, **about)
    for verb_ in (Verb.REOPEN, Verb.RELEASE, Verb.REJECT):
        with pytest.raises(BadRequest):
            decide(mod, verb_, chat_id=chat.pk)
    with pytest.raises(NotFound):
        decide(mod, Verb.FREEZE, chat_id="nowhere")


def test_an_owner_mutes_and_gives_roles_in_one_go(ann: User, bob: User, chat: Chat) -> None:
    change = moderation.change_member
    change(actor_of(ann), chat.pk, bob.pk, role="owner", muted=True)
    assert kinds(chat, after=2) == ["member_joined", "member_muted"]
    change(actor_of(ann), chat.pk, bob.pk, muted=True)
    change(actor_of(ann), chat.pk, bob.pk, muted=False)
    change(actor_of(ann), chat.pk, bob.pk, muted=False)
    assert kinds(chat, after=4) == ["member_unmuted"]
    assert list(Decision.objects.values_list("verb", flat=True)) == ["unmute", "mute"]


def test_an_owners_ban_is_on_record_once(ann: User, bob: User, eve: User, chat: Chat) -> None:
    for user, refusal in ((bob, Forbidden), (eve, NotFound)):
        for verb in (moderation.ban, moderation.lift_ban):
            with pytest.raises(refusal):
                verb(actor_of(user), chat.pk, ann.pk)
    for _ in range(2):
        moderation.ban(actor_of(ann), chat.pk, bob.pk)
    moderation.lift_ban(actor_of(ann), chat.pk, bob.pk)
    assert [(d.verb, d.by, d.user) for d in Decision.objects.order_by("pk")] == [
        ("ban", ann, bob),
        ("unban", ann, bob),
    ]


def test_members_and_outsiders_mute_nobody(ann: User, bob: User, eve: User, chat: Chat) -> None:
    for user, refusal in ((bob, Forbidden), (eve, NotFound)):
        with pytest.raises(refusal):
            moderation.change_member(actor_of(user), chat.pk, ann.pk, muted=True)
    assert not Membership.objects.filter(muted=True).exists()
    assert not Decision.objects.exists()


def test_what_moderators_decided_is_not_for_owners_to_take_back(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=bob.pk)
    decide(mod, Verb.FREEZE, chat_id=chat.pk)
    owner = actor_of(ann)
    for change in ({"muted": False}, {"muted": True, "until": now_ms() + 1}):
        with pytest.raises(Forbidden):
            moderation.change_member(owner, chat.pk, bob.pk, **change)
    with pytest.raises(Forbidden):
        moderation.change_chat(owner, chat.pk, title="Free", frozen=False)
    chat.refresh_from_db()
    assert (chat.title, chat.frozen) == ("Lunch", True)
    moderation.change_chat(owner, chat.pk, frozen=True)  # as it is
    decide(mod, Verb.UNMUTE, chat_id=chat.pk, user_id=bob.pk)
    decide(mod, Verb.UNFREEZE, chat_id=chat.pk)
    moderation.change_member(owner, chat.pk, bob.pk, muted=True)
    moderation.change_member(owner, chat.pk, bob.pk, muted=False)
    moderation.set_frozen(owner, chat.pk, frozen=True)
    moderation.set_frozen(owner, chat.pk, frozen=False)
    say(bob, chat)


def test_a_mute_that_is_over_is_nobodys_to_take_back(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    decision = decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=bob.pk, minutes=1)
    Membership.objects.filter(user=bob).update(muted_until=now_ms() - 1)
    with pytest.raises(Conflict):
        moderation.undo(actor_of(mod), decision.pk)
    with pytest.raises(Conflict):
        decide(mod, Verb.UNMUTE, chat_id=chat.pk, user_id=bob.pk)
    moderation.change_member(actor_of(ann), chat.pk, bob.pk, muted=False)
    assert kinds(chat, after=2) == ["member_muted"]
    moderation.change_member(actor_of(ann), chat.pk, bob.pk, muted=True)
    with pytest.raises(Muted):
        say(bob, chat)


def test_undoing_what_is_no_longer_the_newest_changes_nothing(
    bob: User, mod: User, chat: Chat
) -> None:
    about = {"chat_id": chat.pk, "user_id": bob.pk}
    old = [decide(mod, Verb.MUTE, **about, minutes=1), decide(mod, Verb.FREEZE, chat_id=chat.pk)]
    decide(mod, Verb.UNFREEZE, chat_id=chat.pk)
    new = [decide(mod, Verb.MUTE, **about), decide(mod, Verb.FREEZE, chat_id=chat.pk)]
    before = kinds(chat)
    for decision in old:
        with pytest.raises(Conflict):
            moderation.undo(actor_of(mod), decision.pk)
    assert kinds(chat) == before
    for decision in new:
        moderation.undo(actor_of(mod), decision.pk)
    say(bob, chat)


def test_bans_of_several_are_undone_in_any_order(
    ann: User, bob: User, eve: User, mod: User, chat: Chat
) -> None:
    bans = [decide(mod, Verb.BAN, chat_id=chat.pk, user_id=user.pk) for user in (bob, eve)]
    for decision in bans:
        moderation.undo(actor_of(mod), decision.pk)
    assert not Ban.objects.exists()


@pytest.mark.parametrize("minutes", [None, 10])
def test_a_mute_is_not_left_behind_by_leaving(
    minutes: int | None, ann: User, bob: User, mod: User, chat: Chat
) -> None:
    decision = decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=bob.pk, minutes=minutes)
    link = invitations.create(actor_of(ann), chat.pk)["token"]
    remove_member(actor_of(bob), chat.pk, bob.pk)
    invitations.accept(actor_of(bob), link)
    with pytest.raises(Muted) as refusal:
        say(bob, chat)
    assert refusal.value.details == {"until": decision.until}
    decide(mod, Verb.UNMUTE, chat_id=chat.pk, user_id=bob.pk)
    remove_member(actor_of(bob), chat.pk, bob.pk)
    invitations.accept(actor_of(bob), link)
    say(bob, chat)


def test_a_mute_that_is_over_does_not_come_back(
    ann: User, bob: User, mod: User, chat: Chat
) -> None:
    decision = decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=bob.pk, minutes=1)
    Decision.objects.filter(pk=decision.pk).update(until=now_ms() - 1)
    remove_member(actor_of(ann), chat.pk, bob.pk)
    add_member(actor_of(ann), chat.pk, bob.pk)
    say(bob, chat)


def test_a_muted_owner_does_not_free_themselves(ann: User, mod: User, chat: Chat) -> None:
    decide(mod, Verb.MUTE, chat_id=chat.pk, user_id=ann.pk)
    with pytest.raises(Forbidden):
        moderation.change_member(actor_of(ann), chat.pk, ann.pk, muted=False)
    moderation.change_member(actor_of(mod), chat.pk, ann.pk, muted=False)
    say(ann, chat)


def test_a_case_that_its_author_removed_stays_open(
    bob: User, mod: User, chat: Chat, rude: WireMessage
) -> None:
    remove(bob, rude)
    assert case_of(rude["messageId"]).is_open
    decide(mod, Verb.MUTE, message_id=rude["messageId"], minutes=5)
    assert not case_of(rude["messageId"]).is_open
