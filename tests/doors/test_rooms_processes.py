"""Several processes: what one commits the others hear, with the channel layer only sooner."""

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from channels.layers import get_channel_layer

from chatrouting import doorbell
from chatrouting.doorbell import group_of
from chatrouting.presence import ANNOUNCE_INTERVAL, LEAVE_DELAY, REMOTE_LIFETIME
from chatrouting.process import Process
from chatrouting.protocol import typing
from messages.access import Reach
from messages.identity import Cursor
from messages.log import LoggedEvent
from tests.doors.fake_log import ANN, BOB, CHAT, Ear, FakeLog, settle, until


class Side:
    """One process on the shared log, with a clock of its own."""

    def __init__(self, fake: FakeLog) -> None:
        self.log = fake
        self.now = 1000.0
        self.process = Process()
        self.process.start()
        self.registry = self.process.registry
        self.registry._read = fake.read  # type: ignore[assignment]
        self.registry._clock = lambda: self.now
        self.registry._announced_at = self.now
        self.process.endings.known = 0  # as long as nobody signs out

    async def join(self, ear: Ear, position: Cursor | None = None) -> Any:
        position = position or self.log.head
        room = await self.registry.open(CHAT)
        return self.registry.subscribe(room, ear, position, Reach(CHAT))

    def commit(self, count: int = 1) -> None:
        self.log.append_many(count)
        self.process.publish(self.log.events[-count:], 0)


