"""The same application under daphne, the other server it can run on."""

from collections.abc import Sequence

from tests.shapes.server import ServerProcess


class DaphneProcess(ServerProcess):
    """`daphne chatrouting.asgi:application`."""

    @property
    def module(self) -> Sequence[str]:
        where = ("--bind", "127.0.0.1", "--port", str(self.port))
        return ["daphne", *where, "chatrouting.asgi:application"]
