"""Many rows in one statement, the quick way of each database."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection, models

# As many are copied to PostgreSQL: that takes a fifth of the time of quoting them, and for fewer
# its one round trip more is longer.
_COPIED_ROWS = 16
# On SQLite one VALUES statement lets the interpreter lock go once, executemany once a row.
# More rows a statement gain nothing, and each size is a statement for the driver's cache.
_SQLITE_ROWS = 48


def find(
    model: type[models.Model],
    columns: tuple[str, ...],
    keys: Sequence[Sequence[Any]],
    what: tuple[str, ...],
) -> list[tuple[Any, ...]]:
    """`what` of the rows that have one of `keys` in `columns`, over which there is a unique index.

    One look into the index for each key: of IN lists every combination would be tried, and for a
    plain join PostgreSQL reads the whole table where its statistics are behind the log.
    """
    if not keys:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            query = _lateral_find(model, columns, what)
            cursor.execute(query, _arrays(keys))
        else:
            query = _join_find(model, columns, what, len(keys))
            cursor.execute(query, list(chain.from_iterable(keys)))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def insert(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert `rows`, given as values of `columns`; JSON comes encoded, as text."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            if len(rows) < _COPIED_ROWS:
                cursor.execute(_unnest_insert(model, columns), _arrays(rows))
                return
            with connection.wrap_database_errors, cursor.copy(_copy(model, columns)) as copy:
                for row in rows:
                    copy.write_row(row)
            return
        for start in range(0, len(rows), _SQLITE_ROWS):
            chunk = rows[start : start + _SQLITE_ROWS]
            cursor.execute(
                _values_insert(model, columns, len(chunk)), list(chain.from_iterable(chunk))
            )


def update(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Set the columns after the first, by the first, which is the primary key."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_unnest_update(model, columns), _arrays(rows))
        else:
            cursor.executemany(_plain_update(model, columns), [(*row[1:], row[0]) for row in rows])


def delete(model: type[models.Model], column: str, value: Any) -> None:
    """Delete the rows with this value; what points at them is the caller's to delete before."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_table(model)} WHERE {column} = %s", [value])


@lru_cache
def _lateral_find(
    model: type[models.Model], columns: tuple[str, ...], what: tuple[str, ...]
) -> str:
    return (
        f"SELECT found.* FROM {_unnest(model, columns)} CROSS JOIN LATERAL ("
        f"SELECT {', '.join(what)} FROM {_table(model)} old WHERE {_same(columns)} LIMIT 1) found"
    )


@lru_cache
def _join_find(
    model: type[models.Model], columns: tuple[str, ...], what: tuple[str, ...], count: int
) -> str:
    return (
        f"WITH new({', '.join(columns)}) AS (VALUES {_rows(columns, count)})"
        f" SELECT {', '.join(f'old.{name}' for name in what)}"
        f" FROM new JOIN {_table(model)} old ON {_same(columns)}"
    )


def _same(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"old.{name} = new.{name}" for name in columns)


@lru_cache
def _values_insert(model: type[models.Model], columns: tuple[str, ...], count: int) -> str:
    into = f"{_table(model)} ({', '.join(columns)})"
    return f"INSERT INTO {into} VALUES {_rows(columns, count)}"


def _rows(columns: tuple[str, ...], count: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * len(columns))})"] * count)


@lru_cache
def _copy(model: type[models.Model], columns: tuple[str, ...]) -> str:
    return f"COPY {_table(model)} ({', '.join(columns)}) FROM STDIN"


@lru_cache
def _unnest_insert(model: type[models.Model], columns: tuple[str, ...]) -> str:
    names = ", ".join(columns)
    return f"INSERT INTO {_table(model)} ({names}) SELECT {names} FROM {_unnest(model, columns)}"


@lru_cache
def _unnest_update(model: type[models.Model], columns: tuple[str, ...]) -> str:
    key, *others = columns
    changes = ", ".join(f"{name} = new.{name}" for name in others)
    table = _table(model)
    new = _unnest(model, columns)
    return f"UPDATE {table} SET {changes} FROM {new} WHERE {table}.{key} = new.{key}"


@lru_cache
def _plain_update(model: type[models.Model], columns: tuple[str, ...]) -> str:
    key, *others = columns
    changes = ", ".join(f"{name} = %s" for name in others)
    return f"UPDATE {_table(model)} SET {changes} WHERE {key} = %s"


def _arrays(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Each column's values, as `_unnest` takes them."""
    return [list(column) for column in zip(*rows, strict=True)]


def _unnest(model: type[models.Model], columns: tuple[str, ...]) -> str:
    arrays = ", ".join(_array(model._meta.get_field(_field_name(model, name))) for name in columns)
    return f"unnest({arrays}) AS new({', '.join(columns)})"


def _array(field: Any) -> str:
    kind = field.db_type(connection)
    return "%s::text[]::jsonb[]" if kind == "jsonb" else f"%s::{kind}[]"


def _field_name(model: type[models.Model], column: str) -> str:
    return next(f.name for f in model._meta.concrete_fields if f.column == column)


def _table(model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
