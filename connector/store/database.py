"""One database, opened: its engine, its schema version, and what notices a restored copy."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlmodel.sql.sqltypes import UTCDateTime

from connector.core.audit import Head
from connector.core.clock import Clock
from connector.store import audit
from connector.store.engine import DatabaseProblem, open_engine, url_of
from connector.store.locks import Locks
from connector.store.tables import SCHEMA_VERSION, Meta
from connector.store.trouble import told
from connector.store.upsert import upsert

META = Meta.__table__  # type: ignore[attr-defined]
_FACT = sa.select(META.c.value).where(META.c.key == sa.bindparam("fact"))

# A fail-over begins a new timeline, and may have lost the newest commits.
_PLACE = """
SELECT concat_ws('/', system_identifier, timeline_id, pg_database.oid, 'meta'::regclass::oid)
FROM pg_control_system(), pg_control_checkpoint(), pg_database
WHERE datname = current_database()
"""


class Database:
    """An open database; close it at the end."""

    def __init__(self, engine: Engine, where: str, path: Path | None, clock: Clock) -> None:
        self.engine = engine
        self.where = where
        self.path = path
        self.clock = clock
        self.locks = Locks(engine, where, path)
        self.audit = audit.AuditLog()
        # SQLite has one writer, and who waits for it polls: threads that send side by side wait here instead. A server needs no queue.
        self._turn: AbstractContextManager[object] = threading.RLock() if path is not None else nullcontext()

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
        try:
            with told(where):
                opened._bring_up_to_date()
        except BaseException:
            opened.close()
            raise
        return opened

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction, committed at the end."""
        with self._turn, told(self.where), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def deciding(self, actor: str, clock: Clock, scope: audit.Scope) -> Iterator[tuple[Connection, audit.Trail]]:
        """One transaction, and the audit of what is decided in it: both are stored, or neither."""
        with self.write() as connection:
            trail = audit.Trail(actor, clock.now(), scope)
            yield connection, trail
            self.audit.append(connection, trail.entries)

    def meta(self, connection: Connection, key: str) -> str | None:
        """A fact about the database."""
        return connection.execute(_FACT, {"fact": key}).scalar_one_or_none()

    def set_meta(self, connection: Connection, key: str, value: str) -> None:
        """Store a fact about the database."""
        upsert(connection, META, {"key": key}, {"value": value})

    def host_now(self, connection: Connection) -> datetime:
        """The time of the database's host, which decides leases: the processes of several machines share no other clock."""
        if connection.dialect.name != "postgresql":
            return self.clock.now()
        return connection.execute(sa.select(sa.type_coerce(sa.func.clock_timestamp(), UTCDateTime()))).scalar_one()

    def _bring_up_to_date(self) -> None:
        if self.path and not self.path.exists():
            # Before SQLite makes it: its journals are born with the permissions of the file.
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600))
        version = self._version()
        if version > SCHEMA_VERSION:
            message = f"The database has version {version}, this connector knows version {SCHEMA_VERSION}."
            raise DatabaseProblem("DATABASE_NEWER", self.where, message, "Install the newer connector that wrote it.")
        if version < SCHEMA_VERSION:
            # Imported here: Alembic costs most of a second, and an ordinary start only compares the version.
            from connector.store.migrations.upgrade import upgrade

            with self.locks.hold("schema"):
                upgrade(self.engine, self._version, self.audit, self.clock)
        with suppress(OSError):
            if self.path:
                self.path.chmod(0o600)

    def _version(self) -> int:
        with self.engine.connect() as connection:
            if not sa.inspect(connection).has_table("meta"):
                return 0
            return int(self.meta(connection, "schema_version") or 0)

    # --- what notices a restored copy -------------------------------------------------------------------------------------------

    def quarantine_until(self, settle_seconds: float) -> datetime | None:
        """When documents of an earlier database must be visible: set for a new or restored database, None for a continuous one."""
        with self.write() as connection:
            stored, now = self.meta(connection, "restored_at"), self.clock.now()
            since = datetime.fromisoformat(stored) if stored else None
            if since is not None and since > now:
                # The clock was set back since: a wait until that moment could last for days, and one from now on is long enough.
                since = now
                self.set_meta(connection, "restored_at", since.isoformat())
        until = since + timedelta(seconds=2 * settle_seconds) if since else None
        return until if until and until > now else None

    def note_writer(self, actor: str = "connector") -> None:
        """Advance the counter, here and in the file beside the database; where they disagree, the database is new or a copy."""
        with self.locks.hold("epoch"), told(self.where):
            beside, noted = self._epoch_beside(), self.noted_head()
            with self.write() as connection:
                epoch = int(self.meta(connection, "epoch") or 0)
                place = self._place(connection)
                is_copy = place != self.meta(connection, "place") or (self.path is not None and beside != epoch)
                is_cut = noted is not None and not audit.has(connection, noted)
                if epoch == 0 or is_copy or is_cut:
                    # In the transaction that makes the counters agree again: a process killed after it must not forget.
                    now = self.clock.now()
                    self.set_meta(connection, "restored_at", now.isoformat())
                    self._note_found(connection, audit.Trail(actor, now), epoch, beside, noted if is_cut else None)
                epoch = max(epoch, beside) + 1
                self.set_meta(connection, "epoch", str(epoch))
                self.set_meta(connection, "place", place)
            if self.path:
                self._write_beside("epoch", str(epoch))
                self._note_head_beside()

    def _note_found(self, connection: Connection, trail: audit.Trail, epoch: int, beside: int, missing: Head | None) -> None:
        """Which audit entries a restored database lost is an entry of its own: the file that knew of them is written anew."""
        event, reason = "database_found_new", ""
        if epoch or beside or missing:
            event, reason = "database_found_restored", f"the database counts {epoch} writers, the file beside it {beside}"
            reason += f"; the audit's head {missing.text()}, noted beside it, is not here" if missing else ""
        trail.note(event, before=str(beside), after=str(epoch), reason=reason)
        self.audit.append(connection, trail.entries)

    @staticmethod
    def _place(connection: Connection) -> str:
        """Where the tables are: another server, history, database or table means that a server's database was copied or restored."""
        return str(connection.execute(sa.text(_PLACE)).scalar_one()) if connection.dialect.name == "postgresql" else ""

    def _epoch_beside(self) -> int:
        with suppress(FileNotFoundError, ValueError):
            return int(Path(f"{self.path}.epoch").read_text(encoding="ascii"))
        return 0

    def noted_head(self) -> Head | None:
        """The audit's head as the last writer noted it beside the database; None where there is no such file."""
        return audit.noted_beside(Path(f"{self.path}.audit") if self.path else None)

    def note_head(self) -> None:
        """Note the audit's head beside the database: entries up to it that are missing later were cut off, or it is an older copy."""
        if self.path:
            with self.locks.hold("epoch"), told(self.where):
                self._note_head_beside()

    def _note_head_beside(self) -> None:
        with self.write() as connection:
            head = audit.lock_head(connection)
        if head is not None and head != self.noted_head():
            self._write_beside("audit", head.text())

    def _write_beside(self, name: str, text: str) -> None:
        target, draft = Path(f"{self.path}.{name}"), Path(f"{self.path}.{name}.new")
        with draft.open("w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
