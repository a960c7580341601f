"""How the log is written: every line, whoever wrote it, as keys and values; and what never gets in.

Nothing here shows local variables: they hold what people said, and their tokens.
"""

import logging
import sys
from typing import Any

import orjson
import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor

FORMATS = ("text", "json")

# What both kinds of loggers go through, structlog's and those of the standard library.
_COMMON: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_by(style: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: to the standard error, one line each in this style, for people or JSON.

    A traceback takes lines of its own for people, and is a string in JSON.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": ProcessorFormatter,
                "foreign_pre_chain": _COMMON,
                "processors": [ProcessorFormatter.remove_processors_meta, *_RENDERERS[style]],
            },
        },
        "filters": {
            "without_query": {"()": "django.utils.log.CallbackFilter", "callback": without_query},
            "failures": {"()": "django.utils.log.CallbackFilter", "callback": is_failure},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "django": {"handlers": []},  # not each line twice with DEBUG
            "django.request": {"filters": ["failures"]},
            "django.server": {"propagate": True, "handlers": []},
            "axes": {"level": "WARNING"},  # what it has to say is in its tables
            "uvicorn.error": {"filters": ["without_query"]},
            # Two lines for every wake-up.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            # What was asked, and of whom, is nobody's to read in a log, not even with
            # LOG_LEVEL=DEBUG.
            "openai": {"level": "WARNING"},
            "httpx2": {"level": "WARNING"},
            "httpcore2": {"level": "WARNING"},
        },
    }


def configure_structlog() -> None:
    """Let structlog's own loggers write through those of the standard library."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_COMMON,
            ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def without_query(record: logging.LogRecord) -> bool:
    """Cut the query off the addresses in uvicorn's lines: somebody may have put a token there."""
    if isinstance(record.args, tuple):
        record.args = tuple(
            arg.partition("?")[0] if isinstance(arg, str) and arg.startswith("/") else arg
            for arg in record.args
        )
    return True


def is_failure(record: logging.LogRecord) -> bool:
    """What was answered with a refusal has a line of its own (`request_log`)."""
    return bool(record.exc_info)


def _level_to_the_front(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """In the order people read: when, how grave, where, what, then the rest."""
    first = {key: event.pop(key) for key in ("timestamp", "level", "logger", "event")}
    return {**first, **event}


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


_RENDERERS: dict[str, list[Processor]] = {
    "text": [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            sort_keys=False,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    ],
    "json": [
        structlog.processors.format_exc_info,
        _level_to_the_front,
        structlog.processors.JSONRenderer(serializer=_json),
    ],
}
