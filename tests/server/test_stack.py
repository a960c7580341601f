"""`make stack` serves the scaled shape, stops completely, and finds its data again."""

import os
import sys
from collections.abc import Callable, Iterator

import psutil
import psycopg
import pytest

from tests.shapes.environment import clean
from tests.shapes.folders import new_folder, remove
from tests.shapes.ports import free_port
from tests.shapes.process import ChildProcess
from tests.shapes.server import ROOT

pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(os.environ["SHAPE"] == "embedded", reason="the stack is the scaled shape"),
]

Start = Callable[[], ChildProcess]


@pytest.fixture
def start() -> Iterator[Start]:
    """`start()` returns once the stack says that it is up."""
    folder = new_folder()
    folder.chmod(0o711)  # The user PostgreSQL runs as has to pass.
    started: list[ChildProcess] = []

    def start_one() -> ChildProcess:
        stack = ChildProcess("stack", folder / f"stack-{len(started)}.out")
        started.append(stack)
        stack.spawn(
            [sys.executable, "-m", "tests.shapes.stack", folder / "data"],
            env=clean() | {"PORT": str(free_port(in_a_row=2))},
            cwd=ROOT,
        )
        stack.wait_until(lambda: "Ctrl-C" in stack.log())
        return stack

    yield start_one
    for stack in started:
        stack.kill()
    remove(folder)


def test_the_stack_stops_completely(start: Start) -> None:
    stack = start()
    children = family_of(stack)
    assert len(children) > len(["PostgreSQL", "Valkey", "Server 1", "Server 2", "Worker", "Beat"])
    assert stack.terminate() == 0
    assert [child for child in children if is_alive(child)] == []


def test_the_stack_finds_its_data_again_even_after_a_crash(start: Start) -> None:
    stack = start()
    with psycopg.connect(database_of(stack)) as database:
        database.execute("UPDATE chat_messages_chat SET title = 'Kept' WHERE chat_id = 'demo'")
    children = family_of(stack)
    stack.kill()
    psutil.wait_procs(children, timeout=60)  # PostgreSQL waits for no dead process either.
    again = start()
    with psycopg.connect(database_of(again)) as database:
        titles = database.execute("SELECT title FROM chat_messages_chat").fetchall()
    assert titles == [("Kept",)]


def family_of(stack: ChildProcess) -> list[psutil.Process]:
    return psutil.Process(stack.pid).children(recursive=True)


def database_of(stack: ChildProcess) -> str:
    return stack.log().split()[1]


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
