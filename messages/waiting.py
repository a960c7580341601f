"""Who waits for somebody else holds no database connection: there are fewer than workers."""

from django.db import connection


def let_go_of_database() -> None:
    """Give this thread's connection back; the next query takes one again."""
    if not connection.in_atomic_block:  # as in a test
        connection.close()
