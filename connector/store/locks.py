"""Locks that die with their process: a lock file beside SQLite, an advisory lock on PostgreSQL."""

from __future__ import annotations

import fcntl
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError

from connector.core.writer import WriterBusyError
from connector.store.trouble import told


class Locks:
    """Named locks of one database, over all processes that use it."""

    # A database in memory belongs to one process, so its locks do too.
    _in_process: ClassVar[dict[tuple[int, str], threading.Lock]] = {}

    def __init__(self, engine: Engine, where: str, path: Path | None) -> None:
        self._engine = engine
        self._where = where
        self._path = path

    @property
    def prove_death(self) -> bool:
        """Whether a free lock means that its last holder is dead: an advisory lock is also lost with a connection."""
        return self._engine.dialect.name != "postgresql"

    @contextmanager
    def hold(self, name: str, *, wait: bool = True) -> Iterator[None]:
        """Hold the lock of that name; without `wait`, raises WriterBusyError when another process has it."""
        digest = _digest(name)
        if self._path is not None:
            with self._file_lock(Path(f"{self._path}.{digest}.lock"), name, wait=wait):
                yield
        elif self._engine.dialect.name == "postgresql":
            with self._advisory_lock(_number(name), name, wait=wait):
                yield
        else:
            lock = self._in_process.setdefault((id(self._engine), digest), threading.Lock())
            if not lock.acquire(blocking=wait):
                raise _busy(name)
            try:
                yield
            finally:
                lock.release()

    def until_commit(self, connection: Connection, name: str) -> None:
        """Let transactions of that name follow one another, as all of SQLite's do: a writer that lost its lock may still be at work."""
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_number(name))))

    @contextmanager
    def _file_lock(self, path: Path, name: str, *, wait: bool) -> Iterator[None]:
        with told(self._where):
            file = path.open("a", encoding="ascii")
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise _busy(name) from None
            yield  # The kernel lets go of it when the file is closed, or when the process dies.

    @contextmanager
    def _advisory_lock(self, number: int, name: str, *, wait: bool) -> Iterator[None]:
        with told(self._where):
            connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            with told(self._where):
                is_ours = _take(connection, number, wait=wait)
            if not is_ours:
                raise _busy(name)
            try:
                yield
            finally:
                _give_back(connection, number)
        finally:
            connection.close()


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _number(name: str) -> int:
    return int(_digest(name)[:15], 16)


def _take(connection: Connection, number: int, *, wait: bool) -> bool:
    if wait:
        connection.execute(sa.select(sa.func.pg_advisory_lock(number)))
        return True
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_lock(number))).scalar_one())


def _give_back(connection: Connection, number: int) -> None:
    try:
        connection.execute(sa.select(sa.func.pg_advisory_unlock(number)))
    except DBAPIError:
        # The session is lost, and the lock with it. What happened inside must not be hidden by this; the leases fence the rest.
        connection.invalidate()


def _busy(name: str) -> WriterBusyError:
    return WriterBusyError(f"Another process is working on {name}; two writers could post the same document. Try again when it is done.")
