"""All SQL about findings and about the last run."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.disposition import Finding
from connector.store.tables import FindingRow, RunRow
from connector.store.upsert import upsert
from connector.store.work_orders import Scope, in_scope

FINDING = FindingRow.__table__  # type: ignore[attr-defined]
RUN = RunRow.__table__  # type: ignore[attr-defined]


def add(connection: Connection, scope: Scope, finding: Finding, now: datetime) -> None:
    """Open a finding; one that is open already gets the newer words."""
    what = {"code": finding.code, "number": finding.number, "marker": finding.marker}
    words = {"message": finding.message, "next_step": finding.next_step}
    upsert(connection, FINDING, {**scope, **what}, words, {"found_at": now})


def read_all(connection: Connection, scope: Scope) -> list[Finding]:
    """Open findings, oldest first."""
    query = sa.select(FINDING).where(*in_scope(FINDING, scope)).order_by(FINDING.c.id)
    return [Finding(r.code, r.number, r.marker, r.message, r.next_step, r.found_at) for r in connection.execute(query)]


def close(connection: Connection, scope: Scope, number: str, code: str = "") -> int:
    """Close the findings on a work order, or those of one code; how many were open."""
    which = [*in_scope(FINDING, scope), FINDING.c.number == number, *([FINDING.c.code == code] if code else [])]
    return connection.execute(sa.delete(FINDING).where(*which)).rowcount


def note_run(connection: Connection, scope: Scope, summary: str, now: datetime) -> None:
    """Remember how the last run ended."""
    connection.execute(sa.delete(RUN).where(*in_scope(RUN, scope)))
    connection.execute(sa.insert(RUN).values(**scope, ended_at=now, summary=summary))


def last_run(connection: Connection, scope: Scope) -> tuple[datetime, str] | None:
    """When and how the last run ended."""
    row = connection.execute(sa.select(RUN.c.ended_at, RUN.c.summary).where(*in_scope(RUN, scope)).order_by(RUN.c.id.desc())).first()
    return (row.ended_at, row.summary) if row is not None else None
