"""Who and what is in every world, seeded once and copied from then on."""

import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from tests.server.stored import sqlite_path
from tests.shapes.environment import development
from tests.shapes.server import ROOT
from tests.shapes.site import Site, embedded_site, scaled_site

CHAT = "lunch"
WRITERS = [f"writer-{number}" for number in range(20)]
# Chats of ann and bob alone, for tests that share a server.
SPARE = [f"spare-{number}" for number in range(40)]
VISITED = [f"visited-{number}" for number in range(2_000)]
PEOPLE = ["ann", "bob", "eve", "mod", *WRITERS]
CHATS = {
    CHAT: ["ann", "bob", *WRITERS],
    **{chat_id: ["ann", "bob"] for chat_id in SPARE},
    **{chat_id: ["ann"] for chat_id in VISITED},
}


class Person(NamedTuple):
    id: int
    token: str


People = dict[str, Person]


def put_cast(site: Site, postgresql: str | None) -> People:
    """Let the site's database, which nobody uses yet, be a copy of the seeded one."""
    if postgresql is None:
        template, people = _seeded_sqlite()
        shutil.copyfile(template, sqlite_path(site.values["DATABASE_URL"]))
        return people
    template_name, people = _seeded_postgresql(postgresql)
    name = site.values["DATABASE_URL"].rpartition("/")[2]
    with psycopg.connect(postgresql, autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template_name)
            )
        )
    return people


@cache
def _seeded_sqlite() -> tuple[Path, People]:
    folder = _folders.enter_context(tempfile.TemporaryDirectory(prefix="chatrouting-"))
    with embedded_site() as site:
        people = _seed(site)
        made = sqlite_path(site.values["DATABASE_URL"])
        return shutil.copyfile(made, Path(folder) / "seeded.sqlite3"), people


@cache
def _seeded_postgresql(postgresql: str) -> tuple[str, People]:
    with scaled_site(postgresql) as site:
        return site.values["DATABASE_URL"].rpartition("/")[2], _seed(site)


def _seed(site: Site) -> People:
    done = subprocess.run(
        [sys.executable, "-m", "tests.server.seed"],
        check=True,
        cwd=ROOT,
        env=development(site.values),
        input=json.dumps({"people": PEOPLE, "chats": CHATS}),
        stdout=subprocess.PIPE,
        text=True,
    )
    return {name: Person(*person) for name, person in json.loads(done.stdout).items()}


_folders = contextlib.ExitStack()