@pytest.fixture(autouse=True)
def _hasty(shared_layer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatrouting.process.TICK", 3600.0)
    monkeypatch.setattr("chatrouting.rooms.HOLD", 0.01)
    monkeypatch.setattr("chatrouting.doorbell._PAUSE_AFTER_FAILURE", 0.01)


@pytest.fixture
async def fake() -> FakeLog:
    return FakeLog()


@pytest.fixture
async def sides(fake: FakeLog) -> AsyncIterator[list[Side]]:
    sides = [Side(fake), Side(fake)]
    await until(lambda: all(side.process.doorbell._joined for side in sides))
    yield sides
    for side in sides:
        await side.process.stop()


@pytest.fixture
def one(sides: list[Side]) -> Side:
    return sides[0]


@pytest.fixture
def two(sides: list[Side]) -> Side:
    return sides[1]


class FaultyLayer:
    """The channel layer with a third of its messages lost and the others late; or down."""

    def __init__(self, layer: Any, *, loses: float = 0.0, delays: int = 1) -> None:
        self._layer = layer
        self._loses = loses
        self._delays = delays
        self._late: list[tuple[str, Any]] = []
        self._chance = random.Random(3)
        self.is_down = False
        self.sent: list[tuple[str, str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)

    async def group_send(self, group: str, message: Any) -> None:
        if self.is_down:
            raise ConnectionError("the layer is away")
        self.sent.append((group, message["type"]))
        if self._chance.random() >= self._loses:
            self._late.append((group, message))
        while len(self._late) >= self._delays:
            await self._layer.group_send(*self._late.pop(self._chance.randrange(len(self._late))))


# --- events ---------------------------------------------------------------------------------------


async def test_what_one_process_commits_the_other_hears(
    one: Side, two: Side, fake: FakeLog
) -> None:
    near, far = Ear(ANN), Ear(BOB)
    await one.join(near)
    await two.join(far)
    one.commit()
    one.commit(3)
    await until(lambda: far.seqs == [1, 2, 3, 4])
    assert near.seqs == [1, 2, 3, 4]
    assert "events_since" not in fake.reads


async def test_a_batch_is_one_message_for_each_group(one: Side, two: Side, fake: FakeLog) -> None:
    layer = FaultyLayer(get_channel_layer())
    one.process.doorbell._layer = layer
    far = Ear(BOB)
    await two.join(far)
    for _ in range(5):
        one.commit(20)
    await until(lambda: len(far.seqs) == 100)
    assert [sent for sent in layer.sent if sent[1] == "events"] == [(group_of(CHAT), "events")]


async def test_nobody_hears_their_own_process_twice(one: Side, fake: FakeLog) -> None:
    ear = Ear(ANN)
    await one.join(ear)
    one.commit(3)
    await until(lambda: ear.seqs)
    await asyncio.sleep(0.05)
    assert ear.seqs == [1, 2, 3]


async def test_two_writing_processes_make_one_order(
    one: Side, two: Side, sides: list[Side], fake: FakeLog
) -> None:
    ears = [Ear(ANN), Ear(BOB)]
    for side, ear in zip(sides, ears, strict=True):
        await side.join(ear)
    for number in range(200):
        sides[number * 7 % 2].commit()
        if number % 20 == 0:
            await settle()
    for ear in ears:
        await until(lambda ear=ear: len(ear.seqs) == 200)  # type: ignore[misc]
        assert ear.seqs == list(range(1, 201))


async def test_a_third_of_the_messages_lost_and_the_rest_reordered_changes_nothing(
    one: Side, two: Side, sides: list[Side], fake: FakeLog
) -> None:
    for side in sides:
        side.process.doorbell._layer = FaultyLayer(get_channel_layer(), loses=0.3, delays=4)
    ears = [Ear(ANN), Ear(BOB)]
    for side, ear in zip(sides, ears, strict=True):
        await side.join(ear)
    for number in range(300):
        sides[number * 7 % 2].commit()
        await settle()
    for side in sides:
        await side.registry.tick()
    for ear in ears:
        await until(lambda ear=ear: len(ear.seqs) == 300)  # type: ignore[misc]
        assert ear.seqs == list(range(1, 301))


async def test_an_event_too_long_for_the_layer_is_only_named(
    one: Side, two: Side, fake: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "MAX_TEXT", 10)
    near, far = Ear(ANN), Ear(BOB)
    await one.join(near)
    await two.join(far)
    one.commit(2)
    await until(lambda: far.seqs == [1, 2])
    assert near.seqs == [1, 2]
    assert fake.reads.count("events_since") == 1


async def test_without_the_layer_everything_arrives_from_the_log(
    one: Side, two: Side, fake: FakeLog, caplog: pytest.LogCaptureFixture
) -> None:
    layer = FaultyLayer(get_channel_layer())
    one.process.doorbell._layer = layer
    near, far = Ear(ANN), Ear(BOB)
    await one.join(near)
    await two.join(far)
    layer.is_down = True
    for _ in range(5):
        one.commit()
        await settle()
    await until(lambda: near.seqs == [1, 2, 3, 4, 5])
    assert far.seqs == []
    await two.registry.tick()
    await until(lambda: far.seqs == [1, 2, 3, 4, 5])
    await until(lambda: "out of reach" in caplog.text)
    assert caplog.text.count("out of reach") == 1
    layer.is_down = False
    one.commit()
    await until(lambda: far.seqs[-1] == 6)


async def test_a_layer_that_cannot_be_joined_is_joined_later(
    one: Side, two: Side, fake: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell = two.process.doorbell
    joins = bell._join

    async def fail(_: str) -> None:
        raise ConnectionError

    monkeypatch.setattr(bell, "_join", fail)
    far = Ear(BOB)
    await two.join(far)
    monkeypatch.setattr(bell, "_join", joins)
    await bell.tick()
    one.commit()
    await until(lambda: far.seqs == [1])


async def test_more_than_may_wait_is_dropped_and_found_in_the_log(
    one: Side, two: Side, fake: FakeLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorbell, "MAX_WAITING", 10)
    far = Ear(BOB)
    await two.join(far)
    one.commit(50)
    await settle()
    await two.registry.tick()
    await until(lambda: len(far.seqs) == 50)
    one.commit()
    await until(lambda: len(far.seqs) == 51)


async def test_what_is_not_understood_is_ignored(
    one: Side, two: Side, fake: FakeLog, caplog: pytest.LogCaptureFixture
) -> None:
    far = Ear(BOB)
    await two.join(far)
    layer, group = get_channel_layer(), group_of(CHAT)
    for message in (
        {"type": "events", "process": "x", "body": b"{"},
        {"type": "events", "process": "x", "body": b'[["lunch"]]'},
        {"type": "presence", "process": "x", "body": b"[]"},
        {"type": "typing", "process": "x", "body": b"[]"},
        {"type": "unheard of", "process": "x", "body": b"1"},
        {"process": "x"},
        {},
    ):
        await layer.group_send(group, message)
    one.commit()
    await until(lambda: far.seqs == [1])
    assert "not understood" in caplog.text


# --- the moment -----------------------------------------------------------------------------------


async def test_typing_is_seen_in_the_other_process_but_not_by_oneself(
    one: Side, two: Side, fake: FakeLog
) -> None:
    others, own = Ear(BOB), Ear(ANN)
    await one.join(Ear(ANN))
    await two.join(others)
    await two.join(own)
    one.process.doorbell.say_typing(CHAT, ANN.id, typing(CHAT, ANN.as_author(), on=True))
    await until(lambda: "typing" in others.kinds("ephemeral"))
    assert "typing" not in own.kinds("ephemeral")


def people(side: Side) -> set[str]:
    return set(side.registry.rooms[CHAT].presence.here.values())


def told(ear: Ear) -> list[tuple[str, bool]]:
    return [
        (frame["user"]["name"], frame["online"])
        for frame in ear.heard
        if frame["op"] == "ephemeral" and frame["type"] == "presence"
    ]


async def test_people_of_all_processes_are_present(one: Side, two: Side, fake: FakeLog) -> None:
    near = Ear(ANN)
    await one.join(near)
    await two.join(Ear(BOB))
    await until(lambda: people(one) == people(two) == {"ann", "bob"})
    await until(lambda: told(near) == [("bob", True)])


async def test_a_room_that_opens_asks_who_is_elsewhere(one: Side, two: Side, fake: FakeLog) -> None:
    await one.join(Ear(ANN))
    await settle()
    far = Ear(BOB)
    await two.join(far)
    await until(lambda: people(two) == {"ann", "bob"})
    await until(lambda: told(far) == [("ann", True)])


async def test_leaving_elsewhere_is_told_after_the_delay(
    one: Side, two: Side, fake: FakeLog
) -> None:
    near = Ear(ANN)
    await one.join(near)
    subscription = await two.join(Ear(BOB))
    await until(lambda: told(near) == [("bob", True)])
    two.registry.unsubscribe(subscription)
    await until(lambda: one.registry.rooms[CHAT].presence._leaving)
    one.now += LEAVE_DELAY - 0.1
    await one.registry.tick()
    assert told(near) == [("bob", True)]
    one.now += 0.2
    await one.registry.tick()
    assert told(near) == [("bob", True), ("bob", False)]


async def test_going_from_one_process_to_the_other_is_not_leaving(
    one: Side, two: Side, fake: FakeLog
) -> None:
    near = Ear(ANN)
    await one.join(near)
    here = await one.join(Ear(BOB))
    one.registry.unsubscribe(here)
    await two.join(Ear(BOB))
    await until(lambda: one.registry.rooms[CHAT].presence._remote)
    one.now += LEAVE_DELAY * 2
    await one.registry.tick()
    assert told(near) == [("bob", True)]


async def test_people_of_a_process_that_died_are_forgotten(
    one: Side, two: Side, fake: FakeLog
) -> None:
    near = Ear(ANN)
    await one.join(near)
    await two.join(Ear(BOB))
    await until(lambda: told(near) == [("bob", True)])
    for _ in range(3):  # while it lives it says so
        for side in (one, two):
            side.now += ANNOUNCE_INTERVAL + 1
            await side.registry.tick()
        await settle()
        await asyncio.sleep(0.01)
    assert told(near) == [("bob", True)]
    one.now += REMOTE_LIFETIME + 1
    await one.registry.tick()
    one.now += LEAVE_DELAY
    await one.registry.tick()
    assert told(near) == [("bob", True), ("bob", False)]


@pytest.mark.parametrize(
    "message, data",
    [
        ({"status": "error", "removed": None}, {"change": "cancel"}),
        ({"status": "error", "removed": "author"}, None),
    ],
)
async def test_work_that_is_unwanted_is_looked_after_at_once_elsewhere(
    one: Side, two: Side, monkeypatch: pytest.MonkeyPatch, message: dict[str, Any], data: Any
) -> None:
    looked: list[int] = []
    monkeypatch.setattr(two.process.engine, "look_after", lambda: looked.append(2))
    event = LoggedEvent(CHAT, "e", 1, 0, "ai_message_update", None, message, data)
    one.process.publish([replace(event, message=message | {"removed": None}, data=None)], 0)
    one.process.publish([event], 0)
    await until(lambda: looked != [])
    await settle()
    assert looked == [2]


async def test_a_process_that_stops_leaves_nothing_running(fake: FakeLog) -> None:
    side = Side(fake)
    await side.join(Ear(ANN))
    await side.process.stop()
    coroutines = [task.get_coro() for task in asyncio.all_tasks() if not task.done()]
    files = [getattr(coroutine, "cr_code").co_filename for coroutine in coroutines]  # noqa: B009
    assert not [name for name in files if "/chatrouting/" in name]
