"""What all tests share: the shape, the cast, and a clean end for every database connection."""

import inspect
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper as PostgreSQLConnection
from django.utils import translation

from chatrouting.process import process
from messages.access import actor_of
from messages.chats import create_chat
from messages.models import Chat, MessageType
from messages.processors import PROCESSORS
from messages.processors.work import Done, Progress, Work
from messages.writer import writer
from tests.domain.counting import forget_counts
from tests.people import make_moderator
from tests.shapes.emptying import empty_quickly
from tests.shapes.pytest_plugin import POSTGRESQL
from tests.shapes.site import Site, embedded_site, scaled_site

LONG = ("slow", "server")  # the longest first
Processors = dict[MessageType, Callable[[Work, Progress], Done]]

hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.load_profile("project")


def pytest_configure() -> None:
    """Passwords are not what is tested here, and real hashing is slow on purpose."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Async tests leave no rooms behind, and are not run in one transaction.

    A transaction would not hold what other threads write.
    """
    items.sort(key=_turn_of)
    functions = [item for item in items if isinstance(item, pytest.Function)]
    asynchronous = [item for item in functions if inspect.iscoroutinefunction(item.obj)]
    for item in asynchronous:
        item.fixturenames.append("_no_room_stays_open")  # Last, so that it ends first.
    guilty = [item.nodeid for item in asynchronous if _is_in_a_transaction(item)]
    if guilty:
        raise pytest.UsageError(
            "An async test needs @pytest.mark.django_db(transaction=True): " + ", ".join(guilty)
        )


def _turn_of(item: pytest.Item) -> int:
    """What takes long begins first, so that no worker waits for another's last test."""
    marks = [item.get_closest_marker(name) is not None for name in LONG]
    return marks.index(True) if any(marks) else len(LONG)


def _is_in_a_transaction(item: pytest.Function) -> bool:
    if "transactional_db" in item.fixturenames:
        return False
    mark = item.get_closest_marker("django_db")
    if mark is not None:
        return not mark.kwargs.get("transaction", False)
    return "db" in item.fixturenames


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """SQLite in a file: other threads open connections of their own, which memory cannot have."""
    if connection.vendor == "sqlite":
        folder: Path = tmp_path_factory.mktemp("database")
        connection.settings_dict["TEST"]["NAME"] = str(folder / "chatrouting.sqlite3")
    yield
    connection.close()
    if isinstance(connection, PostgreSQLConnection):
        connection.close_pool()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Nothing is dropped at the end, since the whole server or folder goes away."""
    return True


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    empty_quickly()


@pytest.fixture(autouse=True)
def _nothing_is_left_over(request: pytest.FixtureRequest) -> Iterator[None]:
    """End the writing thread with its connection, and forget counters, after each database test."""
    if not {"db", "transactional_db"} & set(
        request.fixturenames
    ) and not request.node.get_closest_marker("django_db"):
        yield
        return
    request.getfixturevalue("db")  # Set up before this, so it ends after this.
    if isinstance(connection, PostgreSQLConnection) and connection.in_atomic_block:
        with connection.cursor() as cursor:  # A test's own transaction may idle as it likes.
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    yield
    assert writer.drain(), "the writer did not end"
    writer.reopen()
    forget_counts()


@pytest.fixture(autouse=True)
def _nobody_has_chosen_a_language() -> Iterator[None]:
    """A request in a test's own thread leaves its language there."""
    yield
    translation.deactivate()


@pytest.fixture
async def _no_room_stays_open() -> AsyncIterator[None]:
    yield
    if process.loop is not None:
        await process.stop()


@pytest.fixture
def site() -> Iterator[Site]:
    """A fresh place for server processes: `ServerProcess(site.values)`, any number of them."""
    postgresql = os.environ.get(POSTGRESQL)
    with scaled_site(postgresql) if postgresql else embedded_site() as place:
        yield place


@pytest.fixture(autouse=True)
def processors() -> Iterator[Processors]:
    """Nothing is worked on unless a test puts somebody here who does."""
    with patch.dict(PROCESSORS, clear=True):
        yield PROCESSORS


@pytest.fixture
def ann(db: None) -> User:
    return User.objects.create_user("ann", password="demo")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", password="demo")


@pytest.fixture
def eve(db: None) -> User:
    """The outsider."""
    return User.objects.create_user("eve", password="demo")


@pytest.fixture
def mod(db: None) -> User:
    """A moderator."""
    return make_moderator(User.objects.create_user("mod", password="demo"))


@pytest.fixture
def chat(ann: User, bob: User) -> Chat:
    """A chat of ann, the owner, and bob."""
    chat_id = create_chat(actor_of(ann), "Lunch", members=[actor_of(bob)])
    return Chat.objects.get(pk=chat_id)
