"""All SQL about work orders and their dispositions, and about how far the source was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.disposition import Decision, Disposition, Intent, Remembered
from connector.core.money import ZERO
from connector.core.posting import Event, State
from connector.core.problem import Problem
from connector.store.audit import AUDIT, Scope, Trail
from connector.store.frozen import problems_text, read_problems
from connector.store.postings import POSTING, enqueue, find_by_identity, read, set_state, state_of, withdraw
from connector.store.tables import SourceCursor, WorkOrderRow
from connector.store.upsert import upsert

WORK_ORDER = WorkOrderRow.__table__  # type: ignore[attr-defined]
CURSOR = SourceCursor.__table__  # type: ignore[attr-defined]
CHUNK = 500
# PostgreSQL indexes no row longer than 2,704 bytes, and a character may take four.
NUMBER_LENGTH_MAX = 500
TO_LOOK = "it is looked up anew at the next sync, because a document may be in the ledger"

NEEDS_APPROVAL = "APPROVAL_NEEDED"
_APPROVED = "approved "  # in an entry of the audit, before the content of the document

_JOINED = sa.select(
    WORK_ORDER, POSTING.c.marker, POSTING.c.state.label("posting_state"), POSTING.c.attempted, POSTING.c.attempts, POSTING.c.remote_id
).outerjoin(POSTING, POSTING.c.id == WORK_ORDER.c.posting_id)


def in_scope(table: sa.Table, scope: Scope) -> list[sa.ColumnElement[bool]]:
    """The WHERE of one connection's records."""
    return [table.c[name] == value for name, value in scope.items()]


