"""Stands in for a package of 100 MB: the same words, and a scripted server."""

from types import SimpleNamespace

from tests.upstream.answers import answer
from tests.upstream.server import Upstream


class CommonParams(SimpleNamespace):
    def __init__(self) -> None:
        for part in ("cpuparams", "model", "sampling"):
            setattr(self, part, SimpleNamespace())


class Server:
    def __init__(self, params: CommonParams) -> None:
        assert params.hostnames == ["127.0.0.1"]
        self._upstream = Upstream(answer).__enter__()
        self.listening_address = self._upstream.url
