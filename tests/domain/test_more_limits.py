"""The limits beside one's own in a chat: the chat's, one's own everywhere, slow mode, attempts."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from messages import counts, held, invitations, membership, moderation, ratelimit
from messages.acceptance import accept_all
from messages.access import access_to, actor_of
from messages.chats import change_chat, create_chat
from messages.counts import Counter, Taken, Want
from messages.errors import (
    BadRequest,
    Forbidden,
    IdConflict,
    NotFound,
    RateLimited,
    Unavailable,
)
from messages.models import MAX_SLOW_MODE, Chat, Verb
from messages.pipeline import cancel, retry
from messages.ratelimit import Budget, Limit, Sender, SendLimit
from tests.domain.counting import forget_counts
from tests.domain.talk import accept, ask, draft, edit, kinds, log_of, say

Answers = list[Budget | RateLimited | None]


@pytest.fixture(autouse=True)
def _nobody_has_sent_before() -> Iterator[None]:
    forget_counts()
    yield
    forget_counts()


def told(answers: Answers) -> list[int | str | None]:
    """What is left, or the scope of a refusal."""
    return [
        answer.details["scope"] if isinstance(answer, RateLimited) else answer and answer.remaining
        for answer in answers
    ]


def test_a_chat_has_a_limit_for_everybody_together(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND, settings.RATE_LIMIT_CHAT = "3/d", "4/d"
    limit = SendLimit()
    assert told(limit.take([Sender(1, "a")] * 4)) == [2, 1, 0, "chat"]
    assert told(limit.take([Sender(2, "a")] * 2)) == [2, "everyone"]
    assert told(limit.take([Sender(2, "b")])) == [2]


def test_a_person_has_a_limit_in_all_chats_together(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND, settings.RATE_LIMIT_USER = "3/d", "4/d"
    limit = SendLimit()
    assert told(limit.take([Sender(1, chat) for chat in "aabbc"])) == [2, 1, 2, 1, "user"]
    assert told(limit.take([Sender(2, "a")])) == [2]


def test_what_one_limit_refuses_costs_nothing_in_another(settings: Settings) -> None:
    settings.RATE_LIMIT_SEND, settings.RATE_LIMIT_CHAT = "2/d", "4/d"
    limit = SendLimit()
    assert told(limit.take([Sender(1, "a")] * 50))[:3] == [1, 0, "chat"]
    assert told(limit.take([Sender(2, "a")] * 2)) == [1, 0]


def test_slow_mode_lets_one_pass_in_its_time() -> None:
    limit = SendLimit()
    slow = Sender(1, "a", slow_seconds=30)
    first, second = limit.take([slow, slow])
    assert first is None
    (third,) = limit.take([slow])
    for refusal in (second, third):
        assert isinstance(refusal, RateLimited)
        assert refusal.details == {"scope": "slowMode"}
        assert 29_000 < (refusal.retry_after_ms or 0) <= 30_001
    assert told(limit.take([Sender(1, "b", 30), Sender(2, "a", 30)])) == [None, None]


def test_a_count_lives_from_its_first_step_and_is_granted_as_far_as_it_goes() -> None:
    now = 0.0
    local = counts.LocalCounts(clock=lambda: now)
    counter = Counter("x", 2, 30_000)
    assert local.take([Want(1, [counter])]) == [Taken(1, 1, -1, 0)]
    now = 29.0
    assert local.take([Want(3, [counter])]) == [Taken(1, 2, 0, 1_001)]
    now = 30.0
    assert local.take([Want(1, [counter])]) == [Taken(1, 1, -1, 0)]


@pytest.mark.django_db
def test_slow_mode_is_for_members_and_is_announced(
    ann: User, bob: User, eve: User, mod: User, chat: Chat
) -> None:
    change_chat(actor_of(ann), chat.pk, slow_mode_seconds=60)
    assert log_of(chat)[-1].data == {"title": "Lunch", "slowModeSeconds": 60}
    assert access_to(actor_of(bob), chat.pk).slow_mode_seconds == 60
    say(bob, chat)
    with pytest.raises(RateLimited) as refused:
        say(bob, chat)
    assert refused.value.details == {"scope": "slowMode"}
    for _ in range(2):
        say(ann, chat)
    with pytest.raises(NotFound):
        say(eve, chat)
    change_chat(actor_of(mod), chat.pk, slow_mode_seconds=0)
    say(bob, chat)


@pytest.mark.django_db
def test_only_who_manages_a_chat_slows_it_down(ann: User, bob: User, eve: User, chat: Chat) -> None:
    for user, refusal in ((bob, Forbidden), (eve, NotFound)):
        with pytest.raises(refusal):
            change_chat(actor_of(user), chat.pk, slow_mode_seconds=5)
    for seconds in (-1, MAX_SLOW_MODE + 1):
        with pytest.raises(BadRequest):
            change_chat(actor_of(ann), chat.pk, slow_mode_seconds=seconds)
    before = len(kinds(chat))
    change_chat(actor_of(ann), chat.pk, slow_mode_seconds=0)
    assert len(kinds(chat)) == before


@pytest.mark.django_db
def test_a_repeat_in_slow_mode_costs_no_time(ann: User, bob: User, chat: Chat) -> None:
    change_chat(actor_of(ann), chat.pk, slow_mode_seconds=60)
    say(bob, chat, clientMessageId="x")
    assert accept(bob, chat, clientMessageId="x").duplicate


@pytest.mark.django_db
def test_a_group_that_fails_gives_all_its_limits_back(
    ann: User, bob: User, chat: Chat, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_SEND, settings.RATE_LIMIT_CHAT = "2/d", "3/d"
    change_chat(actor_of(ann), chat.pk, slow_mode_seconds=60)

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr("messages.births.Births.write", fail)
        with pytest.raises(RuntimeError):
            accept_all([draft(bob, chat), draft(bob, chat), draft(ann, chat)])
    sent = [accept(user, chat).budget for user in (bob, ann, ann)]
    assert told([*sent]) == [1, 1, 0]
    other = create_chat(actor_of(bob), "Other")
    assert told([accept(bob, other).budget]) == [1]


@pytest.mark.django_db
def test_edits_and_work_asked_for_again_have_a_limit_of_their_own(
    ann: User, bob: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_CHANGES = "3/d"
    message, answer = say(ann, chat), ask(ann, chat)
    for words in ("1", "1", "2"):  # the same words are no change
        message = edit(ann, message, words)
    cancel(actor_of(ann), answer["messageId"])
    retry(actor_of(ann), answer["messageId"])
    cancel(actor_of(ann), answer["messageId"])
    for change in (
        lambda: edit(ann, message, "3"),
        lambda: retry(actor_of(ann), answer["messageId"]),
    ):
        with pytest.raises(RateLimited) as refused:
            change()
        assert refused.value.details == {"scope": "changes"}
    with pytest.raises(Forbidden):
        edit(bob, message, "mine")
    edit(bob, say(bob, chat), "3")


@pytest.mark.django_db
def test_changes_of_a_chat_and_of_who_is_in_it_count_with_them(
    ann: User, bob: User, eve: User, mod: User, chat: Chat, settings: Settings
) -> None:
    owner, member, guest, moderator = map(actor_of, (ann, bob, eve, mod))
    out = User.objects.create_user("out")
    membership.ban(owner, chat.pk, out.pk)
    link = invitations.create(owner, chat.pk)
    here = chat.pk
    settings.RATE_LIMIT_CHANGES = "1/d"
    for user in (ann, bob, eve, mod):
        ratelimit.changes.take(user.pk)
    before = kinds(chat)
    for change in (
        lambda: change_chat(owner, here, title="Dinner"),
        lambda: change_chat(owner, here, slow_mode_seconds=5),
        lambda: change_chat(owner, here, history="sinceJoining"),
        lambda: moderation.set_frozen(owner, here, frozen=True),
        lambda: moderation.change_member(owner, here, bob.pk, role="owner"),
        lambda: moderation.change_member(owner, here, bob.pk, muted=True),
        lambda: membership.add_member(owner, here, eve.pk),
        lambda: membership.remove_member(owner, here, bob.pk),
        lambda: membership.remove_member(member, here, bob.pk),
        lambda: moderation.ban(owner, here, bob.pk),
        lambda: moderation.ban(owner, here, eve.pk),
        lambda: moderation.lift_ban(owner, here, out.pk),
        lambda: held.set_filter(owner, here, words=["darn"], links=False),
        lambda: invitations.revoke(owner, here, link["invitationId"]),
        lambda: invitations.accept(guest, link["token"]),
    ):
        with pytest.raises(RateLimited) as refused:
            change()
        assert refused.value.details == {"scope": "changes"}
    assert kinds(chat) == before
    change_chat(owner, here, title="Lunch")  # as it is called already
    for user in (eve, bob):  # who may not is told so, and pays nothing
        with pytest.raises((NotFound, Forbidden)):
            change_chat(actor_of(user), here, title="Mine")
    moderation.decide(moderator, Verb.MUTE, chat_id=here, user_id=bob.pk)
    moderation.change_chat(moderator, here, title="Dinner", frozen=True)


@pytest.mark.django_db
def test_new_chats_and_people_put_into_chats_have_limits_of_their_own(
    ann: User, bob: User, eve: User, mod: User, chat: Chat, settings: Settings
) -> None:
    settings.RATE_LIMIT_CHATS, settings.RATE_LIMIT_PEOPLE = "2/d", "3/d"
    owner, others = actor_of(ann), [actor_of(user) for user in (bob, eve, mod)]
    with pytest.raises(IdConflict):
        create_chat(owner, "Again", chat_id=chat.pk)
    create_chat(owner, "Two", members=[*others[:2], owner])
    with pytest.raises(RateLimited) as refused:
        create_chat(owner, "Five", members=others)
    assert refused.value.details == {"scope": "people"}
    assert not Chat.objects.filter(title="Five").exists()
    membership.add_member(owner, chat.pk, eve.pk)
    with pytest.raises(RateLimited):
        membership.add_member(owner, chat.pk, mod.pk)
    with pytest.raises(RateLimited) as refused:
        create_chat(owner, "Three")
    assert refused.value.details == {"scope": "chats"}
    create_chat(owner, "By a command", members=others, is_free=True)
    create_chat(others[0], "Bob's")


# --- attempts at anything else -------------------------------------------------------------------


@pytest.fixture
def three_a_day(settings: Settings) -> Callable[..., Limit]:
    settings.RATE_LIMIT_REPORTS = "3/d"
    return lambda **options: Limit("tries", "RATE_LIMIT_REPORTS", **options)


def test_attempts_are_counted_for_each(three_a_day: Callable[..., Limit]) -> None:
    limit = three_a_day(closed=True)
    *_, last = (limit.take("ann") for _ in range(3))
    with pytest.raises(RateLimited) as refused:
        limit.take("ann")
    assert (refused.value.limit, refused.value.details) == (3, {"scope": "tries"})
    limit.take("bob")
    limit.give_back(last)
    limit.take("ann")


def test_what_is_given_back_later_gives_nobody_more_than_there_is(
    three_a_day: Callable[..., Limit], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in a window that it was not taken in, nor after its count has ended."""
    settings.RATE_LIMIT_REPORTS, now = "3/10s", time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    limit = three_a_day(closed=True)
    for forget in (lambda: None, forget_counts):
        taken = [limit.take("ann") for _ in range(2)]
        now += 20
        forget()
        for one in (*taken, *taken):
            limit.give_back(one)
        for _ in range(3):
            limit.take("ann")
        with pytest.raises(RateLimited):
            limit.take("ann")
        now += 20


