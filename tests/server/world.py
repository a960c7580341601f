"""One test's world: a site with people and chats, its servers, and who talks to them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.server.cast import CHAT, SPARE, People, Person, put_cast
from tests.server.socket_client import SocketClient, socket
from tests.server.stored import Row, log_of
from tests.server.tab import Tab
from tests.shapes.application import ApplicationProcess
from tests.shapes.environment import UNLIMITED
from tests.shapes.process import LOG_TAIL
from tests.shapes.server import ServerProcess
from tests.shapes.site import Site, embedded_site, scaled_site
from tests.shapes.valkey import Valkey
from tests.shapes.worker import BeatProcess, CeleryProcess, WorkerProcess

# Counted as in production, but never reached.
LIMIT = UNLIMITED | dict.fromkeys(
    ("RATE_LIMIT_SEND", "RATE_LIMIT_CHAT", "RATE_LIMIT_USER"), "1000000/10s"
)


@dataclass
class World:
    """Its servers are gone when it ends."""

    site: Site
    people: People
    running: ExitStack
    may_log_exceptions: bool = False
    servers: list[ServerProcess] = field(default_factory=list)
    workers: list[CeleryProcess] = field(default_factory=list)
    _spare: Iterator[str] = field(default_factory=lambda: iter(SPARE))

    @property
    def is_scaled(self) -> bool:
        return self.site.valkey is not None

    @property
    def valkey(self) -> Valkey:
        assert self.site.valkey is not None
        return self.site.valkey

    def person(self, name: str) -> Person:
        return self.people[name]

    def spare_chat(self) -> str:
        """A chat of ann and bob that no other test of this world has."""
        return next(self._spare)

    # --- servers -----------------------------------------------------------------------------

    def start(
        self, processes: int = 1, *, kind: type[ServerProcess] = ServerProcess, **values: str
    ) -> list[ServerProcess]:
        environment = {**self.site.values, **LIMIT, **values}
        servers = [kind(environment) for _ in range(processes)]
        self.servers += servers
        self._start(servers)
        return servers

    def start_fleet(self, **values: str) -> list[ServerProcess]:
        """As many as the shape can have: one when embedded, else two."""
        return self.start(2 if self.is_scaled else 1, **values)

    def start_workers(
        self, processes: int = 1, *options: str, beats: int = 0, **values: str
    ) -> list[WorkerProcess]:
        """Celery's, where the shape has them."""
        environment = {**self.site.values, **values}
        workers = [WorkerProcess(environment, *options) for _ in range(processes)]
        self.workers += workers + [BeatProcess(environment) for _ in range(beats)]
        self._start(self.workers[-processes - beats :])
        return workers

    def _start(self, processes: Sequence[ApplicationProcess]) -> None:
        for process in processes:
            self.running.callback(process.close)
        with ThreadPoolExecutor(len(processes)) as threads:
            list(threads.map(lambda process: process.start(), processes))

    # --- who talks to them -------------------------------------------------------------------

    def tab(self, server: ServerProcess, name: str, chat_id: str = CHAT) -> Tab:
        return Tab(server.ws_url, self.person(name).token, chat_id)

    def socket(
        self, server: ServerProcess, name: str, **options: Any
    ) -> AbstractAsyncContextManager[SocketClient]:
        return self.socket_by(server, self.person(name).token, **options)

    def socket_by(
        self, server: ServerProcess, token: str, **options: Any
    ) -> AbstractAsyncContextManager[SocketClient]:
        return socket(server.ws_url, token, **options)

    def http(self, server: ServerProcess, name: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{server.url}/api/v1/",
            headers={"Authorization": f"Bearer {self.person(name).token}"},
            timeout=20,
            trust_env=False,
        )

    def stored(self, chat_id: str = CHAT) -> list[Row]:
        """The chat's log as the database has it."""
        return log_of(self.site.values["DATABASE_URL"], chat_id)


@contextmanager
def new_world(postgresql: str | None) -> Iterator[World]:
    """Scaled on the PostgreSQL at this URL, else embedded.

    At its end no process may have logged anybody's token, nor an exception, unless the test took a
    service away.
    """
    place = embedded_site() if postgresql is None else scaled_site(postgresql)
    with place as site:
        people = put_cast(site, postgresql)
        with ExitStack() as running:
            world = World(site, people, running)
            yield world
            for process in (*world.servers, *world.workers):
                log = process.log()
                assert not [name for name, one in people.items() if one.token in log], "a token"
                if not world.may_log_exceptions:
                    assert "Traceback" not in log, log[-LOG_TAIL:]
