"""What PostgreSQL and Valkey have in common here: real, on loopback, killed and frozen at will."""

from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.shapes.folders import new_folder, remove
from tests.shapes.ports import free_port
from tests.shapes.process import ChildProcess


class Service(ABC):
    """One server process with a folder and a port of its own, both kept across restarts.

    Without `folder` it lives in a temporary one, which goes when it stops.
    """

    name: str

    def __init__(self, folder: Path | None = None, *, port: int | None = None) -> None:
        self._is_temporary = folder is None
        self.folder = folder or new_folder()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.process = ChildProcess(self.name, self.folder / f"{self.name}.log")

    @property
    @abstractmethod
    def url(self) -> str:
        """What the application's settings take."""

    @abstractmethod
    def start(self) -> Self:
        """Start and wait until it answers."""

    @abstractmethod
    def stop(self) -> None:
        """Stop in good order; a temporary folder goes too."""

    def kill(self) -> None:
        """`kill -9`: what was not on disk is lost."""
        self.process.kill()

    def restart(self) -> Self:
        """Start again, on the same port and folder."""
        if self.process.is_running:
            self.process.terminate()
        return self.start()

    def freeze(self) -> None:
        """Connections stay open, nothing answers."""
        self.process.freeze()

    def thaw(self) -> None:
        """Go on after `freeze`."""
        self.process.thaw()

    def _clear(self) -> None:
        if self._is_temporary:
            remove(self.folder)

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            self.process.kill()
            self._clear()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
