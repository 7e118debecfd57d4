"""Opening a database so that it neither loses an update nor hides why it cannot be used.

SQLAlchemy's default mode on SQLite loses updates silently, so every write transaction begins with BEGIN IMMEDIATE, under WAL and
synchronous=FULL. On PostgreSQL a commit is durable when it returns, whatever the server's default, and a session that holds a
lock is neither ended for being idle nor kept for hours after its machine has lost power.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

BUSY_TIMEOUT_MS = 10_000
# So often a first start tries to switch the new database to WAL beside others that do the same.
WAL_ATTEMPTS = 20
CONNECT_TIMEOUT_SECONDS = 10

# By pg_settings and not by SET: an older server does not know every one of these.
_CONFIGURE_POSTGRESQL = """
SELECT set_config(name, wanted, false)
FROM (VALUES ('synchronous_commit', 'on'), ('idle_session_timeout', '0'),
             ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3')) AS ours (setting_name, wanted)
JOIN pg_settings ON name = setting_name
WHERE name <> 'synchronous_commit' OR setting = 'off'
"""


class DatabaseProblem(Exception):
    """The database cannot be used as it is: the message says what is wrong and what to do."""

    def __init__(self, code: str, where: str, message: str, next_step: str) -> None:
        super().__init__(f"{where}: {code} {message} {next_step}")
        self.code = code


def url_of(database: str) -> sa.URL:
    """The SQLAlchemy address of a database given as a path or as an address."""
    if database == ":memory:":
        return sa.make_url("sqlite://")
    if "://" not in database:
        return sa.URL.create("sqlite", database=str(Path(database)))
    try:
        url = sa.make_url(database)
    except (ArgumentError, ValueError):
        raise _unknown("The address of the database cannot be read.") from None  # Its text may hold a password.
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise _unknown(f"A database of the kind '{url.get_backend_name()}' is not supported.")
    return url


def _unknown(message: str) -> DatabaseProblem:
    return DatabaseProblem("DATABASE_UNKNOWN", "database", message, "Name a file, or postgresql://user:password@host/database.")


def open_engine(url: sa.URL) -> Engine:
    """An engine with the rules above; nothing is read or written yet."""
    if url.get_backend_name() != "sqlite":
        engine = _postgresql_engine(url)
        sa.event.listen(engine, "connect", _configure_postgresql)
    else:
        in_memory: dict[str, Any] = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        engine = sa.create_engine(url, hide_parameters=True, **({} if url.database else in_memory))
        sa.event.listen(engine, "connect", _configure_sqlite)
        sa.event.listen(engine, "begin", begin_immediate)
    sa.event.listen(engine, "before_cursor_execute", _storable, retval=True)
    return engine


def _postgresql_engine(url: sa.URL) -> Engine:
    try:
        # Asked before it is used again: a server that restarted between two runs costs nobody a run.
        asked = {"connect_timeout": CONNECT_TIMEOUT_SECONDS}
        # Without an end: a lock takes a connection while it is held, and locks that wait for connections would wait for ever.
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, max_overflow=-1, connect_args=asked)
    except (ModuleNotFoundError, NoSuchModuleError):
        where, message = url.render_as_string(hide_password=True), "The driver for PostgreSQL is not installed."
        raise DatabaseProblem("DATABASE_UNKNOWN", where, message, "Install the connector with its extra 'postgres'.") from None


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    switch_to_wal(connection)


def switch_to_wal(connection: sqlite3.Connection) -> None:
    """Switch a new database to WAL. While another connection does it, SQLite refuses at once; to begin a write waits for it."""
    for attempt in range(WAL_ATTEMPTS):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or attempt == WAL_ATTEMPTS - 1:
                raise
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        else:
            return


def _configure_postgresql(connection: Any, _record: Any) -> None:
    connection.execute(_CONFIGURE_POSTGRESQL)
    connection.commit()


def begin_immediate(connection: Connection) -> None:
    """A transaction that may write says so at once: one that begins by reading would be refused instead of waiting."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _storable(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> tuple[str, Any]:
    """PostgreSQL refuses a NUL in text, and both databases refuse half a surrogate pair: a title must not cost the run."""
    return statement, [_each(row) for row in parameters] if many else _each(parameters)


def _each(parameters: Any) -> Any:
    if isinstance(parameters, dict):
        return {name: storable(value) if isinstance(value, str) else value for name, value in parameters.items()}
    return tuple(storable(value) if isinstance(value, str) else value for value in parameters)


def storable(value: str) -> str:
    """The text as the databases keep it."""
    if "\x00" in value:
        value = value.replace("\x00", "\N{REPLACEMENT CHARACTER}")
    if value.isascii():
        return value
    return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= c <= "\udfff" else c for c in value) if _has_surrogate(value) else value


def _has_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False
