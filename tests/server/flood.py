"""A chat that two people fill at a given pace, on as many processes."""

import asyncio
from time import monotonic
from typing import Self

from tests.server.cheap import Writer
from tests.server.world import World
from tests.shapes.server import ServerProcess

BEAT = 0.02
MOST_UNDER_WAY = 200


class Flood:
    """Use as `async with`. What the machine does not manage is not made up for later."""

    def __init__(
        self, world: World, fleet: list[ServerProcess], chat_id: str, *, per_second: int
    ) -> None:
        self._writers = [
            Writer(server, world.person(name).token, chat_id)
            for name, server in (("ann", fleet[0]), ("bob", fleet[-1]))
        ]
        self._in_a_beat = int(per_second * BEAT / 2)
        self._begun = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        for writer in self._writers:
            await writer.open()
        self._begun = monotonic()
        self._task = asyncio.create_task(self._fill())
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        (ended,) = await asyncio.gather(self._task, return_exceptions=True)
        for writer in self._writers:
            writer.close()
        if isinstance(ended, Exception):
            raise ended
        assert [writer.refused() for writer in self._writers] == [[], []]

    @property
    def answered(self) -> int:
        return sum(writer.answered for writer in self._writers)

    @property
    def rate(self) -> float:
        """Messages a second that were stored."""
        return self.answered / (monotonic() - self._begun)

    async def goes_on(self, messages: int) -> None:
        """Wait until that many more are stored."""
        target = self.answered + messages
        async with asyncio.timeout(60):
            while self.answered < target:
                await asyncio.sleep(BEAT)

    async def _fill(self) -> None:
        """At the pace of a clock, so that a late beat is followed by a fuller one."""
        said = 0
        while True:
            due = int((monotonic() - self._begun) / BEAT) * self._in_a_beat
            for writer in self._writers:
                room = MOST_UNDER_WAY - writer.under_way
                writer.say(max(0, min(due - said, room)))
            said = due
            await asyncio.sleep(BEAT)
