"""Processes of the application that are there at once, to be killed many times in a short test.

Starting one from nothing takes seconds, most of them for imports. `python -m tests.server.nursery
KIND ARG...` imports everything, and then forks a worker or a server for each line that it reads.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.shapes.environment import development
from tests.shapes.reaper import reaper
from tests.shapes.server import ROOT


class Nursery:
    """The test's side: so many are alive, and `reap` kills the oldest and has another born."""

    def __init__(
        self, kind: Sequence[str], values: Mapping[str, str], log: Path, *, alive: int
    ) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.server.nursery", *kind],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                start_new_session=True,
                env=development(values),
                cwd=ROOT,
                text=True,
            )
        reaper.watch(self._process.pid)
        self._alive = [self._bear() for _ in range(alive)]

    def reap(self) -> None:
        victim = self._alive.pop(0)
        victim.kill()
        victim.wait(10)
        self._alive.append(self._bear())

    def log(self) -> str:
        return self._log.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()
        reaper.forget(self._process.pid)

    def _bear(self) -> psutil.Process:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return psutil.Process(int(self._process.stdout.readline()))


def _serve(kind: str, arguments: list[str]) -> None:
    if kind == "worker":
        import celery.apps.worker  # noqa: PLC0415
        import celery.bin.celery  # noqa: F401, PLC0415

        from chatrouting.celery import app  # noqa: PLC0415

        run = lambda: app.start(arguments)  # noqa: E731
    else:
        import chatrouting.asgi  # noqa: PLC0415
        import chatrouting.urls  # noqa: F401, PLC0415
        from chatrouting.__main__ import main as run  # noqa: PLC0415

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for the dead.
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            sys.exit(run())
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2:])