def remembered_of(row: Any) -> Remembered:
    """A stored work order as a value."""
    problems = read_problems(row.problems)
    return Remembered(
        source_id=row.source_id,
        number=row.number,
        updated_at=row.updated_at,
        disposition=Disposition(row.disposition),
        mapping_digest=row.mapping_digest,
        codes=tuple(problem.code for problem in problems),
        facts=row.facts,
        content=row.content,
        amount=row.amount,
        currency=row.currency,
        title=row.title,
        completed_on=_day(row.completed_on),
        moved_from=_day(row.moved_from),
        problems=problems,
        explanation=row.explanation,
        marker=row.marker or "",
        posting_state=row.posting_state or "",
        posting_attempted=bool(row.attempted),
        remote_id=row.remote_id or "",
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def read_cursor(connection: Connection, scope: Scope) -> datetime | None:
    """Up to where the source was read."""
    return connection.execute(sa.select(CURSOR.c.updated_at).where(*in_scope(CURSOR, scope))).scalar_one_or_none()


def move_cursor(connection: Connection, scope: Scope, moment: datetime | None) -> None:
    """Move the cursor; None leaves it."""
    if moment is None:
        return
    upsert(connection, CURSOR, scope, {"updated_at": moment})


def remembered(connection: Connection, scope: Scope, source_ids: Sequence[str]) -> dict[str, Remembered]:
    """What is known of these work orders."""
    query = _JOINED.where(*in_scope(WORK_ORDER, scope), WORK_ORDER.c.source_id.in_(list(source_ids)))
    return {row.source_id: remembered_of(row) for row in connection.execute(query)}


def page_with(connection: Connection, scope: Scope, disposition: Disposition, after: int) -> list[tuple[int, Remembered]]:
    """A bounded page of the work orders that stand there, with our own ids."""
    query = _JOINED.where(*in_scope(WORK_ORDER, scope), WORK_ORDER.c.disposition == disposition.value, WORK_ORDER.c.id > after)
    return [(row.id, remembered_of(row)) for row in connection.execute(query.order_by(WORK_ORDER.c.id).limit(CHUNK))]


def find(connection: Connection, scope: Scope, number: str) -> Remembered | None:
    """The work order with that number."""
    query = _JOINED.where(*in_scope(WORK_ORDER, scope), WORK_ORDER.c.number == number).order_by(WORK_ORDER.c.id).limit(1)
    row = connection.execute(query).first()
    return remembered_of(row) if row is not None else None


def explanation_of(connection: Connection, posting_id: int) -> str:
    """How the document of that posting was made, as JSON; nothing when no work order is known for it."""
    query = sa.select(WORK_ORDER.c.explanation).where(WORK_ORDER.c.posting_id == posting_id).order_by(WORK_ORDER.c.id)
    return str(connection.execute(query.limit(1)).scalar_one_or_none() or "")


def of_posting(connection: Connection, scope: Scope, number: str, posting_id: int) -> Remembered | None:
    """The work order of that number for which that posting stands now; None when another one does."""
    which = (*in_scope(WORK_ORDER, scope), WORK_ORDER.c.number == number[:NUMBER_LENGTH_MAX], WORK_ORDER.c.posting_id == posting_id)
    row = connection.execute(_JOINED.where(*which).order_by(WORK_ORDER.c.id).limit(1)).first()
    return remembered_of(row) if row is not None else None


def decide(connection: Connection, trail: Trail, scope: Scope, decision: Decision) -> None:
    """Store one decision; a work order whose document is, or may be, in the ledger keeps what was posted."""
    known = connection.execute(_known_in(tuple(scope)), {**scope, "source": decision.source_id}).first()
    if known is not None and (known.attempted or known.state in ("sending", "uncertain", "drafted", "posted")):
        connection.execute(sa.update(WORK_ORDER).where(WORK_ORDER.c.id == known.id).values(updated_at=decision.updated_at))
        return
    if decision.intent is not None and (problem := _too_long(decision) or _taken(connection, scope, decision, decision.intent)):
        decision = replace(decision, disposition=Disposition.HELD, problems=(problem,), intent=None)
    values = _values(decision)
    if decision.intent is not None:
        values["posting_id"] = enqueue(connection, trail, decision.intent)
        values["disposition"] = _OF_STATE.get(state_of(connection, values["posting_id"]), Disposition.QUEUED).value
    if known is not None and known.posting_id is not None and known.posting_id != values.get("posting_id"):
        # Not to be posted any more, or as another document (a journal became an invoice): the earlier one must not leave as well.
        withdraw(connection, trail, known.posting_id)
    if known is None:
        connection.execute(_INSERT, {**scope, "source_id": decision.source_id, **values})
    else:
        connection.execute(sa.update(WORK_ORDER).where(WORK_ORDER.c.id == known.id).values(values))
    _note(trail, known, decision, values)


# What of a work order's row a decision is about: where one of these differs, it was decided otherwise, or under another mapping.
_TOLD = ("disposition", "amount", "currency", "problems", "moved_from", "mapping_digest")
_INSERT = sa.insert(WORK_ORDER)


@cache
def _known_in(scope: tuple[str, ...]) -> sa.Select[Any]:
    """What is known of one work order; built once, because every work order is asked for."""
    told = (WORK_ORDER.c[name] for name in _TOLD)
    return (
        sa.select(WORK_ORDER.c.id, WORK_ORDER.c.posting_id, POSTING.c.state, POSTING.c.attempted, *told)
        .outerjoin(POSTING, POSTING.c.id == WORK_ORDER.c.posting_id)
        .where(*(WORK_ORDER.c[name] == sa.bindparam(name) for name in scope), WORK_ORDER.c.source_id == sa.bindparam("source"))
    )


def _note(trail: Trail, known: Any, decision: Decision, values: dict[str, Any]) -> None:
    """A decision like the one before it is none."""
    if known is not None and all(getattr(known, name) == values[name] for name in _TOLD):
        return
    why = [f"{problem.code}: {problem.message}" for problem in decision.problems]
    if decision.moved_from is not None:
        why.append(f"its date was moved from {decision.moved_from}: that period is closed")
    trail.note(
        "decided",
        work_order=values["number"],
        before="" if known is None else _standing(known.disposition, known.amount, known.currency),
        after=_standing(values["disposition"], values["amount"], values["currency"]),
        reason="; ".join(why),
        mapping=decision.mapping_digest,
    )


def _standing(disposition: str, amount: Decimal | None, currency: str) -> str:
    return f"{disposition} {amount:f} {currency}" if amount is not None else disposition


def _too_long(decision: Decision) -> Problem | None:
    if len(decision.number) <= NUMBER_LENGTH_MAX:
        return None
    message = f"Its number has {len(decision.number)} characters, more than {NUMBER_LENGTH_MAX}."
    return Problem("NUMBER_TOO_LONG", f"work order {decision.number[:20]}…", message, "Give it a shorter number in UpKeep.")


def _taken(connection: Connection, scope: Scope, decision: Decision, intent: Intent) -> Problem | None:
    """Two work orders under one number have one identity: the second must neither replace the first's bytes nor pass as posted."""
    covering = find_by_identity(connection, intent.identity)
    if covering is None:
        return None
    other = connection.execute(
        sa.select(WORK_ORDER.c.source_id).where(
            *in_scope(WORK_ORDER, scope),
            WORK_ORDER.c.posting_id == covering,
            WORK_ORDER.c.source_id != decision.source_id,
            WORK_ORDER.c.content != decision.content,  # the same job read from another source is no second one
        )
    ).first()
    if other is None:
        return None
    message = f"Another work order, {other.source_id} in UpKeep, has the number {decision.number} too and different costs."
    return Problem("NUMBER_TAKEN", f"work order {decision.number}", message, "Give one of them another number in UpKeep.")


def _values(decision: Decision) -> dict[str, Any]:
    return {
        "number": decision.number[:NUMBER_LENGTH_MAX],
        "title": decision.title,
        "updated_at": decision.updated_at,
        "disposition": decision.disposition.value,
        "mapping_digest": decision.mapping_digest,
        "problems": problems_text(decision.problems),
        "amount": decision.amount,
        "currency": decision.currency,
        "completed_on": decision.completed_on.isoformat() if decision.completed_on else "",
        "moved_from": decision.moved_from.isoformat() if decision.moved_from else "",
        "facts": decision.facts,
        "content": decision.content,
        "explanation": decision.explanation,
    }


_FOLLOW = sa.update(WORK_ORDER).where(WORK_ORDER.c.posting_id == sa.bindparam("posting"))
_OF_STATE = {State.POSTED: Disposition.POSTED, State.HELD: Disposition.HELD}


def follow(connection: Connection, posting_id: int, state: State, problem: Problem | None = None) -> None:
    """A work order stands where its posting does, in the same transaction."""
    values: dict[str, Any] = {"disposition": _OF_STATE.get(state, Disposition.QUEUED).value}
    if problem is not None:
        values["problems"] = problems_text([problem])
    elif state is not State.HELD:
        values["problems"] = "[]"
    connection.execute(_FOLLOW, {"posting": posting_id, **values})


def mark_seen(connection: Connection, scope: Scope, seen: Sequence[tuple[str, datetime]]) -> None:
    """A new updated_at for work orders whose accounting facts did not change."""
    for source_id, updated_at in seen:
        where = (*in_scope(WORK_ORDER, scope), WORK_ORDER.c.source_id == source_id)
        connection.execute(sa.update(WORK_ORDER).where(*where).values(updated_at=updated_at))


def release(connection: Connection, trail: Trail, scope: Scope, number: str) -> bool:
    """Have a held work order decided anew, or looked up anew where a document may be in the ledger."""
    row = connection.execute(
        sa.select(WORK_ORDER.c.id, WORK_ORDER.c.posting_id, WORK_ORDER.c.problems, WORK_ORDER.c.content, POSTING.c.attempted)
        .outerjoin(POSTING, POSTING.c.id == WORK_ORDER.c.posting_id)
        .where(*in_scope(WORK_ORDER, scope), WORK_ORDER.c.number == number, WORK_ORDER.c.disposition == Disposition.HELD.value)
        .order_by(WORK_ORDER.c.id)
    ).first()
    if row is None:
        return False
    if row.attempted:
        state = set_state(connection, trail, read(connection, row.posting_id), Event.RELEASED, TO_LOOK, {"absent_since": None})
        if state is not None:
            follow(connection, row.posting_id, state)
    else:
        # Its mapping digest no longer fits, so the next sync asks again.
        connection.execute(sa.update(WORK_ORDER).where(WORK_ORDER.c.id == row.id).values(mapping_digest="released"))
        if any(problem.code == NEEDS_APPROVAL for problem in read_problems(row.problems)):
            why = "its document may be posted as it is drafted now; a change needs another approval"
            trail.note("approved", work_order=number, before="held", after=_APPROVED + row.content, reason=why)
        else:
            trail.note("released", work_order=number, before="held", after="held", reason="it is decided anew at the next sync")
    return True


def is_approved(connection: Connection, scope: Scope, number: str, content: str) -> bool:
    """Whether the audit has an approval of that content: it says by whom and when, and nobody can put one in unseen."""
    told = {**scope, "work_order": number, "event": "approved", "after": _APPROVED + content}
    query = sa.select(AUDIT.c.number).where(*(AUDIT.c[name] == value for name, value in told.items())).limit(1)
    return connection.execute(query).first() is not None


def totals(connection: Connection, scope: Scope) -> dict[Disposition, tuple[int, Decimal]]:
    """Count and known amount by disposition; amounts are added here, because the database would add them as floats."""
    query = sa.select(WORK_ORDER.c.disposition, WORK_ORDER.c.amount).where(*in_scope(WORK_ORDER, scope))
    sums: dict[Disposition, tuple[int, Decimal]] = {}
    for row in connection.execution_options(yield_per=CHUNK).execute(query):
        count, amount = sums.get(Disposition(row.disposition), (0, ZERO))
        sums[Disposition(row.disposition)] = (count + 1, amount + (row.amount or ZERO))
    return sums


def in_pages(read_page: Any) -> Iterator[Remembered]:
    """Rows from a function that reads the page after an id, until there are no more."""
    after = 0
    while page := read_page(after):
        after = page[-1][0]
        yield from (row for _, row in page)
