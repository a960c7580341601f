"""What is kept out of the log."""

import logging

from chatrouting.logs import without_query


def test_the_query_of_an_address_is_not_logged() -> None:
    args = ("127.0.0.1:5", "/ws/chat/?token=secret", 403)
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, '%s - "%s" %d', args, None)
    assert without_query(record)
    assert record.getMessage() == '127.0.0.1:5 - "/ws/chat/" 403'
