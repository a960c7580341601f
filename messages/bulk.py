"""Many rows in one statement, the quick way of each database."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from django.db import connection, models

# On SQLite one VALUES statement lets the interpreter lock go once, executemany once a row.
# More rows a statement gain nothing, and each size is a statement for the driver's cache.
_SQLITE_ROWS = 48


def insert(
    model: type[models.Model], columns: tuple[str, ...], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert `rows`, given as values of `columns`; JSON comes encoded, as text."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                _unnest_insert(model, columns), [list(c) for c in zip(*rows, strict=True)]
            )
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
            cursor.execute(
                _unnest_update(model, columns), [list(c) for c in zip(*rows, strict=True)]
            )
        else:
            cursor.executemany(_plain_update(model, columns), [(*row[1:], row[0]) for row in rows])


def delete(model: type[models.Model], column: str, value: Any) -> None:
    """Delete the rows with this value; what points at them is the caller's to delete before."""
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_table(model)} WHERE {column} = %s", [value])


@lru_cache
def _values_insert(model: type[models.Model], columns: tuple[str, ...], count: int) -> str:
    row = f"({', '.join(['%s'] * len(columns))})"
    return f"INSERT INTO {_table(model)} ({', '.join(columns)}) VALUES {', '.join([row] * count)}"


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
