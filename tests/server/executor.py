"""Somebody beside the servers who makes people and ends their sign-ins (`ender`)."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.server.world import World
from tests.shapes.environment import development
from tests.shapes.server import ROOT


class Operator:
    """One order after the other; each is answered once it is committed."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._turn = asyncio.Lock()

    async def __call__(self, do: str, **fields: Any) -> dict[str, Any]:
        async with self._turn:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps({"do": do, **fields}).encode() + b"\n")
            answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
            return answer


@asynccontextmanager
async def operator(world: World) -> AsyncIterator[Operator]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.server.ender"),
        cwd=ROOT,
        env=development(world.site.values),
        stdin=PIPE,
        stdout=PIPE,
    )
    try:
        yield Operator(process)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
