"""Opening a database so that it neither loses an update nor hides why it cannot be used.

SQLAlchemy's default mode on SQLite loses updates silently, so every write transaction begins with BEGIN IMMEDIATE, under WAL and
synchronous=FULL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import StaticPool

BUSY_TIMEOUT_MS = 10_000


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
    url = sa.make_url(database)
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def open_engine(url: sa.URL) -> Engine:
    """An engine with the rules above; nothing is read or written yet."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url)
    if not url.database:
        engine = sa.create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = sa.create_engine(url)
    sa.event.listen(engine, "connect", _configure_sqlite)
    sa.event.listen(engine, "begin", _begin_immediate)
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what SQLite says of its file into a clear problem."""
    try:
        yield
    except (OperationalError, DatabaseError) as error:
        text = str(error.orig or error)
        known = (
            ("malformed", "DATABASE_CORRUPT", "The database file is damaged.", "Restore a backup; nothing is posted twice by that."),
            ("not a database", "DATABASE_CORRUPT", "The file is not a database.", "Restore a backup, or name another file."),
            ("full", "DATABASE_FULL", "The disk is full.", "Free some space and run again; nothing was lost."),
            ("disk I/O", "DATABASE_UNWRITABLE", "The disk takes no bytes.", "Check its space, quota and health, then run again."),
            ("unable to open", "DATABASE_UNWRITABLE", "The file cannot be opened.", "Check that its folder exists and is writable."),
            ("readonly", "DATABASE_UNWRITABLE", "The file cannot be written.", "Check its owner and permissions."),
            ("locked", "DATABASE_BUSY", "Another process holds the database.", "Run again when it has finished."),
            ("connection", "DATABASE_UNREACHABLE", "The database server does not answer.", "Start it, or check the address."),
        )
        for word, code, message, next_step in known:
            if word in text:
                raise DatabaseProblem(code, where, message, next_step) from None
        raise
