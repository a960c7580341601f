"""`make stack`: the scaled shape on this machine, until Ctrl-C. Data stay in var/stack.

`python -m tests.shapes.stack FOLDER` keeps them elsewhere.
"""

import contextlib
import hashlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from tests.shapes import unprivileged
from tests.shapes.application import ApplicationProcess
from tests.shapes.ports import is_free
from tests.shapes.process import ChildProcess
from tests.shapes.server import ROOT, ServerProcess
from tests.shapes.services import PostgreSQL, Valkey
from tests.shapes.site import prepare
from tests.shapes.worker import BeatProcess, WorkerProcess

DATA = ROOT / "var" / "stack"


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    first = int(os.environ.get("PORT", "8000"))
    ports = (first, first + 1)
    for port in ports:
        if not is_free(port):
            sys.exit(f"Port {port} is taken. Another first port: make stack PORT=9000")
    with contextlib.ExitStack() as running:
        processes = _start(running, _folder(Path(sys.argv[1]) if sys.argv[1:] else DATA), ports)
        _say("", "Sign in as ann or bob, password demo. Ctrl-C stops everything.")
        while all(process.is_running for process in processes):
            time.sleep(0.5)
        fallen = next(process for process in processes if not process.is_running)
        sys.exit(f"{fallen.name} ended by itself; the end of its log:\n{fallen.log()[-2000:]}")


def _start(
    running: contextlib.ExitStack, folder: Path, ports: tuple[int, ...]
) -> list[ChildProcess]:
    for log in folder.glob("**/*.log"):
        log.unlink()
    postgresql = running.enter_context(PostgreSQL(folder / "postgresql"))
    _say("PostgreSQL", f"{postgresql.url} (data in {postgresql.folder})")
    valkey = running.enter_context(Valkey(folder / "valkey"))
    _say("Valkey", valkey.url)
    values = {"DATABASE_URL": postgresql.url, "REDIS_URL": valkey.url, "DEMO": "1"}
    prepare(values)
    application = _application(values, folder, ports)
    for process in application:
        running.callback(process.terminate)
        process.spawn()
    for process in application:
        process.wait_until_ready()
        url = f"{process.url} " if isinstance(process, ServerProcess) else ""
        _say(process.process.name, f"{url}(log in {process.process.log_path})")
    return [postgresql.process, valkey.process, *(one.process for one in application)]


def _application(
    values: Mapping[str, str], folder: Path, ports: tuple[int, ...]
) -> list[ApplicationProcess]:
    servers = [
        ServerProcess(
            values, port=port, log=folder / f"server-{number}.log", name=f"Server {number}"
        )
        for number, port in enumerate(ports, start=1)
    ]
    worker = WorkerProcess(values, name="Worker", log=folder / "worker.log")
    return [*servers, worker, BeatProcess(values, name="Beat", log=folder / "beat.log")]


def _folder(folder: Path) -> Path:
    """This folder; another only for root where PostgreSQL's user may not enter it."""
    folder.mkdir(parents=True, exist_ok=True)
    if not unprivileged.can_reach(folder):
        place = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        folder = Path("/var/tmp") / f"chatrouting-stack-{place}"
        folder.mkdir(exist_ok=True)
    return folder


def _leave(number: int, frame: FrameType | None) -> None:
    """Unwind, which stops everything in order; a second Ctrl-C must not cut that short."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    _say("", "Stopping ...")
    raise SystemExit(0)


def _say(what: str, where: str) -> None:
    print(f"{what:<11}{where}", flush=True)


if __name__ == "__main__":
    main()
