"""Worlds to start servers in."""

import os
from collections.abc import Iterator

import pytest

from tests.server.world import World, new_world
from tests.shapes.pytest_plugin import POSTGRESQL
from tests.shapes.server import ServerProcess


@pytest.fixture
def world() -> Iterator[World]:
    """A site of its own in the run's shape, with the cast in it; no server yet."""
    with new_world(os.environ.get(POSTGRESQL)) as made:
        yield made


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    """For tests that leave their servers as they found them: each has a chat of its own."""
    with new_world(os.environ.get(POSTGRESQL)) as made:
        yield made


@pytest.fixture(scope="session")
def fleet(shared_world: World) -> list[ServerProcess]:
    """The shared world's servers: one when embedded, else two."""
    return shared_world.start_fleet()
