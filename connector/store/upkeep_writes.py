"""All SQL about what people have written into UpKeep; each step is noted in the audit, in the transaction that stores it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Clock
from connector.core.upkeep_write import OPEN, Kept, WriteState
from connector.core.writer import WriterBusyError
from connector.store.audit import Trail
from connector.store.database import Database
from connector.store.source_tables import UpKeepWriteRow

WRITE = UpKeepWriteRow.__table__  # type: ignore[attr-defined]
_OPEN = [state.value for state in OPEN]


class UpKeepWrites:
    """The intents of one UpKeep company and site; each method is one transaction. `actor` is who gives the command."""

    def __init__(self, database: Database, *, source_company: str, site: str, clock: Clock, actor: str) -> None:
        self._database, self._clock, self._actor = database, clock, actor
        self.scope = {"source_company": source_company, "site": site}

    def begin(self, intent: Kept) -> Kept:
        """Store an intent before a byte of it leaves; the one that is open for the same change, where there is one."""
        with self._database.locks.hold("upkeep-writes"), self._deciding() as (connection, trail):
            found = self._one(connection, WRITE.c.digest == intent.digest, WRITE.c.state.in_(_OPEN))
            if found is not None:
                return found
            told = {name: getattr(intent, name) for name in Kept.__annotations__} | {"state": intent.state.value}
            connection.execute(sa.insert(WRITE).values(**self.scope, **told))
            self._note(trail, intent, "upkeep_write_begun", WriteState.SENDING, "")
            return intent

    def find(self, key: str) -> Kept | None:
        """The intent with that key."""
        with self._database.write() as connection:
            return self._one(connection, WRITE.c.key == key)

    def sending(self, kept: Kept, before: str) -> Kept:
        """Another attempt of an open intent leaves now; raises WriterBusyError when another process has moved it."""
        now = self._clock.now()
        with self._deciding() as (connection, trail):
            values = {"state": WriteState.SENDING.value, "sent_at": now, "before": before}
            unmoved = WRITE.c.state.in_(_OPEN) & (WRITE.c.sent_at == kept.sent_at)
            if connection.execute(sa.update(WRITE).where(WRITE.c.key == kept.key, unmoved).values(**values)).rowcount != 1:
                raise WriterBusyError(f"Another process is at the change {kept.key}.")
            self._note(trail, kept, "upkeep_write_repeated", WriteState.SENDING, "")
        return Kept(kept.key, kept.kind, kept.digest, WriteState.SENDING, kept.begun_at, now, before)

    def end(self, kept: Kept, state: WriteState, told: str, reason: str) -> None:
        """What became of it; what another process knows already stays."""
        with self._deciding() as (connection, trail):
            update = sa.update(WRITE).where(WRITE.c.key == kept.key, WRITE.c.state.in_(_OPEN))
            if connection.execute(update.values(state=state.value, told=told)).rowcount == 1:
                self._note(trail, kept, f"upkeep_write_{state.value}", state, reason)

    def open(self) -> list[Kept]:
        """Every intent whose answer is missing, oldest first."""
        query = sa.select(WRITE).where(*self._where(WRITE.c.state.in_(_OPEN))).order_by(WRITE.c.begun_at, WRITE.c.key)
        with self._database.write() as connection:
            return [_kept(row) for row in connection.execute(query)]

    def _deciding(self) -> Any:
        return self._database.deciding(self._actor, self._clock, dict(self.scope))

    def _where(self, *more: Any) -> list[Any]:
        return [*(WRITE.c[name] == value for name, value in self.scope.items()), *more]

    def _one(self, connection: Connection, *where: Any) -> Kept | None:
        row = connection.execute(sa.select(WRITE).where(*self._where(*where))).first()
        return _kept(row) if row is not None else None

    @staticmethod
    def _note(trail: Trail, kept: Kept, event: str, after: WriteState, reason: str) -> None:
        why = f"{kept.kind}: {reason}" if reason else kept.kind
        trail.note(event, marker=kept.key, before=kept.state.value, after=after.value, reason=why)


def _kept(row: Any) -> Kept:
    return Kept(row.key, row.kind, row.digest, WriteState(row.state), row.begun_at, row.sent_at, row.before, row.told)
