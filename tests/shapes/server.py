"""A real server process: `python -m chatrouting`."""

import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.shapes.application import ROOT, ApplicationProcess
from tests.shapes.ports import free_port

__all__ = ["ROOT", "ServerProcess"]

# The answer comes from this machine; a proxy named in the environment has no part in it.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class ServerProcess(ApplicationProcess):
    """One server on loopback; the port stays the same over restarts."""

    def __init__(
        self,
        values: Mapping[str, str] | None = None,
        *,
        port: int | None = None,
        log: Path | None = None,
        name: str = "server",
    ) -> None:
        self.port = port or free_port()
        own = {"HOST": "127.0.0.1", "PORT": str(self.port)}
        super().__init__(own | dict(values or {}), name=name, log=log)

    @property
    def module(self) -> Sequence[str]:
        return ["chatrouting"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/"

    def _is_ready(self) -> bool:
        """It answers requests."""
        try:
            with _direct.open(f"{self.url}/accounts/login/", timeout=5):
                return True
        except urllib.error.HTTPError as answer:
            answer.close()
            return True
        except OSError:
            return False
