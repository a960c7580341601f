"""A fresh place for server processes: an own database with the demo cast in it, an own Valkey.

Making and filling a database takes seconds, so each pytest process does it once and copies it.
"""

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg import sql

from tests.shapes.environment import development
from tests.shapes.folders import new_folder, temporary_folder
from tests.shapes.server import ROOT
from tests.shapes.services import Valkey

_PREPARE = """
import django
from django.core.management import call_command
django.setup()
call_command("migrate", verbosity=0)
call_command("demo", verbosity=0)
"""


@dataclass(frozen=True)
class Site:
    """`values` are the environment variables of its servers; `valkey` is None when embedded."""

    values: Mapping[str, str]
    valkey: Valkey | None = None


def prepare(values: Mapping[str, str]) -> None:
    """Make the tables and the demo data in the database that `values` names."""
    subprocess.run(
        [sys.executable, "-c", _PREPARE],
        check=True,
        cwd=ROOT,
        env=development(values),
        stdin=subprocess.DEVNULL,
    )


@contextlib.contextmanager
def embedded_site() -> Iterator[Site]:
    """SQLite in a temporary folder, everything else in the server's memory."""
    with temporary_folder() as folder:
        database = folder / "chatrouting.sqlite3"
        shutil.copyfile(_sqlite_template(), database)
        yield Site({"DATABASE_URL": f"sqlite:///{database}"})


@contextlib.contextmanager
def scaled_site(postgresql: str) -> Iterator[Site]:
    """A database on the PostgreSQL at this URL, and a Valkey that is nobody else's.

    (Publishing ignores Valkey's numbered databases, so sites cannot share one.)
    """
    database = _copy_of(_postgresql_template(postgresql), postgresql)
    with Valkey() as valkey:
        yield Site({"DATABASE_URL": database, "REDIS_URL": valkey.url}, valkey)


@cache
def _sqlite_template() -> Path:
    database = new_folder() / "template.sqlite3"
    prepare({"DATABASE_URL": f"sqlite:///{database}"})
    return database


@cache
def _postgresql_template(postgresql: str) -> str:
    database = _copy_of("template1", postgresql)
    prepare({"DATABASE_URL": database})
    return database.rpartition("/")[2]


def _copy_of(template: str, postgresql: str) -> str:
    name = f"site_{uuid4().hex}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
    return f"{postgresql.rpartition('/')[0]}/{name}"
