"""What waits to go out on one connection: in order, bounded, and let go of when it ends."""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrouting.outbox import MAX_BYTES, MAX_FRAMES, Outbox

SOON = 2.0


class Wire:
    """A transport that can push back or break, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.drains = 0
        self.now = 100.0
        self.cut = 0  # sends that ended without having been taken
        self._writable = asyncio.Event()
        self._writable.set()
        self._broken = False
        self.outbox = Outbox(self.send, clock=lambda: self.now)
        self.outbox.on_drain = self._drained

    async def send(self, message: Mapping[str, Any]) -> None:
        try:
            await self._writable.wait()
            if self._broken:
                raise ConnectionResetError
        except BaseException:
            self.cut += 1
            raise
        assert message["type"] == "websocket.send"
        self.taken.append(message["text"])

    def push_back(self) -> None:
        self._writable.clear()

    def let_through(self) -> None:
        self._writable.set()

    def break_off(self) -> None:
        self._broken = True
        self._writable.set()

    def _drained(self) -> None:
        self.drains += 1

    async def settle(self) -> None:
        async with asyncio.timeout(SOON):
            await self.outbox.drained()


@pytest.fixture
async def wire() -> Wire:
    return Wire()


def numbers(count: int, start: int = 0) -> list[str]:
    return [str(n) for n in range(start, start + count)]


async def test_a_frame_goes_out_within_push_while_the_client_reads(wire: Wire) -> None:
    assert wire.outbox.push("a")
    wire.outbox.push_always("b")
    wire.outbox.push_if_idle("c")
    assert wire.taken == ["a", "b", "c"]
    assert wire.outbox.is_idle
    assert wire.outbox.stuck_for() == 0.0


async def test_frames_keep_their_order_when_the_client_pushes_back(wire: Wire) -> None:
    wire.outbox.push("first")
    wire.push_back()
    for text in numbers(50):
        assert wire.outbox.push(text)
    wire.outbox.push_always("reply")
    assert wire.taken == ["first"]
    assert not wire.outbox.is_idle
    wire.let_through()
    await wire.settle()
    assert wire.taken == ["first", *numbers(50), "reply"]
    wire.outbox.push("last")
    assert wire.taken[-1] == "last"


async def test_a_frame_pushed_while_the_queue_drains_waits_for_its_turn(wire: Wire) -> None:
    wire.push_back()
    for text in numbers(3):
        wire.outbox.push(text)
    wire.let_through()
    while not wire.taken:
        await asyncio.sleep(0)
    wire.outbox.push("late")
    await wire.settle()
    assert wire.taken == [*numbers(3), "late"]


@pytest.mark.parametrize(
    "text, most", [("x", MAX_FRAMES), ("x" * 1024, MAX_BYTES // 1024)], ids=["frames", "bytes"]
)
async def test_a_full_queue_refuses_a_push_but_never_a_reply(
    wire: Wire, text: str, most: int
) -> None:
    wire.push_back()
    taken = 0
    while wire.outbox.push(text):
        taken += 1
        assert taken <= most + 2
    assert taken >= most
    assert wire.outbox.is_full
    assert not wire.outbox.push(text)
    wire.outbox.push_always("reply")
    wire.let_through()
    await wire.settle()
    assert wire.taken == [text] * taken + ["reply"]
    assert not wire.outbox.is_full
    assert wire.outbox.push(text)


async def test_it_says_once_that_it_has_drained(wire: Wire) -> None:
    wire.outbox.push("nothing waited")
    assert wire.drains == 0
    wire.push_back()
    wire.outbox.push("a")
    wire.outbox.push("b")
    wire.let_through()
    await wire.settle()
    assert wire.drains == 1


async def test_what_may_be_dropped_is_dropped_while_something_waits(wire: Wire) -> None:
    wire.push_back()
    wire.outbox.push("a")
    wire.outbox.push_if_idle("typing")
    wire.let_through()
    await wire.settle()
    assert wire.taken == ["a"]
    wire.outbox.push_if_idle("typing")
    assert wire.taken == ["a", "typing"]


async def test_a_client_is_stuck_since_it_last_took_something(wire: Wire) -> None:
    wire.now = 100.0
    wire.push_back()
    wire.outbox.push("a")
    wire.outbox.push("b")
    wire.now = 129.0
    wire.outbox.push("c")
    assert wire.outbox.stuck_for() == 29.0
    wire.let_through()
    while len(wire.taken) < 1:
        await asyncio.sleep(0)
    wire.push_back()
    assert wire.outbox.stuck_for() == 0.0
    wire.now = 140.0
    await asyncio.sleep(0)
    assert wire.outbox.stuck_for() in (0.0, 11.0)
    wire.let_through()
    await wire.settle()
    assert wire.outbox.stuck_for() == 0.0


async def test_an_idle_client_is_not_stuck_however_long_nothing_is_said(wire: Wire) -> None:
    wire.outbox.push("a")
    wire.now = 1e6
    assert wire.outbox.stuck_for() == 0.0


async def test_nothing_goes_out_after_it_is_closed(wire: Wire) -> None:
    wire.push_back()
    wire.outbox.push("a")
    wire.outbox.push("b")
    await asyncio.sleep(0)
    wire.outbox.close()
    wire.outbox.push("c")
    wire.outbox.push_always("d")
    wire.outbox.push_if_idle("e")
    wire.let_through()
    await wire.settle()
    await asyncio.sleep(0)
    assert wire.taken == []
    assert wire.cut == 1  # the one under way was ended, not left behind


async def test_closing_right_after_a_push_that_had_to_wait_leaves_nobody_waiting(
    wire: Wire,
) -> None:
    wire.push_back()
    wire.outbox.push("a")  # the task that goes on with it has not begun when it is cancelled
    wire.outbox.close()
    await wire.settle()


async def test_a_client_that_is_gone_is_found_by_the_first_push_and_asked_no_more(
    wire: Wire,
) -> None:
    wire.break_off()
    assert wire.outbox.push("a")
    assert wire.outbox.closed
    assert wire.outbox.push("b")
    wire.outbox.push_always("c")
    assert wire.cut == 1


@pytest.mark.parametrize("end", [Wire.break_off, lambda wire: wire.outbox.close()])
async def test_whoever_waits_for_room_hears_that_the_client_is_gone(wire: Wire, end: Any) -> None:
    wire.push_back()
    while wire.outbox.push("x" * 1024):
        pass
    waiting = asyncio.create_task(wire.outbox.drained())
    await asyncio.sleep(0)
    end(wire)
    async with asyncio.timeout(SOON):
        await waiting
    assert wire.drains == 1
    assert not wire.outbox.is_full
    assert wire.taken == []


OPERATIONS = st.sampled_from(["push", "always", "if idle", "push back", "let through", "turn"])


@given(st.lists(OPERATIONS, max_size=60))
def test_what_was_taken_goes_out_once_and_in_order(operations: list[str]) -> None:
    with _new_loop() as loop:
        loop.run_until_complete(_run(operations))


async def _run(operations: list[str]) -> None:
    wire = Wire()
    accepted: list[str] = []
    for number, operation in enumerate(operations):
        text = str(number)
        match operation:
            case "push":
                assert wire.outbox.push(text)
                accepted.append(text)
            case "always":
                wire.outbox.push_always(text)
                accepted.append(text)
            case "if idle":
                if wire.outbox.is_idle:
                    accepted.append(text)
                wire.outbox.push_if_idle(text)
            case "push back":
                wire.push_back()
            case "let through":
                wire.let_through()
            case "turn":
                await asyncio.sleep(0)
    wire.let_through()
    await wire.settle()
    assert wire.taken == accepted


@contextlib.contextmanager
def _new_loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    try:
        yield loop
    finally:
        loop.close()
