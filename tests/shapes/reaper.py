"""Cleans up after a parent that crashed: child processes and temporary folders.

One small process per parent reads what to look after from its standard input. The pipe ends when
the parent is gone, however it went, and then everything still on the list is killed and removed.
"""

import atexit
import contextlib
import os
import shutil
import signal
import subprocess
import sys


class Reaper:
    """The parent's side: says what to look after, and what no longer."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def watch(self, what: int | str) -> None:
        """Kill this process, or remove this folder, should the parent vanish."""
        self._say("+", what)

    def forget(self, what: int | str) -> None:
        """The parent has cleaned it up itself."""
        self._say("-", what)

    def close(self) -> None:
        """Everything is cleaned up, or is now."""
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _say(self, sign: str, what: int | str) -> None:
        if self._process is None:
            # A session of its own: Ctrl-C is for the parent, which stops things in order.
            self._process = subprocess.Popen(
                [sys.executable, "-E", "-S", __file__],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            atexit.register(self.close)
        if self._process.stdin is not None:
            self._process.stdin.write(f"{sign}{what}\n")
            self._process.stdin.flush()


def _serve() -> None:
    watched: dict[str, None] = {}
    for line in sys.stdin:
        if line[0] == "+":
            watched[line[1:].strip()] = None
        else:
            watched.pop(line[1:].strip(), None)
    for what in reversed(watched):
        if what.isdigit():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(int(what), signal.SIGKILL)
        else:
            shutil.rmtree(what, ignore_errors=True)


reaper = Reaper()

if __name__ == "__main__":
    _serve()
