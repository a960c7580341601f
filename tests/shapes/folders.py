"""Temporary folders that go away even if this process crashes."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.shapes import unprivileged
from tests.shapes.reaper import reaper


def new_folder() -> Path:
    """Lives until `remove`, or else until this process ends."""
    folder = tempfile.mkdtemp(prefix="chatrouting-", dir=unprivileged.TEMP)
    reaper.watch(folder)
    return Path(folder)


def remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    reaper.forget(str(folder))


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    folder = new_folder()
    try:
        yield folder
    finally:
        remove(folder)
