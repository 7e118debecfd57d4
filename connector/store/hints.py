"""All SQL about what the ledgers' own messages said: which posted documents to look at, and what came in at each vendor's address.

A message about a document that is none of ours leaves no row behind, so that a company's own work cannot fill the table, nor cost a
call. Bursts collapse: a document has one row, however often it is named.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Clock
from connector.core.hint import Change, Heard, Hint
from connector.core.mapping import DocumentKind
from connector.store import sightings
from connector.store.audit import Scope
from connector.store.database import Database
from connector.store.ledger_tables import DeliveryRow, HintRow
from connector.store.postings import POSTING
from connector.store.upsert import upsert

HINT = HintRow.__table__  # type: ignore[attr-defined]
DELIVERY = DeliveryRow.__table__  # type: ignore[attr-defined]
IDS_PER_QUERY = 200
NOTHING = {"deliveries": 0, "refused": 0, "refused_in_a_row": 0, "strangers": 0, "unreadable": 0}


_NAMED = sightings.POSTED.join(HINT, HINT.c.posting_id == POSTING.c.id)


@dataclass(frozen=True, slots=True)
class ConnectionHints:
    """The hints about one connection's documents, and what came in for its ledger (flows/world.py, Hints)."""

    database: Database
    ledger: str
    scope: Scope
    told: frozenset[DocumentKind]  # the kinds of documents of which the ledger tells

    def waiting(self, limit: int) -> list[Hint]:
        """The documents that are to be looked at, those first that wait longest."""
        query = _NAMED.add_columns(HINT.c.arrivals).where(*sightings.owned_by(self.scope)).order_by(HINT.c.received_at, POSTING.c.id)
        with self.database.write() as connection:
            return [Hint(sightings.known_of(row), row.arrivals) for row in connection.execute(query.limit(limit))]

    def drop(self, hints: Sequence[Hint]) -> None:
        """What was looked at waits no longer, unless it was named again meanwhile."""
        if not hints:
            return
        with self.database.write() as connection:
            for hint in hints:
                mark = (HINT.c.posting_id == hint.known.posting.id, HINT.c.arrivals == hint.arrivals)
                connection.execute(sa.delete(HINT).where(*mark))

    def heard(self) -> Heard:
        """What came in so far."""
        with self.database.write() as connection:
            whole, about = (_row(connection, self.ledger, company) for company in ("", self.scope["ledger_company"]))
            named = _NAMED.where(*sightings.owned_by(self.scope)).with_only_columns(sa.func.count(sa.distinct(POSTING.c.id)))
            waiting = connection.execute(named).scalar_one()
        facts = {name: whole[name] for name in (*NOTHING, "last_at", "refused_at")} if whole else {}
        own = {"about_company_at": about["last_at"], "unheard_since": about["unheard_since"]} if about else {}
        return Heard(waiting=waiting, **own, **facts)

    def note_unheard(self, kinds: Collection[DocumentKind], now: datetime) -> None:
        """Documents of these kinds were found changed, and nobody had told it; this counts where something was told before."""
        if not self.told.isdisjoint(kinds):
            row = (DELIVERY.c.ledger == self.ledger, DELIVERY.c.company == self.scope["ledger_company"].casefold())
            with self.database.write() as connection:
                connection.execute(sa.update(DELIVERY).where(*row, DELIVERY.c.unheard_since.is_(None)).values(unheard_since=now))


@dataclass(frozen=True, slots=True)
class DeliveryStore:
    """Where deliveries are noted as they come in, before anything is done about them."""

    database: Database
    clock: Clock

    def keep(
        self, ledger: str, companies: Iterable[str], changes: Iterable[tuple[Scope, Sequence[Change]]], strangers: int, unreadable: int
    ) -> list[Scope]:
        """Note a delivery and the documents of ours that it names, in one transaction; whose documents they are."""
        now, hinted = self.clock.now(), []
        with self.database.write() as connection:
            for scope, told in changes:
                ours = _ours(connection, scope, told)
                for posting_id in ours:
                    upsert(connection, HINT, {"posting_id": posting_id}, {"received_at": now}, counted={"arrivals": 1})
                hinted += [scope] if ours else []
            counts = {"deliveries": 1, "strangers": strangers, "unreadable": unreadable}
            _add(connection, ledger, "", counts, last_at=now, refused_in_a_row=0)
            for company in companies:
                _add(connection, ledger, company, {"deliveries": 1}, last_at=now, unheard_since=None)
        return hinted

    def note_refused(self, ledger: str, count: int) -> None:
        """So many deliveries had a wrong signature."""
        with self.database.write() as connection:
            _add(connection, ledger, "", {"refused": count, "refused_in_a_row": count}, refused_at=self.clock.now())


def _ours(connection: Connection, scope: Scope, changes: Sequence[Change]) -> list[int]:
    """The postings of this connection that these changes are about. Ids of different kinds may be the same."""
    told = {(change.kind, change.remote_id.casefold()) for change in changes}
    ids, found = sorted({identifier for _, identifier in told}), []
    for start in range(0, len(ids), IDS_PER_QUERY):
        found += sightings.with_ids(connection, scope, ids[start : start + IDS_PER_QUERY])
    return sorted({one.posting.id for one in found if (one.posting.kind, one.posting.remote_id.casefold()) in told})


def _add(connection: Connection, ledger: str, company: str, counts: Mapping[str, int], **values: Any) -> None:
    """Add to the counts of a vendor's address, or of a company."""
    key = {"ledger": ledger, "company": company.casefold()}
    upsert(connection, DELIVERY, key, values, NOTHING, counts)


def _row(connection: Connection, ledger: str, company: str) -> Any:
    found = connection.execute(sa.select(DELIVERY).where(DELIVERY.c.ledger == ledger, DELIVERY.c.company == company.casefold()))
    return found.mappings().first()
