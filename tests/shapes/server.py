"""A real server process: `python -m chatrouting`, started, killed and started again."""

import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.shapes.environment import development
from tests.shapes.folders import new_folder, remove
from tests.shapes.ports import free_port
from tests.shapes.process import ChildProcess

ROOT = Path(__file__).resolve().parents[2]
# The answer comes from this machine; a proxy named in the environment has no part in it.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServerProcess:
    """One server on loopback; the port stays the same over restarts.

    `values` are the application's environment variables, of which `DEBUG=1` need not be said.
    """

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        log: Path | None = None,
        name: str = "server",
    ) -> None:
        self.port = port or free_port()
        self.values = {"HOST": "127.0.0.1", "PORT": str(self.port), **(values or {})}
        self._folder = new_folder() if log is None else log.parent
        self._is_temporary = log is None
        self.process = ChildProcess(name, log or self._folder / "server.log")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/"

    def start(self, *, timeout: float = 60) -> Self:
        """Start it and wait until it answers requests."""
        command = [sys.executable, "-m", "chatrouting"]
        self.process.spawn(command, env=development(self.values), cwd=ROOT)
        self.process.wait_until(self._answers, timeout=timeout)
        return self

    def restart(self) -> Self:
        """Leave in good order if running, then start on the same port."""
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

    def _answers(self) -> bool:
        try:
            with _direct.open(f"{self.url}/accounts/login/", timeout=5):
                return True
        except urllib.error.HTTPError as answer:
            answer.close()
            return True
        except OSError:
            return False
