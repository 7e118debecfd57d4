"""One database, opened: its engine, its schema version, and the counter that notices a restored copy."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from connector.core.clock import Clock
from connector.store.engine import DatabaseProblem, open_engine, told, url_of
from connector.store.locks import Locks
from connector.store.tables import SCHEMA_VERSION, Meta

META = Meta.__table__  # type: ignore[attr-defined]


class Database:
    """An open database; close it at the end."""

    def __init__(self, engine: Engine, where: str, path: Path | None, clock: Clock) -> None:
        self.engine = engine
        self.where = where
        self.path = path
        self.clock = clock
        self.locks = Locks(engine, path)

    @property
    def folder(self) -> Path | None:
        """The folder of the database file; None for a server or for memory."""
        return self.path.parent if self.path else None

    @staticmethod
    def open(database: str, clock: Clock) -> Database:
        """Open a database and bring its schema up to date; raises DatabaseProblem with the next step."""
        url = url_of(database)
        is_file = url.get_backend_name() == "sqlite" and bool(url.database)
        path = Path(url.database or "") if is_file else None
        where = str(path) if path else url.render_as_string(hide_password=True)
        opened = Database(open_engine(url), where, path, clock)
        with told(where):
            opened._bring_up_to_date()
        return opened

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed at the end."""
        with told(self.where), self.engine.begin() as connection:
            yield connection

    def meta(self, connection: Connection, key: str) -> str | None:
        """A fact about the database."""
        return connection.execute(sa.select(META.c.value).where(META.c.key == key)).scalar_one_or_none()

    def set_meta(self, connection: Connection, key: str, value: str) -> None:
        """Store a fact about the database."""
        if connection.execute(sa.update(META).where(META.c.key == key).values(value=value)).rowcount == 0:
            connection.execute(sa.insert(META).values(key=key, value=value))

    def _bring_up_to_date(self) -> None:
        version = self._version()
        if version > SCHEMA_VERSION:
            message = f"The database has version {version}, this connector knows version {SCHEMA_VERSION}."
            raise DatabaseProblem("DATABASE_NEWER", self.where, message, "Install the newer connector that wrote it.")
        if version < SCHEMA_VERSION:
            # Imported here: Alembic costs most of a second, and an ordinary start only compares the version.
            from connector.store.migrations.upgrade import upgrade

            with self.locks.hold("schema"):
                upgrade(self.engine, self._version)
        with suppress(OSError):
            if self.path:
                self.path.chmod(0o600)

    def _version(self) -> int:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("meta"):
                return 0
            return int(self.meta(connection, "schema_version") or 0)

    # --- the counter that notices a restored copy -------------------------------------------------------------------------------

    def quarantine_until(self, settle_seconds: float) -> datetime | None:
        """When documents of an earlier database must be visible: set for a new or restored database, None for a continuous one."""
        with self.write() as connection:
            stored = self.meta(connection, "quarantine_until")
        if stored and datetime.fromisoformat(stored) > self.clock.now():
            return datetime.fromisoformat(stored)
        if not self._is_restored:
            return None
        self._is_restored = False
        until = self.clock.now() + timedelta(seconds=2 * settle_seconds)
        with self.write() as connection:
            self.set_meta(connection, "quarantine_until", until.isoformat())
        return until

    _is_restored = False

    def note_writer(self) -> None:
        """Advance the counter, here and in the file beside the database; where they disagree, the database is new or a copy."""
        with self.write() as connection:
            epoch = int(self.meta(connection, "epoch") or 0)
            beside = self._epoch_beside()
            self._is_restored = self._is_restored or epoch == 0 or (self.path is not None and beside != epoch)
            self.set_meta(connection, "epoch", str(max(epoch, beside) + 1))
        if self.path:
            self._write_epoch(max(epoch, beside) + 1)

    def _epoch_file(self) -> Path:
        return Path(f"{self.path}.epoch")

    def _epoch_beside(self) -> int:
        with suppress(OSError, ValueError):
            return int(self._epoch_file().read_text(encoding="ascii"))
        return 0

    def _write_epoch(self, epoch: int) -> None:
        draft = Path(f"{self.path}.epoch.new")
        with draft.open("w", encoding="ascii") as file:
            file.write(str(epoch))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._epoch_file())
