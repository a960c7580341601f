"""`SHAPE=embedded|scaled pytest`: sets the shape's environment before the settings are read."""

import contextlib
import os

import pytest

from tests.shapes import environment
from tests.shapes.folders import temporary_folder
from tests.shapes.services import PostgreSQL, Valkey

POSTGRESQL = "TEST_POSTGRESQL_URL"
SECRET_KEY = "for-tests-only-0123456789-0123456789-0123456789-0123456789"


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Earlier than pytest-django, which loads the settings in this hook."""
    shape = os.environ.setdefault("SHAPE", "embedded")
    if shape not in ("embedded", "scaled"):
        raise pytest.UsageError(f"SHAPE must be embedded or scaled, not {shape}.")
    services = contextlib.ExitStack()
    early_config.add_cleanup(services.close)
    values = _embedded(services) if shape == "embedded" else _scaled(services)
    for name in environment.APPLICATION:
        os.environ.pop(name, None)
    own = {"DEBUG": "1", "SECRET_KEY": SECRET_KEY, **environment.UNLIMITED}
    os.environ.update(own | values)


def _embedded(services: contextlib.ExitStack) -> dict[str, str]:
    folder = services.enter_context(temporary_folder())
    return {"DATABASE_URL": f"sqlite:///{folder / 'chatrouting.sqlite3'}"}


def _scaled(services: contextlib.ExitStack) -> dict[str, str]:
    """One PostgreSQL for the run, started here or by the process that started this worker.

    The Valkey is this process's own: publishing ignores Valkey's numbered databases, so that
    workers on one Valkey would hear each other. Work is done by this process where a test has
    any; real workers are for tests that start processes.
    """
    if POSTGRESQL not in os.environ:
        os.environ[POSTGRESQL] = services.enter_context(PostgreSQL(fast=True)).url
    valkey = services.enter_context(Valkey())
    return {
        "DATABASE_URL": os.environ[POSTGRESQL],
        "REDIS_URL": valkey.url,
        "ENGINE": "threads",
    }


def pytest_report_header() -> str:
    """Say which shape a log is of."""
    return f"shape: {os.environ['SHAPE']}"
