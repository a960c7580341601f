"""What a line of the log looks like, and what is kept out of it."""

import json
import logging
import logging.config
from collections.abc import Callable

import pytest
from structlog.stdlib import ProcessorFormatter

from chatrouting.logs import is_failure, logging_by, without_query

Line = Callable[[logging.LogRecord], str]


def formatter(style: str) -> Line:
    made = logging_by(style, "INFO")["formatters"]["line"]
    return ProcessorFormatter(
        **{name: value for name, value in made.items() if name != "()"}
    ).format


def failed() -> logging.LogRecord:
    """Told of by a logger of the standard library, out of a function that knows something."""
    password = "hunter2"
    try:
        raise ValueError(len(password))
    except ValueError as error:
        info = type(error), error, error.__traceback__
        return logging.LogRecord("some.library", logging.ERROR, "", 0, "%s broke", ("It",), info)


def test_a_line_of_a_library_is_an_object_too() -> None:
    line = json.loads(formatter("json")(failed()))
    assert list(line) == ["timestamp", "level", "logger", "event", "exception"]
    assert (line["level"], line["logger"], line["event"]) == ("error", "some.library", "It broke")
    assert line["exception"].endswith("ValueError: 7")


def test_people_read_keys_and_values_and_the_traceback_below() -> None:
    first, second, *_ = formatter("text")(failed()).splitlines()
    assert "It broke" in first
    assert "[some.library]" in first
    assert second.startswith("Traceback")


@pytest.mark.parametrize("style", ["text", "json"])
def test_local_variables_are_not_shown(style: str) -> None:
    assert "hunter2" not in formatter(style)(failed()).replace('password = "hunter2"', "")


def test_the_query_of_an_address_is_not_logged() -> None:
    args = ("127.0.0.1:5", "/ws/chat/?token=secret", 403)
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, '%s - "%s" %d', args, None)
    assert without_query(record)
    assert record.getMessage() == '127.0.0.1:5 - "/ws/chat/" 403'


def test_a_refused_request_has_one_line_alone() -> None:
    refusal = logging.LogRecord("django.request", logging.WARNING, "", 0, "Not Found", None, None)
    assert not is_failure(refusal)
    assert is_failure(failed())