def test_a_count_that_is_given_back_never_goes_below_nothing() -> None:
    counter = Counter("x", 2, 30_000)
    counts.take([Want(1, [counter])])
    counts.give_back({"x": 5, "never": 1})
    assert counts.read(["x", "never"]) == {"x": 0, "never": 0}
    assert counts.take([Want(9, [counter])])[0].granted == 2


@pytest.mark.parametrize("decided", ["closed", "open"])
def test_without_counters_it_is_closed_or_open_as_decided(
    decided: str, three_a_day: Callable[..., Limit], monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Any] = []

    def out_of_reach(*asked: Any) -> None:
        tries.append(asked)
        raise ConnectionError

    monkeypatch.setattr(counts, "take", out_of_reach)
    limit = three_a_day(closed=decided == "closed")
    for _ in range(5):
        if decided == "closed":
            with pytest.raises(Unavailable):
                limit.take("ann")
        else:
            limit.take("ann")
    assert len(tries) == 1  # nobody waits for them every time


def test_what_is_decided() -> None:
    decided = {
        "sign_ins_of_name": True,
        "sign_ins_from_address": True,
        "reports": False,
        "invitations": True,
        "changes": False,
        "chats": False,
        "people": False,
        "pictures": False,
    }
    assert {name: getattr(ratelimit, name).is_closed_without_counters for name in decided} == (
        decided
    )
