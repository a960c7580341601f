"""Erasing and pruning beside traffic, killed in the middle and run again: whole all the time."""

import asyncio
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.server.cast import CHAT
from tests.server.recovery import assert_nothing_lost, caught_up
from tests.server.stored import count_of
from tests.server.tab import Tab
from tests.server.world import World
from tests.shapes.environment import development
from tests.shapes.process import ChildProcess
from tests.shapes.server import ROOT

pytestmark = pytest.mark.server

MESSAGES = 60
# A few rows a step, so that there is a middle to be killed in.
ERASE = """
from messages import erasure
erasure.STEP = 2
call_command("erase_user", "writer-0", "--yes")
"""
PRUNE = """
from messages.management.commands import prune
whole = prune.prune
prune.prune = lambda chat_id, before: whole(chat_id, before, step=2)
call_command("prune", older_than=30, chat="lunch")
"""
AGE = """
from django.db.models import F
from messages.models import Event
Event.objects.update(at=F("at") - 100 * 24 * 60 * 60 * 1000)
"""
ERASED = "SELECT count(*) FROM chat_messages_message WHERE removed = 'erasure'"
OLDEST = "SELECT oldest_seq FROM chat_messages_chat WHERE chat_id = 'lunch'"
NAMED = (
    "SELECT count(*) FROM chat_messages_message WHERE content LIKE 'secret%'",
    "SELECT count(*) FROM auth_user WHERE username = 'writer-0'",
    "SELECT count(*) FROM chat_messages_event WHERE CAST(data AS TEXT) LIKE '%writer-0%'",
)


# Each statement takes a moment, so that there is a middle on the quickest database.
START = """
import time
import django
django.setup()
from django.core.management import call_command
from django.db import connection
connection.execute_wrappers.append(lambda execute, *query: time.sleep(0.005) or execute(*query))
"""


def command(code: str) -> list[str]:
    return [sys.executable, "-c", START + code]


def run(world: World, code: str) -> None:
    environment = development(world.site.values)
    done = subprocess.run(
        command(code), cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


async def kill_in_the_middle(world: World, code: str, begun: str, enough: int, log: Path) -> None:
    """Start a command, and `kill -9` it once `begun` has counted so far."""
    child = ChildProcess("command", log)
    child.spawn(command(code), env=development(world.site.values), cwd=ROOT)
    try:
        url = world.site.values["DATABASE_URL"]
        await asyncio.to_thread(child.wait_until, lambda: count_of(url, begun) >= enough)
    finally:
        child.kill()


async def keep_writing(tab: Tab, done: asyncio.Event) -> int:
    written = 0
    while not done.is_set():
        tab.write(f"meanwhile {written}")
        written += 1
        await asyncio.sleep(0.1)
    return written


async def test_a_killed_erasure_is_gone_on_with(world: World, tmp_path: Path) -> None:
    servers = world.start_fleet()
    url = world.site.values["DATABASE_URL"]
    async with AsyncExitStack() as stack:
        ann, bob = [
            await stack.enter_async_context(world.tab(servers[place % len(servers)], name))
            for place, name in enumerate(("ann", "bob"))
        ]
        async with world.tab(servers[0], "writer-0") as theirs:
            theirs.write(*(f"secret {number}" for number in range(MESSAGES)))
            await caught_up([theirs, ann, bob], MESSAGES)
        done = asyncio.Event()
        writing = asyncio.create_task(keep_writing(ann, done))
        await kill_in_the_middle(world, ERASE, ERASED, 10, tmp_path / "erase.log")
        assert count_of(url, ERASED) < MESSAGES
        await asyncio.to_thread(run, world, ERASE)
        done.set()
        await caught_up([ann, bob], await writing)
        assert_nothing_lost(world, [ann, bob])
    assert [count_of(url, rows) for rows in NAMED] == [0, 0, 0]
    assert count_of(url, ERASED) == MESSAGES


async def test_a_killed_pruning_is_gone_on_with(world: World, tmp_path: Path) -> None:
    servers = world.start_fleet()
    url = world.site.values["DATABASE_URL"]
    async with AsyncExitStack() as stack:
        ann, bob = [
            await stack.enter_async_context(world.tab(servers[place % len(servers)], name))
            for place, name in enumerate(("ann", "bob"))
        ]
        bob.write(*(f"old {number}" for number in range(MESSAGES)))
        await caught_up([ann, bob], MESSAGES)
        old = "{}:{}".format(*(bob.position or ("", 0)))
        await asyncio.to_thread(run, world, AGE)
        done = asyncio.Event()
        writing = asyncio.create_task(keep_writing(ann, done))
        await caught_up([ann, bob], MESSAGES + 2)
        await kill_in_the_middle(world, PRUNE, OLDEST, 10, tmp_path / "prune.log")
        assert count_of(url, OLDEST) < MESSAGES
        await asyncio.to_thread(run, world, PRUNE)
        done.set()
        written = await writing
        await caught_up([ann, bob], MESSAGES + written)
        assert ann.problems == bob.problems == []
        stored = world.stored()
        assert [row.seq for row in stored] == list(range(MESSAGES + 1, MESSAGES + written + 1))
        assert count_of(url, OLDEST) == MESSAGES + 1
        async with world.http(servers[0], "ann") as http:
            kept = await http.get(f"chats/{CHAT}/events/", params={"after": old})
            assert kept.json()["events"][0]["seq"] == MESSAGES + 1
            epoch = old.partition(":")[0]
            stale = await http.get(f"chats/{CHAT}/events/", params={"after": f"{epoch}:5"})
            assert (stale.status_code, stale.json()["error"]["code"]) == (410, "staleCursor")
