"""What is kept out of the log."""

import logging

from chatrouting.logs import without_invitations, without_query


def test_the_query_of_an_address_is_not_logged() -> None:
    args = ("127.0.0.1:5", "/ws/chat/?token=secret", 403)
    record = logging.LogRecord("uvicorn.error", logging.INFO, "", 0, '%s - "%s" %d', args, None)
    assert without_query(record)
    assert record.getMessage() == '127.0.0.1:5 - "/ws/chat/" 403'


def test_an_invitation_is_left_out_wherever_an_address_is_told() -> None:
    told = ("Not Found", "/invitations/abc.def/", "'POST /api/v1/invitations/abc.def/'", 7)
    record = logging.LogRecord("django", 30, __file__, 1, "%s: %s %s %s", told, None)
    assert without_invitations(record)
    message = record.getMessage()
    assert message == "Not Found: /invitations/…/ 'POST /api/v1/invitations/…/' 7"
