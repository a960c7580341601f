"""Word filter and link policy: what waits, who sees it, and what becomes of it."""

import pytest
from django.contrib.auth.models import User

from messages import held
from messages.acceptance import accept_all
from messages.access import actor_of
from messages.decisions import told_to
from messages.errors import BadRequest, ChatError, Forbidden, IdConflict, Muted, NotFound
from messages.filters import MAX_WAITING, HeldForReview, why_held
from messages.log import LoggedEvent, lock_one
from messages.membership import remove_member
from messages.models import Chat, Decision, Held, Membership, Message
from messages.rendering import render
from tests.domain.talk import VIDEO, accept, draft, edit, kinds, log_of, say

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict(ann: User, chat: Chat) -> Chat:
    """Ann's chat, where some words and all links wait."""
    held.set_filter(actor_of(ann), chat.pk, words=["darn", "old  hat", "b*d", ""], links=True)
    return chat


def refusal(user: User, chat: Chat, content: str, **body: object) -> ChatError:
    with pytest.raises(ChatError) as caught:
        say(user, chat, content, **body)
    return caught.value


@pytest.mark.parametrize(
    "content, why",
    [
        ("Darn it", "word"),
        ("an OLD\nhat!", "word"),
        ("d\N{FULLWIDTH LATIN SMALL LETTER A}rn", "word"),
        ("da\u200brn", "word"),
        ("da\u034frn", "word"),
        ("d&#97;rn", "word"),
        ("d**ar**n", "word"),
        ("~~da~~rn", "word"),
        ("da&shy;rn", "word"),
        ("d[ar](mailto:x@y)n", "word"),
        ("an old **hat**", "word"),
        ("d\narn, or d\n- arn", None),
        ("this is b*d!", "word"),
        ("b*dly, or b d", None),
        ("old; hat", None),
        ("darning is fine", None),
        ("see https://example.org/", "link"),
        ("[x](https://example.org/)", "link"),
        ("`https://example.org/`", None),
        ("nothing", None),
    ],
)
def test_what_waits(content: str, why: str | None, strict: Chat) -> None:
    assert why_held(lock_one(strict.pk), content, render(content)) == why


def test_nothing_waits_unless_a_chat_wants_it(bob: User, chat: Chat) -> None:
    say(bob, chat, "Darn https://example.org/")
    assert not Held.objects.exists()


def test_what_waits_is_in_nobodys_log_and_not_sent_twice(
    bob: User, strict: Chat, heard: list[list[LoggedEvent]]
) -> None:
    del heard[:]
    for _ in range(2):
        error = refusal(bob, strict, "Darn", clientMessageId="key")
        assert error.as_dict()["code"] == "forbidden"
        assert error.details == {"held": True, "why": "word"}
    assert isinstance(refusal(bob, strict, "Darn!", clientMessageId="key"), IdConflict)
    assert (heard, kinds(strict, after=2)) == ([], [])
    assert not Message.objects.exists()
    (waiting,) = held.waiting(chat_id=strict.pk)
    assert (waiting["content"], waiting["why"], waiting["author"]["name"]) == (
        "Darn",
        "word",
        "bob",
    )


def test_a_held_send_costs_its_neighbours_nothing(ann: User, bob: User, strict: Chat) -> None:
    outcomes = accept_all([draft(bob, strict, word) for word in ("one", "darn", "two")])
    assert [isinstance(outcome, HeldForReview) for outcome in outcomes] == [False, True, False]
    assert kinds(strict, after=2) == ["user_message"] * 2


def test_owners_and_staff_do_not_wait(ann: User, strict: Chat) -> None:
    say(ann, strict, "Darn https://example.org/")
    assert not Held.objects.exists()


def test_not_more_than_some_of_one_person_wait(bob: User, strict: Chat) -> None:
    for _ in range(MAX_WAITING):
        refusal(bob, strict, "Darn")
    error = refusal(bob, strict, "Darn").as_dict()
    assert (error["code"], error["retryable"]) == ("forbidden", False)
    assert error["details"] == {"scope": "held"}
    say(bob, strict, "Fine")


