"""All SQL of reversals: which posted document a person had taken back, by which credit, and why."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.disposition import Finding, Intent
from connector.core.posting import Event, Posting, State
from connector.core.problem import Problem
from connector.core.reversal import Reversal, is_reversal
from connector.store import findings
from connector.store.audit import Scope, Trail
from connector.store.postings import IDENTITY, enqueue, read, set_state
from connector.store.tables import ReversalRow
from connector.store.upsert import upsert
from connector.store.work_orders import TO_LOOK, WORK_ORDER, in_scope

REVERSAL = ReversalRow.__table__  # type: ignore[attr-defined]
DONE = "its invoice was taken back, and the credit is applied to it"


def posting_of(connection: Connection, scope: Scope, number: str) -> Posting | None:
    """The posting of the work order with that number; one that is posted, if there are several."""
    which = sa.select(WORK_ORDER.c.posting_id).where(
        *in_scope(WORK_ORDER, scope), WORK_ORDER.c.number == number, WORK_ORDER.c.posting_id.is_not(None)
    )
    found = [read(connection, row.posting_id) for row in connection.execute(which.order_by(WORK_ORDER.c.id))]
    return next((one for one in found if one.state is State.POSTED), found[0] if found else None)


def keep(connection: Connection, trail: Trail, reversed_: Posting, intent: Intent, because: str) -> Posting:
    """Store the intent of the credit, and what was asked. One that is held is looked for anew, or made anew when nothing of it left."""
    posting = read(connection, enqueue(connection, trail, intent))
    if posting.state is State.HELD:
        set_state(connection, trail, posting, Event.RELEASED, TO_LOOK, {"absent_since": None})
    known = connection.execute(sa.select(REVERSAL.c.posting_id).where(REVERSAL.c.posting_id == posting.id)).first()
    if known is None:
        order = {"reversed_id": reversed_.id, "because": because, "actor": trail.actor, "asked_at": trail.at}
        upsert(connection, REVERSAL, {"posting_id": posting.id}, order)
        number = reversed_.work_order_number
        trail.note("reversal_asked", work_order=number, marker=intent.marker, before="posted", after="posted", reason=because)
    return read(connection, posting.id)


def every(connection: Connection, scope: Scope, number: str = "") -> list[Reversal]:
    """The reversals of one connection, or of one work order of it, oldest first."""
    where = [IDENTITY.c[name] == value for name, value in scope.items()]
    if number:
        where.append(IDENTITY.c.work_order_number == number)
    query = sa.select(REVERSAL).join(IDENTITY, IDENTITY.c.posting_id == REVERSAL.c.posting_id).where(*where).order_by(REVERSAL.c.posting_id)
    return [_reversal(connection, row) for row in connection.execute(query).all()]


def _reversal(connection: Connection, row: Any) -> Reversal:
    return Reversal(read(connection, row.reversed_id), read(connection, row.posting_id), row.because, row.actor, row.asked_at)


def tell(connection: Connection, trail: Trail, scope: Scope, posting: Posting, state: State, problem: Problem | None) -> None:
    """No work order stands where a reversal does: what holds it is a doubt about its work order, and its end closes them."""
    if not is_reversal(posting):
        return
    number = posting.work_order_number
    if state is State.HELD and problem is not None:
        again = f"{problem.next_step} Then run `connector reverse {number}` again."
        doubt = Finding(problem.code, number, posting.marker, f"Work order {number} is not taken back: {problem.message}", again)
        findings.add(connection, trail, scope, doubt)
    elif state is State.POSTED:
        findings.close(connection, trail, scope, number, DONE)
