"""Sign-ins that have ended, numbered in the order of their commits.

The database writes them down itself (`triggers`), however a session, a token or an account ends.
Who reads the newest number once something is committed knows of every ending that came before it.
"""

from dataclasses import dataclass

from django.db import connection

from messages.models import Ending

# Where nobody has looked yet: before every number.
NOWHERE = -1


@dataclass(frozen=True, slots=True)
class News:
    """What has ended up to number `newest`, as kinds and keys.

    `ended` is None where that is not known any more: everybody has to be looked at.
    """

    newest: int
    ended: list[tuple[str, str]] | None


def newest() -> int:
    """The number of the last ending; 0 where there was none."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        row = cursor.fetchone()
        return 0 if row is None else int(row[0])


def since(known: int) -> News:
    """What has ended after number `known`."""
    rows = Ending.objects.filter(number__gt=known).order_by("number")
    found = list(rows.values_list("number", "kind", "key"))
    last = found[-1][0] if found else newest()
    if last - known != len(found):  # some are kept no longer, or the numbers began anew
        return News(last, None)
    return News(last, [(kind, key) for _, kind, key in found])


# PostgreSQL plans this quicker than max(), and it is asked once for each commit.
_NEWEST = f"SELECT number FROM {Ending._meta.db_table} ORDER BY number DESC LIMIT 1"  # noqa: S608
