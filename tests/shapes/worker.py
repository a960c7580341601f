"""Real Celery processes: `celery -A chatrouting worker` and `celery -A chatrouting beat`."""

from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from tests.shapes.application import ApplicationProcess

_numbers = count(1)


class CeleryProcess(ApplicationProcess):
    """Ready once its log has said so since it was started last."""

    ready: str

    def __init__(
        self, values: Mapping[str, str], *options: str, name: str, log: Path | None = None
    ) -> None:
        super().__init__(values, name=name, log=log)
        self._options = options
        self._before = 0

    @property
    def module(self) -> Sequence[str]:
        return ["celery", "-A", "chatrouting", "--quiet", *self._options]

    def spawn(self) -> None:
        self._before = self.log().count(self.ready)
        super().spawn()

    def _is_ready(self) -> bool:
        return self.log().count(self.ready) > self._before


class WorkerProcess(CeleryProcess):
    """Connected to the broker, and at work."""

    ready = " ready."

    def __init__(
        self,
        values: Mapping[str, str],
        *options: str,
        name: str = "worker",
        log: Path | None = None,
    ) -> None:
        node = f"chatrouting-{next(_numbers)}@%h"
        alone = ("--without-gossip", "--without-mingle")
        command = ("worker", "-P", "threads", *alone, "-n", node)
        super().__init__(values, *command, *options, name=name, log=log)


class BeatProcess(CeleryProcess):
    """Asking workers to look."""

    ready = "beat: Starting..."

    def __init__(
        self, values: Mapping[str, str], *, name: str = "beat", log: Path | None = None
    ) -> None:
        super().__init__(values, "beat", name=name, log=log)
