"""Calls from other threads reach the loop once each and in order."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chatrouting.handover import Handover


async def test_calls_from_a_thread_are_made_on_the_loop_in_order() -> None:
    hand_over = Handover(asyncio.get_running_loop())
    made: list[int] = []
    done = asyncio.Event()

    def hand_all() -> None:
        for number in range(10_000):
            hand_over(made.append, number)
        hand_over(done.set)

    with ThreadPoolExecutor(1) as pool:
        handing = pool.submit(hand_all)
        async with asyncio.timeout(30):
            await done.wait()
        handing.result()
    assert made == list(range(10_000))


async def test_one_that_fails_takes_no_other_with_it() -> None:
    loop = asyncio.get_running_loop()
    told: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: told.append(context))
    hand_over, done = Handover(loop), asyncio.Event()

    def fail() -> None:
        raise RuntimeError("a mistake of ours")

    hand_over(fail)
    hand_over(done.set)
    async with asyncio.timeout(10):
        await done.wait()
    assert [str(context["exception"]) for context in told] == ["a mistake of ours"]


def test_nothing_is_handed_to_a_loop_that_has_ended() -> None:
    loop = asyncio.new_event_loop()
    hand_over = Handover(loop)
    loop.close()
    hand_over(pytest.fail, "called")
