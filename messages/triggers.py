"""What the database does by itself: write down that a sign-in has ended, as part of what ends it.

Django's signals come after the commit, where they come at all: not for `update()`, not for SQL.
"""

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import connections
from knox.models import AuthToken

from messages.models import Ending

# So many endings are kept. Who has not looked for longer looks at everybody.
KEPT = 10_000
_LOCK = 1_701_733_735  # of PostgreSQL's advisory locks
_FUNCTION = "chat_messages_sign_in_ended"
_CHANGED = "(OLD.is_active AND NOT NEW.is_active) OR OLD.password <> NEW.password"


def install(using: str) -> None:
    """Where all tables are there; what an earlier version installed goes first."""
    uninstall(using)
    connection = connections[using]
    tables = {Ending._meta.db_table, *(trigger[1] for trigger in _triggers())}
    if tables <= set(connection.introspection.table_names()):
        make = _on_postgresql if connection.vendor == "postgresql" else _on_sqlite
        _run(using, make())


def uninstall(using: str) -> None:
    on_table = connections[using].vendor == "postgresql"
    _run(
        using,
        [
            f"DROP TRIGGER IF EXISTS {name}" + (f" ON {table}" if on_table else "")
            for name, table, *_ in _triggers()
        ],
    )


def _triggers() -> list[tuple[str, str, str, str, str, str]]:
    """Name, table, operation, condition, kind of the ending, and the column with its key.

    That an expired session is deleted ends nothing.
    """
    session, token, user = Session._meta, AuthToken._meta, get_user_model()._meta
    user_id = str(user.pk.column)
    lasts = "OLD.expire_date > {now}"
    return [
        (
            "chat_messages_session_ended",
            session.db_table,
            "DELETE",
            lasts,
            "session",
            "session_key",
        ),
        ("chat_messages_token_revoked", token.db_table, "DELETE", "", "token", "digest"),
        ("chat_messages_user_changed", user.db_table, "UPDATE", _CHANGED, "user", user_id),
        ("chat_messages_user_deleted", user.db_table, "DELETE", "", "user", user_id),
    ]


def _on_postgresql() -> list[str]:
    """At the commit and one after the other, so that numbers are given in its order; as the last
    that a transaction does, so that nobody waits for a client in between."""
    table = Ending._meta.db_table
    function = f"""
        CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE latest bigint;
        BEGIN
            PERFORM pg_advisory_xact_lock({_LOCK});
            SELECT coalesce(max(number), 0) + 1 INTO latest FROM {table};
            INSERT INTO {table} (number, kind, key)
                VALUES (latest, TG_ARGV[0], to_jsonb(OLD) ->> TG_ARGV[1]);
            DELETE FROM {table} WHERE number <= latest - {KEPT};
            RETURN NULL;
        END $$"""  # noqa: S608
    return [function] + [
        f"CREATE CONSTRAINT TRIGGER {name} AFTER {operation} ON {on}"
        f" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW{_when(condition, 'now()')}"
        f" EXECUTE FUNCTION {_FUNCTION}('{kind}', '{column}')"
        for name, on, operation, condition, kind, column in _triggers()
    ]


def _on_sqlite() -> list[str]:
    """There one writes at a time anyway."""
    table = Ending._meta.db_table
    now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
    return [
        f"CREATE TRIGGER {name} AFTER {operation} ON {on}{_when(condition, now)} BEGIN"  # noqa: S608
        f" INSERT INTO {table} (number, kind, key)"
        f" SELECT coalesce(max(number), 0) + 1, '{kind}', OLD.{column} FROM {table};"
        f" DELETE FROM {table} WHERE number <= (SELECT max(number) FROM {table}) - {KEPT};"
        " END"
        for name, on, operation, condition, kind, column in _triggers()
    ]


def _when(condition: str, now: str) -> str:
    return f" WHEN ({condition.format(now=now)})" if condition else ""


def _run(using: str, statements: list[str]) -> None:
    with connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def before_migrations(*, using: str, plan: Any = None, **_: Any) -> None:
    """Tables are changed without them."""
    if plan:
        uninstall(using)


def after_migrations(*, using: str, **said: Any) -> None:
    if "plan" in said:  # else the tables were only emptied
        install(using)
