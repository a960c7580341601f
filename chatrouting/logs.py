"""What must not get into the log."""

import logging
import re
from collections.abc import Callable
from typing import Any

_INVITATION = re.compile(r"(?<=/invitations/)[^/?\s'\"]+")


def without_query(record: logging.LogRecord) -> bool:
    """Cut the query off the addresses in uvicorn's lines: somebody may have put a token there."""
    return _change(record, lambda text: text.partition("?")[0] if text.startswith("/") else text)


def without_invitations(record: logging.LogRecord) -> bool:
    """Leave out of all addresses what lets people into a chat."""
    return _change(record, lambda text: _INVITATION.sub("…", text))


def _change(record: logging.LogRecord, change: Callable[[str], str]) -> bool:
    def changed(arg: Any) -> Any:
        return change(arg) if isinstance(arg, str) else arg

    if isinstance(record.args, tuple):
        record.args = tuple(map(changed, record.args))
    return True
