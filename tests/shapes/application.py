"""A process of the application: started, killed, frozen, and started again with the same values."""

import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.shapes.environment import development
from tests.shapes.folders import new_folder, remove
from tests.shapes.process import ChildProcess

ROOT = Path(__file__).resolve().parents[2]


class ApplicationProcess(ABC):
    """`values` are the application's environment variables, of which `DEBUG=1` need not be said."""

    def __init__(self, values: Mapping[str, str], *, name: str, log: Path | None = None) -> None:
        self.values = dict(values)
        self._folder = new_folder() if log is None else log.parent
        self._is_temporary = log is None
        self.process = ChildProcess(name, log or self._folder / "process.log")

    @property
    @abstractmethod
    def module(self) -> Sequence[str]:
        """What `python -m` runs, with its arguments."""

    @abstractmethod
    def _is_ready(self) -> bool:
        """Whether it does by now what it was started for."""

    def start(self, *, timeout: float = 180) -> Self:
        """Start it and wait until it is ready."""
        self.spawn()
        return self.wait_until_ready(timeout=timeout)

    def wait_until_ready(self, *, timeout: float = 180) -> Self:
        self.process.wait_until(self._is_ready, timeout=timeout)
        return self

    def spawn(self) -> None:
        """Start it and go on."""
        command = [sys.executable, "-m", *self.module]
        self.process.spawn(command, env=development(self.values), cwd=ROOT)

    def restart(self) -> Self:
        """Leave in good order if running, then start again."""
        self.terminate()
        return self.start()

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()

    def terminate(self, *, timeout: float = 15) -> int:
        """SIGTERM; returns the exit code. One that has not left in time is killed and raises."""
        return self.process.terminate(signal.SIGTERM, timeout=timeout)

    def freeze(self) -> None:
        self.process.freeze()

    def thaw(self) -> None:
        self.process.thaw()

    def log(self) -> str:
        return self.process.log()

    def memory(self) -> int:
        """Bytes of memory it has resident."""
        return self.process.memory()

    def close(self) -> None:
        """Gone at once, log and all."""
        self.process.kill()
        if self._is_temporary:
            remove(self._folder)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
