"""Rooms: every event once and in order, whatever way it is heard of; nothing kept for nobody."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from chatrouting.protocol import Notice
from chatrouting.registry import Registry
from messages.access import Reach
from messages.errors import NotFound
from messages.identity import Cursor
from tests.doors.fake_log import ANN, BOB, CHAT, Ear, FakeLog, Process, settle, until


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrouting.rooms.HOLD", 0.01)


@pytest.fixture
async def fake() -> FakeLog:
    return FakeLog()


@pytest.fixture
async def process(fake: FakeLog) -> AsyncIterator[Process]:
    process = Process(fake)
    yield process
    process.registry.close()
    await settle()


@pytest.fixture
async def ear(process: Process) -> Ear:
    """Ann's, from the beginning."""
    ear = Ear(ANN)
    await process.join(ear)
    return ear


# --- order ----------------------------------------------------------------------------------------


async def test_the_next_event_is_delivered_at_once(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    frame = fake.append()
    process.offer(frame)
    assert ear.seqs == [1]
    assert process.room.head == fake.head
    assert "events_since" not in fake.reads


async def test_what_came_before_is_dropped(process: Process, fake: FakeLog, ear: Ear) -> None:
    frames = fake.append_many(3)
    process.offer(*frames, *frames, frames[1])
    assert ear.seqs == [1, 2, 3]
    assert not process.room._order.is_holding


async def test_what_comes_too_early_waits_for_its_turn(
    process: Process, fake: FakeLog, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatrouting.rooms.HOLD", 3600)
    one, two, three, four = fake.append_many(4)
    process.offer(three, two, four, three)
    assert ear.seqs == []
    process.offer(one)
    assert ear.seqs == [1, 2, 3, 4]
    assert "events_since" not in fake.reads


async def test_a_hole_is_filled_from_the_log(process: Process, fake: FakeLog, ear: Ear) -> None:
    _, two, _, four = fake.append_many(4)
    process.offer(two, four)
    await until(lambda: ear.seqs)
    assert ear.seqs == [1, 2, 3, 4]
    assert fake.reads.count("events_since") == 1


async def test_a_hole_of_many_pages_is_filled(process: Process, fake: FakeLog, ear: Ear) -> None:
    process.offer(fake.append_many(1203)[-1])
    await until(lambda: len(ear.seqs) == 1203)
    assert ear.seqs == list(range(1, 1204))


async def test_what_is_heard_while_a_hole_is_filled_comes_once(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    one, two, three = fake.append_many(3)
    fake.may_answer.clear()
    process.offer(two)
    await until(lambda: "events_since" in fake.reads)
    process.offer(one, three)
    four = fake.append()
    assert ear.seqs == [1, 2, 3]
    fake.may_answer.set()
    process.offer(four)
    await settle()
    assert ear.seqs == [1, 2, 3, 4]


async def test_an_event_too_long_for_the_doorbell_is_read_at_once(
    process: Process, fake: FakeLog, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatrouting.rooms.HOLD", 3600)
    one, two = fake.append_many(2)
    process.offer(one._replace(text=None))
    await until(lambda: ear.seqs)
    process.offer(two)
    assert ear.seqs == [1, 2]


async def test_a_lost_last_event_is_found_by_comparing_heads(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    fake.append_many(2)
    await process.registry.tick()
    await until(lambda: ear.seqs)
    assert ear.seqs == [1, 2]


async def test_one_query_compares_the_heads_of_all_rooms(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    fake.reads.clear()
    await process.registry.tick()
    assert fake.reads == ["ends"]


async def test_a_log_that_cannot_be_read_is_read_later(
    process: Process, fake: FakeLog, ear: Ear, caplog: pytest.LogCaptureFixture
) -> None:
    fake.failures.append(OSError("the database is away"))
    process.offer(fake.append_many(2)[1])
    await until(lambda: not fake.failures and process.room._filling is None)
    assert ear.seqs == []
    assert "could not be read" in caplog.text
    await process.registry.tick()
    await until(lambda: ear.seqs)
    assert ear.seqs == [1, 2]


async def test_what_is_committed_while_a_room_opens_is_not_missed(
    process: Process, fake: FakeLog
) -> None:
    fake.append()
    fake.may_answer.clear()
    ear = Ear(ANN)
    joining = asyncio.create_task(process.join(ear))
    await until(lambda: fake.reads)
    process.offer(fake.append(), fake.append()._replace(text=None))
    fake.may_answer.set()
    await joining
    assert joining.result().seq == 1
    await until(lambda: ear.seqs == [2, 3])


async def test_two_who_open_a_room_at_once_are_in_the_same_one(
    process: Process, fake: FakeLog
) -> None:
    ears = [Ear(ANN), Ear(BOB)]
    await asyncio.gather(*(process.join(ear) for ear in ears))
    process.offer(fake.append())
    assert [ear.seqs for ear in ears] == [[1], [1]]
    assert fake.reads.count("_head_and_open") == 1


# --- slow listeners -------------------------------------------------------------------------------


async def test_a_slow_listener_falls_behind_alone_and_catches_up_in_order(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    slow = Ear(BOB)
    await process.join(slow)
    process.offer(*fake.append_many(2))
    slow.fill_up()
    process.offer(*fake.append_many(250))
    await settle()
    assert ear.seqs == list(range(1, 253))
    assert slow.seqs == [1, 2]
    assert process.room.audience.behind
    slow.make_room(for_frames=30)  # fills up again in the middle of a page
    await settle()
    assert slow.seqs == list(range(1, 33))
    slow.make_room()
    await until(lambda: not process.room.audience.behind)
    process.offer(fake.append())
    assert slow.seqs == ear.seqs == list(range(1, 254))


async def test_a_slow_listener_gets_no_ephemeral_frames(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    slow = Ear(BOB)
    await process.join(slow)
    slow.fill_up()
    process.offer(fake.append())
    process.registry.tell(CHAT, '{"op":"ephemeral","type":"typing"}', but=None)
    slow.make_room()
    await until(lambda: not process.room.audience.behind)
    assert slow.kinds("ephemeral") == []
    assert "typing" in ear.kinds("ephemeral")


async def test_somebody_who_starts_in_the_past_is_brought_up_to_date(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    process.offer(*fake.append_many(5))
    late = Ear(BOB)
    await process.join(late, Cursor(fake.epoch, 2))
    process.offer(fake.append())
    await until(lambda: not process.room.audience.behind)
    assert late.seqs == [3, 4, 5, 6]


async def test_somebody_who_knows_more_than_the_room_hears_nothing_twice(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    frames = fake.append_many(4)
    early = Ear(BOB)
    await process.join(early, Cursor(fake.epoch, 3))
    process.offer(*frames[:3])
    assert early.seqs == []
    process.offer(frames[3])
    assert early.seqs == [4]
    assert ear.seqs == [1, 2, 3, 4]


async def test_somebody_who_knows_more_than_the_room_makes_it_read_on(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    fake.append_many(3)
    await process.join(Ear(BOB), Cursor(fake.epoch, 3))
    await until(lambda: ear.seqs)
    assert ear.seqs == [1, 2, 3]
    assert not process.room.audience.ahead


async def test_a_reading_that_fails_while_catching_up_ends_with_a_notice(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    process.offer(*fake.append_many(3))
    fake.failures.append(OSError("the database is away"))
    late = Ear(BOB)
    await process.join(late, Cursor(fake.epoch, 1))
    await until(lambda: late.ended)
    assert late.ended == [Notice.POSITION_LOST]
    assert late.heard[-1] == {"op": "notice", "type": "positionLost", "chatId": CHAT}


async def test_whoever_leaves_while_catching_up_is_left_alone(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    process.offer(*fake.append_many(3))
    fake.may_answer.clear()
    late = Ear(BOB)
    subscription = await process.join(late, Cursor(fake.epoch, 1))
    await settle()
    process.registry.unsubscribe(subscription)
    fake.may_answer.set()
    await settle()
    process.offer(fake.append())
    assert late.heard == []
    assert all(subscription.listener is ear for subscription in process.room.audience.live)


# --- numbers that begin anew ----------------------------------------------------------------------


async def test_another_epoch_ends_everybodys_position(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    process.offer(*fake.append_many(3))
    behind = Ear(BOB)
    behind.fill_up()
    await process.join(behind, Cursor(fake.epoch, 1))
    fake.begin_anew("another", 2)
    await process.registry.tick()
    for each in (ear, behind):
        assert each.ended == [Notice.POSITION_LOST]
        assert each.heard[-1] == {"op": "notice", "type": "positionLost", "chatId": CHAT}
    await process.join(ear)
    process.offer(fake.append())
    assert ear.seqs == [1, 2, 3, 3]


async def test_an_event_of_another_epoch_is_never_delivered(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    """It may be of a later epoch, or one that was late itself: comparing heads tells."""
    stale = fake.append_many(2)
    fake.begin_anew("another", 1)
    await process.registry.tick()
    await process.join(ear)
    process.offer(*stale)
    assert ear.seqs == []
    process.offer(fake.append())
    await process.registry.tick()
    assert ear.seqs == [2]
    assert ear.ended == [Notice.POSITION_LOST]


async def test_a_position_of_another_epoch_is_refused(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    fake.begin_anew("another", 1)
    late = Ear(BOB)
    subscription = await process.join(late)
    assert subscription.ended
    assert late.ended == [Notice.POSITION_LOST]


async def test_a_chat_that_is_deleted_lets_everybody_go(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    fake.exists = False
    await process.registry.tick()
    assert ear.ended == [Notice.SUBSCRIPTION_REVOKED]
    assert ear.heard[-1] == {"op": "notice", "type": "subscriptionRevoked", "chatId": CHAT}
    with pytest.raises(NotFound):
        await process.registry.open(CHAT)


async def test_a_hole_below_what_is_kept_ends_positions_and_not_the_process(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    frames = fake.append_many(9)
    fake.forget_before(5)
    process.offer(frames[-1])
    await until(lambda: ear.ended)
    assert ear.ended == [Notice.POSITION_LOST]
    assert fake.reads.count("events_since") == 1
    await process.join(ear)
    process.offer(fake.append())
    assert ear.seqs == [10]


async def test_a_room_that_is_over_takes_nobody_in(
    process: Process, fake: FakeLog, ear: Ear
) -> None:
    room = process.room
    room.know_head(Cursor("another", 1))
    late = Ear(BOB)
    assert process.registry.subscribe(room, late, room.head, Reach(CHAT)).ended
    assert late.ended == [Notice.POSITION_LOST]


# --- letting go -----------------------------------------------------------------------------------


async def test_an_empty_room_is_let_go_after_two_ticks(process: Process, fake: FakeLog) -> None:
    subscription = await process.join(Ear(ANN))
    for _ in range(3):
        await process.registry.tick()
    assert CHAT in process.registry.rooms
    process.registry.unsubscribe(subscription)
    await process.registry.tick()
    assert CHAT in process.registry.rooms
    await process.registry.tick()
    assert process.registry.rooms == {}
    assert process.registry._emptied == set()
    assert process.registry._opening == {}


async def test_whoever_comes_back_in_time_finds_the_room_as_it_was(
    process: Process, fake: FakeLog
) -> None:
    ear = Ear(ANN)
    process.registry.unsubscribe(await process.join(ear))
    await process.registry.tick()
    room = process.room
    await process.join(ear)
    await process.registry.tick()
    await process.registry.tick()
    assert process.room is room
    process.offer(fake.append())
    assert ear.seqs == [1]


@pytest.mark.parametrize(
    "end", [lambda log: setattr(log, "exists", False), lambda log: log.begin_anew("x")]
)
async def test_a_room_that_is_over_is_let_go_too(
    end: Callable[[FakeLog], None], process: Process, fake: FakeLog, ear: Ear
) -> None:
    end(fake)
    for _ in range(3):
        await process.registry.tick()
    assert process.registry.rooms == {}


async def test_a_closed_room_leaves_no_task_behind(process: Process, fake: FakeLog) -> None:
    slow = Ear(BOB)
    await process.join(slow)
    slow.fill_up()
    process.offer(fake.append())
    fake.append()
    process.offer(fake.append())
    await settle()
    tasks = set(process.room._tasks._running)
    assert tasks
    process.registry.close()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert all(task.cancelled() for task in tasks)


async def test_opening_a_chat_that_does_not_exist_leaves_nothing(fake: FakeLog) -> None:
    process = Process(fake)
    fake.exists = False
    for _ in range(2):
        with pytest.raises(NotFound):
            await process.registry.open(CHAT)
    registry: Registry = process.registry
    assert (registry.rooms, registry._opening) == ({}, {})


async def test_opening_that_fails_can_be_tried_again(process: Process, fake: FakeLog) -> None:
    fake.failures.append(OSError("the database is away"))
    with pytest.raises(OSError, match="away"):
        await process.join(Ear(ANN))
    ear = Ear(ANN)
    await process.join(ear)
    process.offer(fake.append())
    assert ear.seqs == [1]


async def test_whoever_gives_up_while_a_room_opens_does_not_stop_the_others(
    process: Process, fake: FakeLog
) -> None:
    fake.may_answer.clear()
    ear = Ear(BOB)
    impatient = asyncio.create_task(process.join(Ear(ANN)))
    patient = asyncio.create_task(process.join(ear))
    await settle()
    impatient.cancel()
    fake.may_answer.set()
    await patient
    process.offer(fake.append())
    assert ear.seqs == [1]
