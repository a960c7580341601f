"""The micro-costs: single steps in a process of their own, and a page of history over HTTP."""

import json
import tempfile
from pathlib import Path

import uvloop

from benchmarks import history, servers
from benchmarks.people import seats
from benchmarks.servers import PRODUCTION, run_module


def measure() -> dict[str, float]:
    """Every cost by its name, which says the unit."""
    environment = PRODUCTION | {"DATABASE_URL": "sqlite://:memory:"}
    costs: dict[str, float] = json.loads(run_module(["benchmarks.steps"], environment))
    with (
        tempfile.TemporaryDirectory(prefix="chatrouting-") as folder,
        servers.embedded(Path(folder)) as server,
    ):
        seat = seats(server, chats=1, members=1)[0]
        uvloop.run(history.fill(server, seat))
        name = f"history page of {history.PAGE}, whole request, ms"
        return costs | {name: history.milliseconds(server, seat)}