def test_what_is_released_is_an_event_and_a_message_like_any_other(
    bob: User, mod: User, strict: Chat
) -> None:
    refusal(bob, strict, "Darn", clientMessageId="key")
    released = held.release(actor_of(mod), Held.objects.get().pk, reason="Harmless")
    (event,) = log_of(strict)[2:]
    assert (event.type, event.seq, event.message) == ("user_message", 3, released)
    assert (released["author"]["name"], released["clientMessageId"]) == ("bob", "key")
    assert event.actor == released["author"]
    again = accept(bob, strict, "Darn", clientMessageId="key")
    assert (again.duplicate, again.message) == (True, released)
    assert not Held.objects.exists()
    decision = Decision.objects.get()
    assert (decision.verb, decision.message_id) == ("release", released["messageId"])


def test_a_held_question_is_asked_when_it_is_released(bob: User, mod: User, strict: Chat) -> None:
    refusal(bob, strict, "Darn?", type="ai")
    held.release(actor_of(mod), Held.objects.get().pk)
    assert kinds(strict, after=2) == ["user_message", "ai_message"]


def test_what_is_rejected_is_forgotten_and_its_author_told(
    bob: User, mod: User, strict: Chat
) -> None:
    refusal(bob, strict, "Darn")
    key = Held.objects.get().pk
    held.reject(actor_of(mod), key, reason="No swearing")
    assert not Held.objects.exists()
    assert [(t["verb"], t["reason"]) for t in told_to(bob.pk, strict.pk)] == [
        ("reject", "No swearing")
    ]
    for verb in (held.release, held.reject):
        with pytest.raises(NotFound):
            verb(actor_of(mod), key)


@pytest.mark.parametrize("name", ["ann", "bob", "eve"])
def test_only_moderators_release_and_reject(name: str, bob: User, eve: User, strict: Chat) -> None:
    refusal(bob, strict, "Darn")
    actor = actor_of(User.objects.get(username=name))
    for verb in (held.release, held.reject):
        with pytest.raises(NotFound):
            verb(actor, Held.objects.get().pk)
    assert Held.objects.exists()


def test_what_its_author_may_no_longer_send_is_not_released(
    ann: User, bob: User, mod: User, strict: Chat
) -> None:
    refusal(bob, strict, "Darn")
    Membership.objects.filter(user=bob).update(muted=True)
    with pytest.raises(Muted):
        held.release(actor_of(mod), Held.objects.get().pk)
    remove_member(actor_of(ann), strict.pk, bob.pk)
    with pytest.raises(NotFound):
        held.release(actor_of(mod), Held.objects.get().pk)
    assert not Message.objects.exists()


def test_it_does_not_come_in_by_an_edit(ann: User, bob: User, strict: Chat) -> None:
    message = say(bob, strict, "Fine")
    for words in ("Darn", "~~Da~~rn"):
        with pytest.raises(HeldForReview) as caught:
            edit(bob, message, words)
        assert caught.value.details == {"held": False, "why": "word"}
    edit(bob, message, "Finer")
    edit(ann, say(ann, strict, "Mine"), "Darn")


def test_a_video_is_no_link(bob: User, strict: Chat) -> None:
    say(bob, strict, "", type="youtube", metadata={"url": VIDEO})


def test_members_and_outsiders_set_no_filter(bob: User, eve: User, mod: User, chat: Chat) -> None:
    for user, kind in ((bob, Forbidden), (eve, NotFound)):
        with pytest.raises(kind):
            held.set_filter(actor_of(user), chat.pk, words=["x"], links=True)
    assert held.filter_of(chat.pk) == {"words": [], "links": False}
    held.set_filter(actor_of(mod), chat.pk, words=["x", "x", " y  z "], links=False)
    assert held.filter_of(chat.pk) == {"words": ["x", "y z"], "links": False}


MANY = [f"word{n}" for n in range(1_000)]


@pytest.mark.parametrize("words", [None, "darn", [1], ["x" * 65], ["a\0"], MANY], ids=range(6))
def test_words_are_a_short_list(words: object, ann: User, chat: Chat) -> None:
    with pytest.raises(BadRequest):
        held.set_filter(actor_of(ann), chat.pk, words=words, links=False)
