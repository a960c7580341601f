"""A child process that can be killed, frozen and read, and does not outlive its parent."""

import contextlib
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from tests.shapes.reaper import reaper

LOG_TAIL = 4000


class ChildProcess:
    """One child: a session of its own, its output in a file, signals that reach its children."""

    def __init__(self, name: str, log: Path) -> None:
        self.name = name
        self.log_path = log
        self._popen: subprocess.Popen[bytes] | None = None

    def spawn(
        self,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        user: str | None = None,
        cwd: Path | None = None,
    ) -> None:
        """Start it. `user` needs root, and leaves root's groups behind."""
        if self.is_running:
            raise RuntimeError(f"{self.name} is running already")
        rights = (
            {} if user is None else {"user": user, "group": _group_of(user), "extra_groups": ()}
        )
        with self.log_path.open("ab") as log:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=env,
                cwd=cwd,
                **rights,  # type: ignore[call-overload]
            )
        reaper.watch(self._popen.pid)

    @property
    def is_running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        if self._popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._popen.pid

    def log(self) -> str:
        """Everything it has written so far."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def wait_until(self, ready: Callable[[], bool], *, timeout: float = 180) -> None:
        """Poll `ready` until it is true. The process ending first, or time running out, raises."""
        deadline = time.monotonic() + timeout
        while not ready():
            if not self.is_running:
                raise RuntimeError(f"{self.name} ended early:\n{self.log()[-LOG_TAIL:]}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.name} is not ready:\n{self.log()[-LOG_TAIL:]}")
            time.sleep(0.02)

    def wait(self, timeout: float = 30) -> int:
        """Its exit code, once it has ended by itself."""
        if self._popen is None:
            raise RuntimeError(f"{self.name} was not started")
        code = self._popen.wait(timeout)
        reaper.forget(self._popen.pid)
        return code

    def terminate(self, number: int = signal.SIGTERM, *, timeout: float = 30) -> int:
        """Ask it to leave and return its exit code; one that does not leave in time is killed."""
        if not self.is_running:
            return self.wait()
        self.thaw()
        self._signal_alone(number)
        try:
            return self.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """`kill -9` for it and all its children, as when the machine loses power."""
        if not self.is_running:
            return
        family = self.freeze()
        _signal(family, signal.SIGKILL)
        self.wait()
        while any(_is_alive(member) for member in family):
            time.sleep(0.005)

    def freeze(self) -> list[psutil.Process]:
        """`SIGSTOP` for it and all its children: open sockets, no answers. Returns them all."""
        parent = psutil.Process(self.pid)
        parent.suspend()  # First, so that no child is born behind our back.
        children = parent.children(recursive=True)
        _signal(children, signal.SIGSTOP)
        return [parent, *children]

    def thaw(self) -> None:
        """`SIGCONT` for all that `freeze` stopped."""
        parent = psutil.Process(self.pid)
        _signal([*parent.children(recursive=True), parent], signal.SIGCONT)

    def threads(self) -> int:
        return int(psutil.Process(self.pid).num_threads())

    def memory(self) -> int:
        """Bytes of memory it has resident (RSS), children not counted."""
        return int(psutil.Process(self.pid).memory_info().rss)

    def _signal_alone(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._popen is not None:
                self._popen.send_signal(number)


def _signal(processes: Sequence[psutil.Process], number: int) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _is_alive(process: psutil.Process) -> bool:
    try:
        # Nobody may have collected an orphan yet; it is dead all the same.
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
