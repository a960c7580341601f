"""The start and the end of a server process, where the server tells of them (uvicorn does)."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

from chatrouting.process import process

logger = logging.getLogger(__name__)

# New objects before the collector looks at them, and its looks before it goes a generation deeper.
# A thousand sockets are many old objects that are no garbage; Python's own 700, 10, 10 had the
# collector take a fifth of the loop's time (`make bench`, S2).
_GARBAGE = (20_000, 20, 20)


async def lifespan(
    scope: MutableMapping[str, Any],
    receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
    send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            process.start()
            collect_garbage_seldom()
            leave_on_signals(asyncio.get_running_loop())
            await send({"type": "lifespan.startup.complete"})
        elif message["type"] == "lifespan.shutdown":
            await process.leave()
            await process.stop()
            await send({"type": "lifespan.shutdown.complete"})
            return


def collect_garbage_seldom() -> None:
    gc.collect()
    gc.freeze()  # what is there at the start stays
    gc.set_threshold(*_GARBAGE)


def leave_on_signals(loop: asyncio.AbstractEventLoop) -> None:
    """Say goodbye on every socket before the server, which would only cut them, hears of it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _leave_first(loop, before))


def _leave_first(
    loop: asyncio.AbstractEventLoop, before: Callable[[int, FrameType | None], Any]
) -> Callable[[int, FrameType | None], None]:
    async def leave(number: int) -> None:
        try:
            await process.leave()
        finally:
            before(number, None)

    def handler(number: int, frame: FrameType | None) -> None:
        if process.is_leaving:
            before(number, frame)  # asked twice: at once
        else:
            loop.call_soon_threadsafe(lambda: loop.create_task(leave(number)))

    return handler
