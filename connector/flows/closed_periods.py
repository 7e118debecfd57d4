"""A document that stands in a closed period already is adopted as it is: nothing is written for that, and no date is moved.

A new database, or an empty one after the old one was lost, knows of no document. Without a look, what it posted before the books were
closed would be held for the closed period, or be expected under a later day than it has.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from connector.core.disposition import Decision, Disposition
from connector.core.period import ClosedPeriodPolicy, PeriodLock
from connector.core.posting import LedgerDocument, Posting, State
from connector.flows.reference import ReferenceData
from connector.flows.world import World
from connector.upkeep.source import WorkOrderRead


def is_of_a_closed_period(decision: Decision) -> bool:
    """Whether a lock alone keeps the work order from being posted under the day of its completion."""
    return decision.moved_from is not None or [problem.code for problem in decision.problems] == ["PERIOD_CLOSED"]


def standing_there(world: World, reference: ReferenceData, reads: Mapping[str, WorkOrderRead]) -> dict[str, Decision]:
    """What to decide instead, by the work order's id, where the ledger shows a document of it: the one that would be there."""
    as_if_open = {identifier: reference.decide_under(read, PeriodLock()) for identifier, read in reads.items()}
    asked = {decision.source_id: _sought(decision) for decision in as_if_open.values() if decision.disposition is Disposition.QUEUED}
    found = world.ledger.look_up(list(asked.values())) if asked else {}
    decided = {}
    for identifier, posting in asked.items():
        there = [one for one in found.get(posting.marker, ()) if one.status in ("live", "awaiting")]
        if there:
            was_locked = _lock_then(world, posting, there[0])
            decided[identifier] = as_if_open[identifier] if was_locked is None else reference.decide_under(reads[identifier], was_locked)
    return decided


def _lock_then(world: World, posting: Posting, found: LedgerDocument) -> PeriodLock | None:
    """The lock by which the date was moved when the document was made; None where it has the day of the completion."""
    is_moved = found.date is not None and found.date > posting.expectation.date
    may_move = world.policy.closed_period is ClosedPeriodPolicy.NEXT_OPEN_DAY
    return PeriodLock(found.date - timedelta(days=1)) if is_moved and may_move and found.date is not None else None


def _sought(decision: Decision) -> Posting:
    """What a look-up has to know of a document that was never intended by this database."""
    intent = decision.intent
    assert intent is not None
    return Posting(
        0,
        intent.marker,
        intent.kind,
        decision.number,
        State.READY,
        intent.expectation,
        identity=intent.identity,
        narration=intent.narration,
    )
