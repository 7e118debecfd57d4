"""All SQL about what became of posted documents in the ledger, and about how far its changes were read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.disposition import Finding
from connector.core.drift import AWAITING, DOUBTS, Known, Sighting, state_of
from connector.core.mapping import DocumentKind
from connector.core.matching import TAX_DOUBTS
from connector.core.posting import Posting, State
from connector.store import findings
from connector.store.audit import Scope, Trail
from connector.store.postings import IDENTITY, JOINED, POSTING, posting_of
from connector.store.tables import ReversalRow, SightingRow, SweepRow
from connector.store.upsert import upsert
from connector.store.work_orders import in_scope

SIGHTING = SightingRow.__table__  # type: ignore[attr-defined]
REVERSAL = ReversalRow.__table__  # type: ignore[attr-defined]
SWEEP = SweepRow.__table__  # type: ignore[attr-defined]
PUT_RIGHT = "the ledger shows another state of the document now"

POSTED = (
    JOINED.add_columns(SIGHTING.c.seen, REVERSAL.c.reversed_id)
    .outerjoin(SIGHTING, SIGHTING.c.posting_id == POSTING.c.id)
    .outerjoin(REVERSAL, REVERSAL.c.reversed_id == POSTING.c.id)
    .where(POSTING.c.state == State.POSTED.value)
)


def known_of(row: Any) -> Known:
    """A posted document as it was seen last."""
    return Known(posting_of(row), row.seen or state_of("live", row.version), row.reversed_id is not None)


def owned_by(scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The WHERE of one connection's postings. The company is asked of the posting alone: its indexes lead to the few that are meant."""
    source, site = scope["source_company"], scope["site"]
    return [POSTING.c.ledger_company == scope["ledger_company"], IDENTITY.c.source_company == source, IDENTITY.c.site == site]


def with_ids(connection: Connection, scope: Scope, remote_ids: Sequence[str]) -> list[Known]:
    """The posted documents of this connection among these ids of the ledger's; small letters and capitals are the same."""
    wanted = {form for identifier in remote_ids for form in (identifier, identifier.lower(), identifier.upper())}
    return [known_of(row) for row in connection.execute(POSTED.where(*owned_by(scope), POSTING.c.remote_id.in_(wanted)))]


def page(connection: Connection, scope: Scope, after: int, limit: int) -> list[Known]:
    """Posted documents of this connection by posting, from behind that id on."""
    query = POSTED.where(*owned_by(scope), POSTING.c.id > after).order_by(POSTING.c.id).limit(limit)
    return [known_of(row) for row in connection.execute(query)]


def kinds(connection: Connection, scope: Scope) -> frozenset[DocumentKind]:
    """The kinds of which a document of this connection is posted."""
    query = sa.select(POSTING.c.kind).join(IDENTITY, IDENTITY.c.posting_id == POSTING.c.id).where(*owned_by(scope))
    return frozenset(DocumentKind(row.kind) for row in connection.execute(query.where(POSTING.c.state == State.POSTED.value).distinct()))


def note_awaiting(connection: Connection, trail: Trail, posting: Posting, version: str, doubt: Finding | None) -> None:
    """A document came into the ledger waiting for approval: the state in which it was seen, and the doubt that its approval ends."""
    said = f"{doubt.code}: {doubt.message}" if doubt is not None else ""
    upsert(connection, SIGHTING, {"posting_id": posting.id}, {"seen": state_of(AWAITING, version), "doubt": said, "at": trail.at})


def awaiting(connection: Connection, scope: Scope) -> int:
    """How many posted documents of this connection wait for a person's approval in the ledger."""
    waiting = POSTED.where(*owned_by(scope), SIGHTING.c.seen.startswith(f"{AWAITING} "))
    return int(connection.execute(sa.select(sa.func.count()).select_from(waiting.subquery())).scalar_one())


def keep(connection: Connection, trail: Trail, scope: Scope, sighting: Sighting) -> None:
    """Remember a document's new state, open the doubt about it, and close those of its earlier state.

    A doubt that says what the last one said is not opened again: a person may have accepted it, and a payment is a new state too.
    """
    posting, doubt = sighting.posting, sighting.doubt
    before = connection.execute(sa.select(SIGHTING.c.doubt).where(SIGHTING.c.posting_id == posting.id)).scalar_one_or_none() or ""
    said = f"{doubt.code}: {doubt.message}" if doubt is not None else ""
    upsert(connection, SIGHTING, {"posting_id": posting.id}, {"seen": sighting.seen, "doubt": said, "at": trail.at})
    if said == before and said:
        return
    last = before.partition(":")[0]
    assert not last or last in DOUBTS
    for code in _ended(last, doubt.code if doubt is not None else ""):
        findings.close(connection, trail, scope, posting.work_order_number, PUT_RIGHT, code)
    if doubt is not None:
        findings.add(connection, trail, scope, doubt)


def _ended(before: str, now: str) -> set[str]:
    """The doubts that a document's new state ends: the one of its last state, and those about its tax, which each state is judged by."""
    judged = set() if now == "DOCUMENT_DIFFERS" else set(TAX_DOUBTS)
    return ({before} | judged) - {now, ""}


def swept_until(connection: Connection, scope: Scope) -> datetime | None:
    """Up to where the ledger's changes were read."""
    return connection.execute(sa.select(SWEEP.c.swept_until).where(*in_scope(SWEEP, scope))).scalar_one_or_none()


def move(connection: Connection, scope: Scope, until: datetime) -> None:
    """The ledger's changes were read up to that moment, by its own clock."""
    upsert(connection, SWEEP, dict(scope), {"swept_until": until})
