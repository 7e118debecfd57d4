"""Where the use of the vendors' limits lies, shared by every process on one database: texts by name, changed one process at a time.

Beside an SQLite file it is a file of its own: a turn is taken many times a second, and shall neither wait for the records nor write
through to the disk. A killed process loses nothing of it; a machine that loses power loses the last turns, and only the count of reads
would be missed. A server keeps it in its own table, without waiting for the disk either, and its clock is that of all machines.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from connector.core.clock import Clock
from connector.store.database import Database
from connector.store.engine import BUSY_TIMEOUT_MS, DatabaseProblem, switch_to_wal
from connector.store.tables import ShelfRow
from connector.store.upsert import upsert

SHELF = ShelfRow.__table__  # type: ignore[attr-defined]
FILE = "limits.db"

_MAKE = "CREATE TABLE IF NOT EXISTS shelf (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"
_PUT = "INSERT INTO shelf VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text"
# For this transaction: nobody waits for the disk, nor for a process that stopped in the middle of it.
_SETTINGS = {"synchronous_commit": "off", "lock_timeout": "25s", "idle_in_transaction_session_timeout": "20s"}
_ON_SERVER = sa.select(*(sa.func.set_config(name, value, sa.true()) for name, value in _SETTINGS.items()))

T = TypeVar("T")
Step = Callable[[str, datetime], tuple[str, T]]


def shelf_of(database: Database, clock: Clock) -> FileShelf | TableShelf:
    """The shelf of that database."""
    return FileShelf(database.folder / FILE, clock) if database.folder else TableShelf(database)


class FileShelf:
    """Texts in a file of their own (ledgers/rate.py, Shelf)."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def change(self, name: str, step: Step[T]) -> T:
        """Replace a text while no other process does."""
        with self._turn, self._told(), self._opened() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                row = connection.execute("SELECT text FROM shelf WHERE name = ?", (name,)).fetchone()
                before = str(row[0]) if row else ""
                after, result = step(before, self._clock.now())
                if after != before:
                    connection.execute(_PUT, (name, after))
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            return result

    def texts(self, prefix: str) -> dict[str, str]:
        """Every text whose name begins so."""
        with self._turn, self._told(), self._opened() as connection:
            return dict(connection.execute("SELECT name, text FROM shelf WHERE substr(name, 1, ?) = ?", (len(prefix), prefix)))

    def close(self) -> None:
        """Give back the file."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        if self._connection is None:
            if not self._path.exists():
                os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._connection = _first_opened(self._path)
        yield self._connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            message = f"The file that keeps the vendors' limits cannot be used ({error})."
            next_step = "Check its folder and disk; if it is damaged, delete it: it is made anew, and reads are counted from there."
            raise DatabaseProblem("LIMITS_UNUSABLE", str(self._path), message, next_step) from None


def _first_opened(path: Path) -> sqlite3.Connection:
    """The file with its table, or nothing that is left open."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_TIMEOUT_MS / 1000)
    try:
        switch_to_wal(connection)
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_MAKE)
    except BaseException:
        connection.close()
        raise
    return connection


class TableShelf:
    """Texts in a table of the database itself: on a server, and for a database in memory."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_server = database.engine.dialect.name == "postgresql"

    def change(self, name: str, step: Step[T]) -> T:
        """Replace a text while no other process does."""
        with self._database.write() as connection:
            if self._is_server:
                connection.execute(_ON_SERVER)
            query = sa.select(SHELF.c.text).where(SHELF.c.name == name).with_for_update()
            before = connection.execute(query).scalar_one_or_none()
            if before is None:
                upsert(connection, SHELF, {"name": name}, {"name": name}, {"text": ""})
                before = str(connection.execute(query).scalar_one())
            after, result = step(before, self._database.host_now(connection))
            if after != before:
                connection.execute(sa.update(SHELF).where(SHELF.c.name == name).values(text=after))
            return result

    def texts(self, prefix: str) -> dict[str, str]:
        """Every text whose name begins so."""
        query = sa.select(SHELF.c.name, SHELF.c.text).where(sa.func.substr(SHELF.c.name, 1, len(prefix)) == prefix)
        with self._database.write() as connection:
            return {str(row.name): str(row.text) for row in connection.execute(query)}

    def close(self) -> None:
        """The database is closed by whoever opened it."""
