"""All SQL about findings and about the last run."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.disposition import Finding
from connector.store.audit import Scope, Trail
from connector.store.tables import FindingRow, RunRow
from connector.store.upsert import upsert
from connector.store.work_orders import in_scope

FINDING = FindingRow.__table__  # type: ignore[attr-defined]
RUN = RunRow.__table__  # type: ignore[attr-defined]


def add(connection: Connection, trail: Trail, scope: Scope, finding: Finding) -> None:
    """Open a finding; one that is open already gets the newer words."""
    what = {"code": finding.code, "number": finding.number, "marker": finding.marker}
    words = {"message": finding.message, "next_step": finding.next_step}
    same = [FINDING.c[name] == value for name, value in {**scope, **what}.items()]
    known = connection.execute(sa.select(FINDING.c.message).where(*same)).scalar_one_or_none()
    if known == finding.message:
        return
    upsert(connection, FINDING, {**scope, **what}, words, {"found_at": trail.at})
    reason = f"{finding.code}: {finding.message}"
    event = "finding_opened" if known is None else "finding_reworded"
    trail.note(event, work_order=finding.number, marker=finding.marker, before="" if known is None else "open", after="open", reason=reason)


def read_all(connection: Connection, scope: Scope) -> list[Finding]:
    """Open findings, oldest first."""
    query = sa.select(FINDING).where(*in_scope(FINDING, scope)).order_by(FINDING.c.id)
    return [Finding(r.code, r.number, r.marker, r.message, r.next_step, r.found_at) for r in connection.execute(query)]


def close(connection: Connection, trail: Trail, scope: Scope, number: str, reason: str, code: str = "") -> int:
    """Close the findings on a work order, or those of one code; how many were open."""
    which = [*in_scope(FINDING, scope), FINDING.c.number == number, *([FINDING.c.code == code] if code else [])]
    closed = connection.execute(sa.delete(FINDING).where(*which).returning(FINDING.c.code, FINDING.c.marker)).all()
    for row in closed:
        why = f"{row.code}: {reason}"
        trail.note("finding_closed", work_order=number, marker=row.marker, before="open", after="closed", reason=why)
    return len(closed)


def note_run(connection: Connection, scope: Scope, summary: str, now: datetime) -> None:
    """Remember how the last run ended."""
    connection.execute(sa.delete(RUN).where(*in_scope(RUN, scope)))
    connection.execute(sa.insert(RUN).values(**scope, ended_at=now, summary=summary))


def last_run(connection: Connection, scope: Scope) -> tuple[datetime, str] | None:
    """When and how the last run ended."""
    row = connection.execute(sa.select(RUN.c.ended_at, RUN.c.summary).where(*in_scope(RUN, scope)).order_by(RUN.c.id.desc())).first()
    return (row.ended_at, row.summary) if row is not None else None
