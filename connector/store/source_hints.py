"""All SQL about what UpKeep's own messages named: which work orders to read again, and what came in at the addresses.

Bursts collapse: a work order has one row, however often it is named. Nobody signs these messages, so a flood must stay cheap: only so
many work orders of a connection wait at a time, and what is beyond that is counted and left to the schedule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Clock
from connector.core.hint import Heard
from connector.core.source_hint import SourceHint
from connector.store.audit import Scope
from connector.store.database import Database
from connector.store.hints import DELIVERY, NOTHING
from connector.store.source_tables import SourceHintRow
from connector.store.upsert import upsert
from connector.store.work_orders import in_scope

HINT = SourceHintRow.__table__  # type: ignore[attr-defined]
WAITING_MAX = 500
SERVICE = "upkeep"


@dataclass(frozen=True, slots=True)
class SourceHints:
    """The hints of one connection, and what came in for it."""

    database: Database
    scope: Scope

    def waiting(self, limit: int) -> list[SourceHint]:
        """The work orders that are to be read again, those first that wait longest."""
        query = (
            sa.select(HINT.c.source_id, HINT.c.arrivals).where(*in_scope(HINT, self.scope)).order_by(HINT.c.received_at, HINT.c.source_id)
        )
        with self.database.write() as connection:
            return [SourceHint(row.source_id, row.arrivals) for row in connection.execute(query.limit(limit))]

    def drop(self, hint: SourceHint) -> None:
        """What was read again waits no longer, unless it was named again meanwhile."""
        mark = (HINT.c.source_id == hint.source_id, HINT.c.arrivals == hint.arrivals)
        with self.database.write() as connection:
            connection.execute(sa.delete(HINT).where(*in_scope(HINT, self.scope), *mark))

    def heard(self) -> Heard:
        """What came in so far. `refused` are those at addresses that are nobody's; `strangers` those that found too many waiting."""
        with self.database.write() as connection:
            whole, own = _row(connection, ""), _row(connection, _company(self.scope))
            waiting = connection.execute(sa.select(sa.func.count()).where(*in_scope(HINT, self.scope))).scalar_one()
        refused = {name: whole[name] for name in ("refused", "refused_at")} if whole else {}
        facts = {name: own[name] for name in ("deliveries", "unreadable", "strangers", "last_at")} if own else {}
        return Heard(waiting=waiting, **refused, **facts)


@dataclass(frozen=True, slots=True)
class SourceDeliveries:
    """Where UpKeep's deliveries are noted as they come in, before anything is done about them."""

    database: Database
    clock: Clock

    def keep(self, scope: Scope, source_id: str) -> bool:
        """Note a delivery and the work order that it names ("" when it names none); whether that is to be read again."""
        with self.database.write() as connection:
            is_kept = bool(source_id) and self._keep(connection, scope, source_id)
            counts = {"deliveries": 1, "unreadable": int(not source_id), "strangers": int(bool(source_id) and not is_kept)}
            values = {"last_at": self.clock.now()}
            upsert(connection, DELIVERY, {"ledger": SERVICE, "company": _company(scope)}, values, NOTHING, counts)
        return is_kept

    def _keep(self, connection: Connection, scope: Scope, source_id: str) -> bool:
        which = in_scope(HINT, scope)
        is_known = connection.execute(sa.select(HINT.c.arrivals).where(*which, HINT.c.source_id == source_id)).first() is not None
        if not is_known and connection.execute(sa.select(sa.func.count()).where(*which)).scalar_one() >= WAITING_MAX:
            return False
        upsert(connection, HINT, {**scope, "source_id": source_id}, {"received_at": self.clock.now()}, counted={"arrivals": 1})
        return True

    def note_refused(self, count: int) -> None:
        """So many came to addresses that are nobody's."""
        with self.database.write() as connection:
            key, values = {"ledger": SERVICE, "company": ""}, {"refused_at": self.clock.now()}
            upsert(connection, DELIVERY, key, values, NOTHING, {"refused": count})


def _company(scope: Scope) -> str:
    return " ".join(scope.values()).casefold()


def _row(connection: Connection, company: str) -> Any:
    found = connection.execute(sa.select(DELIVERY).where(DELIVERY.c.ledger == SERVICE, DELIVERY.c.company == company))
    return found.mappings().first()
