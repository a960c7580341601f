"""Which core belongs to whom, and what a process has used of memory and time."""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil

_ALLOWED = sorted(os.sched_getaffinity(0))
SERVER_CORE, GENERATOR_CORE = _ALLOWED[0], _ALLOWED[-1]  # the same one where there is only one


@contextmanager
def on_server_core() -> Iterator[None]:
    """Processes started inside stay on the server's core, and so do all that they start."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {SERVER_CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def take_generator_core() -> None:
    os.sched_setaffinity(0, {GENERATOR_CORE})


def resident_kib(pid: int) -> int:
    """Resident memory of one process."""
    return int(psutil.Process(pid).memory_info().rss) // 1024


def cpu_seconds(pids: Iterable[int]) -> float:
    """Processor time used so far by these processes and the children they have now."""
    total = 0.0
    for pid in pids:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                total += times.user + times.system
    return total


class CpuShares:
    """Shares of a core that the server and this process take, from making it to `read`."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._pids = tuple(pids)
        self._from = time.perf_counter(), cpu_seconds(self._pids), time.process_time()

    def read(self) -> tuple[float, float]:
        wall, server, own = self._from
        passed = time.perf_counter() - wall
        return (
            (cpu_seconds(self._pids) - server) / passed,
            (time.process_time() - own) / passed,
        )
