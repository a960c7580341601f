"""Who hears a room: nobody who was removed, from the moment on when the removal is in the log."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from chatrouting.known_access import KnownAccess
from chatrouting.protocol import EventFrame, Notice
from messages.access import Access, Actor
from messages.identity import Cursor
from messages.models import EventType
from tests.doors.fake_log import ANN, BOB, CHAT, MOD, Ear, FakeLog, Process, settle, until

REVOKED = {"op": "notice", "type": "subscriptionRevoked", "chatId": CHAT}


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrouting.rooms.HOLD", 0.0)


@pytest.fixture
async def fake() -> FakeLog:
    return FakeLog()


@pytest.fixture
async def process(fake: FakeLog) -> AsyncIterator[Process]:
    process = Process(fake)
    await process.join(Ear(ANN))
    yield process
    process.registry.close()
    await settle()


async def test_whoever_was_removed_hears_neither_that_nor_anything_later(
    process: Process, fake: FakeLog
) -> None:
    tabs = [Ear(BOB), Ear(BOB)]
    for tab in tabs:
        await process.join(tab)
    process.offer(fake.append(), fake.append("member_left", BOB), fake.append())
    for tab in tabs:
        assert tab.seqs == [1]
        assert tab.heard[-1] == REVOKED
        assert tab.ended == [Notice.SUBSCRIPTION_REVOKED]


async def test_the_others_stay(process: Process, fake: FakeLog) -> None:
    ann = Ear(ANN)
    await process.join(ann)
    process.offer(fake.append("member_left", BOB), fake.append())
    assert ann.kinds("event") == ["member_left", "user_message"]


async def test_a_removal_nobody_rang_for_is_found_by_comparing_heads(
    process: Process, fake: FakeLog
) -> None:
    bob = Ear(BOB)
    await process.join(bob)
    fake.append("member_left", BOB)
    fake.append()
    await process.registry.tick()
    await until(lambda: bob.ended)
    assert bob.heard == [REVOKED]


async def test_a_removal_that_is_overtaken_is_still_heard_first(
    process: Process, fake: FakeLog
) -> None:
    bob = Ear(BOB)
    await process.join(bob)
    left, later = fake.append("member_left", BOB), fake.append()
    process.offer(later)
    assert bob.heard == []
    process.offer(left)
    assert bob.heard == [REVOKED]


async def test_a_removed_listener_that_is_behind_gets_no_later_event(
    process: Process, fake: FakeLog
) -> None:
    bob = Ear(BOB)
    await process.join(bob)
    bob.fill_up()
    process.offer(*fake.append_many(3))
    process.offer(fake.append("member_left", BOB), *fake.append_many(2))
    bob.make_room()
    await until(lambda: bob.ended)
    assert bob.ended == [Notice.SUBSCRIPTION_REVOKED]
    assert bob.seqs == []


async def test_a_page_read_before_the_removal_ends_before_it(
    process: Process, fake: FakeLog
) -> None:
    bob = Ear(BOB)
    process.offer(*fake.append_many(3))
    fake.may_answer.clear()
    await process.join(bob, Cursor(fake.epoch, 1))
    await settle()  # the page has been read, its answer is on its way
    process.offer(fake.append("member_left", BOB), *fake.append_many(2))
    fake.may_answer.set()
    await until(lambda: bob.ended)
    assert all(seq <= 3 for seq in bob.seqs)
    assert bob.heard[-1] == REVOKED


async def test_whoever_was_removed_and_let_in_again_is_a_member(
    process: Process, fake: FakeLog
) -> None:
    bob = Ear(BOB)
    left, joined = fake.append("member_left", BOB), fake.append("member_joined", BOB)
    await process.join(bob)  # read the log with both, which the room has not heard yet
    process.offer(left, joined, fake.append())
    assert bob.seqs == [3]
    assert bob.ended == []


async def test_staff_read_along_also_after_they_left_as_members(
    process: Process, fake: FakeLog
) -> None:
    mod = Ear(MOD)
    await process.join(mod)
    process.offer(fake.append("member_joined", MOD), fake.append("member_left", MOD), fake.append())
    assert mod.seqs == [1, 2, 3]
    assert mod.ended == []


@pytest.mark.parametrize("was", ["live", "behind", "ahead"])
async def test_whoever_is_no_longer_staff_is_let_go(
    was: str, process: Process, fake: FakeLog
) -> None:
    mod = Ear(MOD)
    process.offer(*fake.append_many(2))
    if was == "ahead":
        fake.append()
        process.room.close()
    subscription = await process.join(mod)
    if was == "behind":
        mod.fill_up()
        process.offer(fake.append())
    mod.actor = Actor(MOD.id, "mod")
    process.room.recheck(subscription)
    await until(lambda: mod.ended)
    assert mod.heard == [REVOKED]
    process.offer(fake.append())
    assert mod.heard == [REVOKED]


async def test_a_new_name_lets_nobody_go(process: Process, fake: FakeLog) -> None:
    bob = Ear(BOB)
    subscription = await process.join(bob)
    bob.actor = Actor(BOB.id, "Bobby")
    process.room.recheck(subscription)
    await settle()
    process.offer(fake.append())
    assert bob.seqs == [1]


async def test_rights_that_cannot_be_looked_at_are_none(process: Process, fake: FakeLog) -> None:
    bob = Ear(BOB)
    subscription = await process.join(bob)
    fake.failures.append(OSError("the database is away"))
    process.room.recheck(subscription)
    await until(lambda: bob.ended)
    assert bob.ended == [Notice.POSITION_LOST]


async def test_presence_of_the_removed_ends_at_the_next_tick_here_and_elsewhere(
    process: Process, fake: FakeLog
) -> None:
    ann = Ear(ANN)
    await process.join(ann)
    await process.join(Ear(BOB))
    process.offer(fake.append("member_left", BOB))
    process.doorbell.said.clear()
    await process.registry.tick()
    assert ann.heard[-1] == {
        "op": "ephemeral",
        "type": "presence",
        "chatId": CHAT,
        "user": {"id": BOB.id, "name": "bob"},
        "online": False,
    }
    assert ("presence", {CHAT: {ANN.id: "ann"}}) in process.doorbell.said


async def test_removing_many_at_once_harms_nobody_else(process: Process, fake: FakeLog) -> None:
    ears = [Ear(Actor(100 + n, str(n))) for n in range(50)]
    fake.members |= {ear.actor.id for ear in ears}
    await asyncio.gather(*(process.join(ear) for ear in ears))
    for ear in ears[::2]:
        process.offer(fake.append("member_left", ear.actor))
    process.offer(fake.append())
    assert all(ear.seqs[-1] == 26 for ear in ears[1::2])
    assert all(len(ear.seqs) == n for n, ear in enumerate(ears[::2]))


# --- what a room remembers ------------------------------------------------------------------------


def access(actor: Actor, seq: int, kept_seq: int = 1) -> Access:
    known = Access.__new__(Access)
    object.__setattr__(known, "actor", actor)
    object.__setattr__(known, "head", Cursor("k3v9x2", seq))
    object.__setattr__(known, "kept_seq", kept_seq)
    return known


def event(seq: int, kind: str, user: Actor | None = None) -> EventFrame:
    return EventFrame(CHAT, "k3v9x2", seq, kind, "{}", user_id=user and user.id)


@pytest.fixture
def known() -> KnownAccess:
    known = KnownAccess()
    known.begin(10)
    return known


def test_an_answer_is_remembered_for_its_person_alone(known: KnownAccess) -> None:
    answer = access(BOB, 10)
    known.remember(answer)
    assert known.get(BOB) is answer
    assert known.get(ANN) is None


def test_an_answer_from_before_the_room_began_is_not_kept(known: KnownAccess) -> None:
    """The removal may lie in between, and the room will never hear of it."""
    known.remember(access(BOB, 9))
    assert known.get(BOB) is None


def test_an_answer_from_before_the_log_was_pruned_is_not_kept(known: KnownAccess) -> None:
    newer = access(ANN, 10, kept_seq=4)
    known.remember(newer)
    known.remember(access(BOB, 10))
    known.know_oldest(4)
    known.remember(access(MOD, 11))
    assert (known.get(ANN), known.get(BOB), known.get(MOD)) == (newer, None, None)


@pytest.mark.parametrize("kind", ["member_left", "member_joined"])
def test_a_change_of_one_membership_forgets_that_one(kind: str, known: KnownAccess) -> None:
    known.remember(access(BOB, 10))
    known.remember(access(ANN, 10))
    known.hear(event(11, kind, BOB))
    assert known.get(BOB) is None
    assert known.get(ANN) is not None


@pytest.mark.parametrize(
    "kind",
    ["member_muted", "member_unmuted", "chat_frozen", "chat_unfrozen", "chat_renamed"],
)
def test_a_change_for_many_forgets_everybody(kind: str, known: KnownAccess) -> None:
    known.remember(access(BOB, 10))
    known.remember(access(ANN, 10))
    known.hear(event(11, kind, BOB))
    assert known.get(BOB) is None
    assert known.get(ANN) is None


@pytest.mark.parametrize("kind", ["member_left", "chat_frozen"])
def test_an_answer_read_before_a_change_and_arriving_after_it_is_not_kept(
    kind: str, known: KnownAccess
) -> None:
    known.hear(event(11, kind, BOB))
    known.remember(access(BOB, 10))
    assert known.get(BOB) is None
    known.remember(access(BOB, 11))
    assert known.get(BOB) is not None


def test_messages_change_nobodys_access(known: KnownAccess) -> None:
    known.remember(access(BOB, 10))
    for seq, kind in enumerate(EventType.values, start=11):
        if kind.endswith(("_message", "_update")) or kind == "message_removed":
            known.hear(event(seq, kind))
    assert known.get(BOB) is not None


def test_an_answer_for_other_rights_is_none(known: KnownAccess) -> None:
    known.remember(access(MOD, 10))
    assert known.get(Actor(MOD.id, "mod", is_moderator=False)) is None
