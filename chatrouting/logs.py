"""What must not get into the log."""

import logging


def without_query(record: logging.LogRecord) -> bool:
    """Cut the query off the addresses in uvicorn's lines: somebody may have put a token there."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            arg.partition("?")[0] if isinstance(arg, str) and arg.startswith("/") else arg
            for arg in record.args
        )
    return True
