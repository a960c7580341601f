"""Start and stop the systems under test, everything of theirs on the server's core."""

import atexit
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from benchmarks.cores import on_server_core
from benchmarks.dialects import CHATROUTING, NAIVE, RAW, Dialect
from tests.shapes.environment import clean
from tests.shapes.ports import free_port
from tests.shapes.process import ChildProcess
from tests.shapes.services import PostgreSQL, Valkey
from tests.shapes.worker import WorkerProcess

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
# The application as in production. Only the rate limits are raised: they would stop the load.
PRODUCTION = {
    "DJANGO_SETTINGS_MODULE": "chatrouting.settings",
    "SECRET_KEY": "only-for-benchmarks-0123456789-0123456789-0123456789",
    "RATE_LIMIT_SEND": "1000000/10s",
    "RATE_LIMIT_CHAT": "1000000/10s",
    "RATE_LIMIT_USER": "1000000/10s",
    "RATE_LIMIT_FRAMES": "1000000/1s",
    "MAX_CONNECTIONS_USER": "1000000",
    "MAX_CONNECTIONS_ADDRESS": "1000000",
    "DEBUG": "0",
    "DEMO": "0",
    "REDIS_URL": "",
    "LOG_LEVEL": "WARNING",
}


@dataclass
class Server:
    """A running system: how to speak to it, whose time it uses, and what it was started with."""

    name: str
    dialect: Dialect
    port: int
    pid: int
    services: tuple[int, ...] = ()  # pids of its database and broker, and of its worker
    worker: int | None = None  # pid of who works, where that is not the server
    environment: dict[str, str] = field(default_factory=dict)
    host: str = HOST

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.pid, *self.services)


@contextmanager
def raw(folder: Path) -> Iterator[Server]:
    with _running("raw", folder, ["benchmarks.raw"], {}) as (pid, port):
        yield Server("raw", RAW, port, pid)


@contextmanager
def naive(folder: Path, *, stores: bool = False) -> Iterator[Server]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.naive.settings",
        "NAIVE_DATABASE": str(folder / "naive.sqlite3"),
        "NAIVE_STORES": str(int(stores)),
    }
    with _running("naive", folder, ["benchmarks.naive"], environment) as (pid, port):
        yield Server("naive", NAIVE, port, pid, environment=environment)


@contextmanager
def embedded(folder: Path, **more: str) -> Iterator[Server]:
    """chatrouting with SQLite and nothing beside it; `more` are settings."""
    database = folder / "chatrouting.sqlite3"
    environment = PRODUCTION | {"DATABASE_URL": f"sqlite:///{database}"} | more
    shutil.copyfile(_empty_database(), database)
    with _running("chatrouting", folder, ["chatrouting"], environment) as (pid, port):
        yield Server("chatrouting", CHATROUTING, port, pid, environment=environment)


@contextmanager
def scaled(folder: Path, **more: str) -> Iterator[Server]:
    """chatrouting with PostgreSQL and Valkey, one web process; `more` are settings."""
    with ExitStack() as stack:
        with on_server_core():
            postgresql = stack.enter_context(PostgreSQL())
            valkey = stack.enter_context(Valkey())
        environment = PRODUCTION | {"DATABASE_URL": postgresql.url, "REDIS_URL": valkey.url} | more
        migrate(environment)
        running = _running("chatrouting-scaled", folder, ["chatrouting"], environment)
        pid, port = stack.enter_context(running)
        services = (postgresql.process.pid, valkey.process.pid)
        yield Server(
            "chatrouting, scaled", CHATROUTING, port, pid, services, environment=environment
        )


@contextmanager
def with_worker(folder: Path, **more: str) -> Iterator[Server]:
    """The same with a Celery worker."""
    with scaled(folder, ENGINE="celery", **more) as server:
        values = server.environment | {"LOG_LEVEL": "INFO"}  # which says when it is ready
        with on_server_core():
            worker = WorkerProcess(values, log=folder / "worker.log")
            worker.start()
        try:
            pid = worker.process.pid
            yield replace(server, services=(*server.services, pid), worker=pid)
        finally:
            worker.terminate()


@contextmanager
def upstream(folder: Path, words: int, pause: float) -> Iterator[str]:
    """The address of an AI, which stays off the server's core."""
    module = ["benchmarks.upstream", str(words), str(pause)]
    with _running("upstream", folder, module, {}, core=nullcontext) as (_, port):
        yield f"http://{HOST}:{port}/v1"


@cache
def _empty_database() -> Path:
    """The tables without rows: made once, copied for each run."""
    folder = tempfile.mkdtemp(prefix="chatrouting-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Path(folder) / "empty.sqlite3"
    migrate(PRODUCTION | {"DATABASE_URL": f"sqlite:///{database}"})
    return database


def migrate(environment: dict[str, str]) -> None:
    run_module(["django", "migrate", "--verbosity=0"], environment)


def run_module(arguments: list[str], environment: dict[str, str], *, given: str = "") -> str:
    """Run `python -m …` on the server's core to its end; what it printed."""
    with on_server_core():
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=ROOT,
            env=clean() | environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed:\n{done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def _running(
    name: str,
    folder: Path,
    module: list[str],
    environment: dict[str, str],
    *,
    core: Callable[[], AbstractContextManager[None]] = on_server_core,
) -> Iterator[tuple[int, int]]:
    """The pid and port of `python -m module`, which learns its port from HOST and PORT."""
    port = free_port()
    process = ChildProcess(name, folder / f"{name}.log")
    with core():
        process.spawn(
            [sys.executable, "-m", *module],
            env=clean() | environment | {"HOST": HOST, "PORT": str(port)},
            cwd=ROOT,
        )
    try:
        process.wait_until(lambda: _listens(port))
        yield process.pid, port
    finally:
        process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
