"""Whatever the doorbell drops, doubles, delays or reorders, everybody ends with the whole log."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatrouting import rooms
from chatrouting.audience import Subscription
from chatrouting.protocol import EventFrame
from messages.identity import Cursor
from tests.doors.fake_log import ANN, BOB, Ear, FakeLog, Process, settle


def run(test: Coroutine[Any, Any, None]) -> None:
    hold, rooms.HOLD = rooms.HOLD, 0.0
    try:
        asyncio.run(test)
    finally:
        rooms.HOLD = hold


class World:
    """A process, a doorbell that loses things, and listeners that come, go and stall."""

    def __init__(self) -> None:
        self.log = FakeLog()
        self.process = Process(self.log)
        self.on_the_way: list[EventFrame] = []
        self.ears: list[tuple[Ear, int, Subscription]] = []

    async def do(self, step: str, number: int) -> None:
        if step in ("ring", "double", "lose"):
            self.use_doorbell(step, number)
        elif step in ("leave", "stall", "go on"):
            self.use_listener(step, number)
        elif step in ("fail", "hold up", "answer"):
            self.use_database(step)
        elif step == "commit":
            frames = self.log.append_many(number % 4 + 1)
            self.on_the_way += frames if number % 7 else [f._replace(text=None) for f in frames]
        elif step == "join":
            await self.join(number)
        elif step == "turn":
            await settle()
        elif step == "tick":
            self.use_database("back")
            await self.process.registry.tick()

    def use_doorbell(self, step: str, number: int) -> None:
        if not self.on_the_way:
            return
        which = number % len(self.on_the_way)
        if step != "lose":
            self.process.offer(self.on_the_way[which])
        if step != "double":
            self.on_the_way.pop(which)

    def use_listener(self, step: str, number: int) -> None:
        if not self.ears:
            return
        which = number % len(self.ears)
        ear, _, subscription = self.ears[which]
        if step == "leave":
            self.ears.pop(which)
            self.process.registry.unsubscribe(subscription)
        elif step == "stall":
            ear.fill_up(after=number % 3)
        else:
            ear.make_room()

    def use_database(self, step: str) -> None:
        if step == "fail":
            self.log.failures.append(OSError("the database is away"))
        elif step == "hold up":
            self.log.may_answer.clear()
        else:
            self.log.may_answer.set()
        if step == "back":
            self.log.failures.clear()

    async def join(self, number: int) -> None:
        """From a position the log has reached, as a subscribe finds it there."""
        self.use_database("back")
        position = Cursor(self.log.epoch, number % (self.log.head.seq + 1))
        ear = Ear(ANN if number % 2 else BOB)
        self.ears.append((ear, position.seq, await self.process.join(ear, position)))

    async def check(self) -> None:
        """With the layer gone for good and the database back, heads tell everything."""
        self.use_database("back")
        for ear, _, _ in self.ears:
            ear.make_room()
        for _ in range(3):
            await settle()
            await self.process.registry.tick()
        await settle()
        head = self.log.head.seq
        for ear, start, subscription in self.ears:
            if ear.ended:  # told so: a failing reading while they caught up
                assert ear.seqs == list(range(start + 1, start + 1 + len(ear.seqs)))
                continue
            assert ear.seqs == list(range(start + 1, head + 1))
            assert subscription in self.process.room.audience.live
        self.process.registry.close()
        await settle()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["commit"] * 3
            + ["ring"] * 3
            + ["double", "lose", "lose", "join", "join", "leave"]
            + ["stall", "go on", "fail", "hold up", "answer", "turn", "turn", "tick"]
        ),
        st.integers(0, 1000),
    ),
    max_size=60,
)


@settings(max_examples=300)
@given(STEPS)
def test_everybody_ends_with_the_whole_log_in_order(steps: list[tuple[str, int]]) -> None:
    async def program() -> None:
        world = World()
        for step, number in steps:
            await world.do(step, number)
        await world.check()

    run(program())


def test_a_third_lost_and_the_rest_in_any_order_still_makes_a_thousand() -> None:
    async def program() -> None:
        chance = random.Random(7)
        world = World()
        await world.join(0)
        await world.join(1)
        for _ in range(1000):
            world.on_the_way.append(world.log.append())
            while chance.random() < 0.5 and world.on_the_way:
                frame = world.on_the_way.pop(chance.randrange(len(world.on_the_way)))
                if chance.random() > 0.3:
                    world.process.offer(frame)
            if chance.random() < 0.1:
                await settle()
        await world.check()
        assert [len(ear.seqs) for ear, _, _ in world.ears] == [1000, 1000]

    run(program())
