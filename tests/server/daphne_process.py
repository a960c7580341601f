"""The same application under daphne, the other server it can run on."""

import sys
from typing import Self

from tests.shapes.environment import development
from tests.shapes.server import ROOT, ServerProcess


class DaphneProcess(ServerProcess):
    """`daphne chatrouting.asgi:application`."""

    def start(self, *, timeout: float = 30) -> Self:
        self.process.spawn(
            [
                sys.executable,
                *("-m", "daphne", "--bind", "127.0.0.1", "--port", str(self.port)),
                "chatrouting.asgi:application",
            ],
            env=development(self.values),
            cwd=ROOT,
        )
        self.process.wait_until(self._answers, timeout=timeout)
        return self
