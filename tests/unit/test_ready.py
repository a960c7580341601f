"""Pieces of a stream, taken together when they come together."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from messages.processors.ready import Ready


async def told(*pieces: str | asyncio.Event | Exception) -> AsyncGenerator[str, None]:
    """Waits at events, raises exceptions, gives the rest."""
    for piece in pieces:
        if isinstance(piece, asyncio.Event):
            await piece.wait()
        elif isinstance(piece, Exception):
            raise piece
        else:
            yield piece


async def test_what_is_there_is_taken_at_once() -> None:
    ready = Ready(told("a", "b", "c"))
    assert await ready.take() == ["a", "b", "c"]
    assert not ready.is_waiting
    assert await ready.take() == []
    await ready.close()


async def test_what_has_to_be_waited_for_is_taken_next_time() -> None:
    come = asyncio.Event()
    ready = Ready(told("a", "b", come, "c", "d"))
    assert await ready.take() == ["a", "b"]
    assert ready.is_waiting
    come.set()
    assert await ready.take() == ["c", "d"]
    await ready.close()


async def test_what_came_before_an_error_is_taken_before_it() -> None:
    ready = Ready(told("a", "b", ValueError("c")))
    assert await ready.take() == ["a", "b"]
    with pytest.raises(ValueError, match="c"):
        await ready.take()
    await ready.close()


async def test_a_torrent_is_taken_by_portions() -> None:
    ready = Ready(told(*"x" * 100))
    assert [len(await ready.take()) for _ in range(3)] == [64, 36, 0]
    await ready.close()


@pytest.mark.parametrize("last", [asyncio.Event(), ValueError("never heard")], ids=type)
async def test_it_closes_whatever_the_source_is_doing(
    last: asyncio.Event | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    source = told("a", last)
    ready = Ready(source)
    assert await ready.take() == ["a"]
    await ready.close()
    with pytest.raises(StopAsyncIteration):
        await anext(source)
    assert not caplog.records


async def test_a_wait_that_was_given_up_ends_the_source() -> None:
    ready = Ready(told(asyncio.Event()))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await ready.take()
    await ready.close()
