"""Read what changed in UpKeep and store a decision about every work order; the cursor moves with the decisions, never before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.disposition import Decision, Disposition, Finding, Remembered
from connector.flows.chunks import chunked
from connector.flows.deciding import decide
from connector.flows.world import World
from connector.ledgers.ledger import Chart
from connector.upkeep.source import WorkOrderHead, WorkOrderRead

# One transaction stores so many decisions: bounded, so that readers and a second process never wait long.
DECISIONS_PER_TRANSACTION = 50
# So many heads are compared with our records by one query.
HEADS_PER_QUERY = 200

# Holds whose cause may be gone without any change in UpKeep or in the mapping: the ledger's chart or its period lock.
CAUSED_BY_LEDGER = frozenset(
    {
        "ACCOUNT_UNKNOWN", "ACCOUNT_ARCHIVED", "ACCOUNT_AMBIGUOUS", "ACCOUNT_NOT_JOURNALABLE", "ITEM_UNKNOWN", "TAX_CODE_UNKNOWN",
        "CUSTOMER_UNKNOWN", "TRACKING_UNKNOWN", "CURRENCY_MISMATCH", "PERIOD_CLOSED", "LEDGER_REFUSED", "RELEASED",
    }
)  # fmt: skip


@dataclass(slots=True)
class Intake:
    """What one intake did: every decision counted by its disposition, findings raised on posted documents."""

    pulled: int = 0
    decisions: list[Decision] = field(default_factory=list)
    counts: dict[Disposition, int] = field(default_factory=dict)


def take_in(world: World, chart: Chart, *, dry_run: bool = False) -> Intake:
    """Decide about every work order that changed since the last run, and anew about those whose reason may be gone."""
    intake = Intake()
    cursor = world.store.cursor()
    since = cursor - world.policy.overlap if cursor else None
    for heads in chunked(world.source.changed_since(since), HEADS_PER_QUERY):
        remembered = world.store.remembered([head.id for head in heads])
        fresh = [head for head in heads if not _is_known(head, remembered.get(head.id), world)]
        _decide_all(world, chart, fresh, remembered, intake, dry_run=dry_run)
        if not dry_run and heads[-1].updated_at != cursor:
            world.store.mark_seen([], heads[-1].updated_at)
    _decide_again(world, chart, intake, dry_run=dry_run)
    return intake


def _is_known(head: WorkOrderHead, before: Remembered | None, world: World) -> bool:
    """A row whose updated_at we have decided about needs no second look, unless it is held (that is asked again below)."""
    return before is not None and before.updated_at == head.updated_at


def _decide_all(
    world: World,
    chart: Chart,
    heads: Sequence[WorkOrderHead],
    remembered: dict[str, Remembered],
    intake: Intake,
    *,
    dry_run: bool,
) -> None:
    for chunk in chunked(heads, DECISIONS_PER_TRANSACTION):
        decisions = []
        for head in chunk:
            read = world.source.read(head)
            intake.pulled += 1
            decisions.append(_decision(world, chart, read, remembered.get(head.id), dry_run=dry_run))
            world.progress("reading", intake.pulled, None)
        _keep(world, decisions, chunk[-1].updated_at, intake, dry_run=dry_run)


def _decision(world: World, chart: Chart, read: WorkOrderRead, before: Remembered | None, *, dry_run: bool) -> Decision:
    decision = decide(world, chart, read)
    if before is not None and before.disposition is Disposition.POSTED and not dry_run:
        finding = change_after_posting(before, decision, gone=read.work_order is None and not read.problems)
        world.store.add_findings([finding] if finding else [])
    return decision


def _keep(world: World, decisions: list[Decision], cursor: datetime | None, intake: Intake, *, dry_run: bool) -> None:
    for decision in decisions:
        intake.counts[decision.disposition] = intake.counts.get(decision.disposition, 0) + 1
    if dry_run:
        intake.decisions.extend(decisions)
    else:
        world.store.decide(decisions, cursor)


def _decide_again(world: World, chart: Chart, intake: Intake, *, dry_run: bool) -> None:
    """Held work orders are asked again when the mapping changed or the ledger may have: nobody has to remember them."""
    for held in chunked(_worth_asking(world), DECISIONS_PER_TRANSACTION):
        heads = [WorkOrderHead(row.source_id, row.number, "", row.updated_at) for row in held]
        _decide_all_again(world, chart, heads, intake, dry_run=dry_run)


def _decide_all_again(world: World, chart: Chart, heads: Sequence[WorkOrderHead], intake: Intake, *, dry_run: bool) -> None:
    reads = [world.source.read(head) for head in heads]
    intake.pulled += len(reads)
    _keep(world, [decide(world, chart, read) for read in reads], None, intake, dry_run=dry_run)


def _worth_asking(world: World) -> Iterator[Remembered]:
    for row in tuple(world.store.remembered_with(Disposition.HELD)):
        blocked = row.posting_attempted or row.posting_state in ("uncertain", "sending", "drafted", "posted")
        if not blocked and (row.mapping_digest != world.mapping.digest or CAUSED_BY_LEDGER & set(row.codes)):
            yield row


def change_after_posting(before: Remembered, now: Decision, *, gone: bool) -> Finding | None:
    """The doubt about a posted document when its work order changed, reopened or vanished; None when the draft stays equal."""
    what = ""
    if gone:
        what = "is no longer in UpKeep"
    elif now.disposition is Disposition.OPEN:
        what = "was reopened in UpKeep"
    elif now.facts != before.facts and now.content != before.content:
        what = "changed in UpKeep"
    if not what:
        return None
    return Finding(
        "CHANGED_AFTER_POSTING",
        before.number,
        before.marker,
        f"Work order {before.number} {what} after it was posted: posted {_amount(before)}, now {_amount(now)}.",
        "Correct the document in the ledger by hand; it is never posted a second time.",
    )


def _amount(row: Remembered | Decision) -> str:
    return f"{row.amount} {row.currency}" if row.amount is not None else "an unknown amount"
