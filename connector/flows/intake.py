"""Read what changed in UpKeep and store a decision about every work order; the cursor moves with the decisions, never before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.core.disposition import Decision, Disposition, Finding, Remembered
from connector.flows.chunks import chunked
from connector.flows.reference import ReferenceData
from connector.flows.world import World
from connector.upkeep.source import WorkOrderHead

# One transaction stores so many decisions: bounded, so that readers and a second process never wait long.
DECISIONS_PER_TRANSACTION = 50
# So many heads are compared with our records by one query.
HEADS_PER_QUERY = 200

# Holds whose cause may be gone without any change of the work order or the mapping: an answer of UpKeep that was none, the ledger's
# chart, its period lock.
MAY_PASS_BY_ITSELF = frozenset(
    {
        "ACCOUNT_UNKNOWN", "ACCOUNT_ARCHIVED", "ACCOUNT_AMBIGUOUS", "ACCOUNT_NOT_JOURNALABLE", "ITEM_UNKNOWN", "TAX_CODE_UNKNOWN",
        "CUSTOMER_UNKNOWN", "TRACKING_UNKNOWN", "CURRENCY_MISMATCH", "PERIOD_CLOSED", "LEDGER_REFUSED", "RELEASED",
        "UNREADABLE_WORK_ORDER", "NAME_AMBIGUOUS", "NAME_INACTIVE", "CUSTOMER_CURRENCY", "TAX_CODE_NOT_FOR_ACCOUNT",
        "TAX_INCLUSIVE_WITHOUT_RATE", "TAX_ROUNDING_TAXED", "ACCOUNT_UNUSABLE", "NAME_UNUSABLE", "TAX_CODE_UNUSABLE",
        "COMPANY_INACTIVE", "PERMISSION_DENIED", "PLAN_LIMIT", "TERMS_UNKNOWN", "BRANDING_THEME_UNKNOWN", "BILL_EMAIL_UNUSABLE",
        "CUSTOMER_GONE",
        "NEGATIVE_INVOICE",  # held by an earlier release, which knew no credits
    }
)  # fmt: skip


@dataclass(slots=True)
class Intake:
    """What one intake did: work orders read, decisions counted by disposition, and (in a rehearsal) the decisions themselves."""

    pulled: int = 0
    decisions: list[Decision] = field(default_factory=list)
    counts: dict[Disposition, int] = field(default_factory=dict)
    reached: datetime | None = None
    decided: set[str] = field(default_factory=set)  # held ones only, so that they are not asked twice in one run


def take_in(world: World, reference: ReferenceData, *, dry_run: bool = False) -> Intake:
    """Decide about every work order that changed since the last run, and anew about those whose reason may be gone."""
    cursor = world.store.cursor()
    intake = Intake(reached=cursor)
    since = cursor - world.policy.overlap if cursor else None
    for heads in chunked(world.source.changed_since(since), HEADS_PER_QUERY):
        remembered = world.store.remembered([head.id for head in heads])
        fresh = [head for head in heads if not _is_known(head, remembered.get(head.id))]
        for chunk in chunked(fresh, DECISIONS_PER_TRANSACTION):
            if world.stopping():
                return intake
            _decide_chunk(world, reference, chunk, remembered, intake, dry_run=dry_run)
        if _advance(intake, heads[-1].updated_at) and not dry_run:
            world.store.mark_seen([], intake.reached)
    _decide_again(world, reference, intake, dry_run=dry_run)
    return intake


def _is_known(head: WorkOrderHead, before: Remembered | None) -> bool:
    """A row whose updated_at we have decided about needs no second look, unless it is held (that is asked again below)."""
    return before is not None and before.updated_at == head.updated_at


def _advance(intake: Intake, moment: datetime) -> bool:
    """Move the cursor forward, never back; whether it moved."""
    if intake.reached is not None and moment <= intake.reached:
        return False
    intake.reached = moment
    return True


def _decide_chunk(
    world: World,
    reference: ReferenceData,
    heads: Sequence[WorkOrderHead],
    remembered: Mapping[str, Remembered],
    intake: Intake,
    *,
    dry_run: bool,
) -> None:
    """Read and decide a bounded number of work orders, and store the decisions with the cursor in one transaction."""
    decisions, settled = [], []
    for head in heads:
        read = world.source.read(head)
        intake.pulled += 1
        decision, before = reference.decide(read), remembered.get(head.id)
        if before is not None and is_settled(before):
            settled.append((head.id, head.updated_at))
            finding = change_after_posting(before, decision, gone=read.work_order is None and not read.problems)
            if finding and not dry_run:
                world.store.add_findings([finding])
        else:
            decisions.append(decision)
        world.progress("reading", intake.pulled, None)
    _advance(intake, heads[-1].updated_at)
    _keep(world, decisions, settled, intake, dry_run=dry_run)


def is_settled(before: Remembered) -> bool:
    """Whether a document is, or may be, in the ledger for it: then no decision of ours can change it, only a finding can."""
    return before.posting_attempted or before.posting_state in ("sending", "uncertain", "drafted", "posted")


def _keep(world: World, decisions: Sequence[Decision], settled: Sequence[tuple[str, datetime]], intake: Intake, *, dry_run: bool) -> None:
    for decision in decisions:
        intake.counts[decision.disposition] = intake.counts.get(decision.disposition, 0) + 1
        if decision.disposition is Disposition.HELD:
            intake.decided.add(decision.source_id)
    if dry_run:
        intake.decisions.extend(decisions)
        return
    if settled:
        world.store.mark_seen(settled, None)
    world.store.decide(decisions, intake.reached)


def _decide_again(world: World, reference: ReferenceData, intake: Intake, *, dry_run: bool) -> None:
    """Held work orders are asked again when the mapping changed or the ledger may have: nobody has to remember them."""
    worth_asking = [row for row in world.store.remembered_with(Disposition.HELD) if _is_worth_asking(world, row, intake)]
    for rows in chunked(worth_asking, DECISIONS_PER_TRANSACTION):
        heads = [WorkOrderHead(row.source_id, row.number, "", row.updated_at) for row in rows]
        _decide_chunk(world, reference, heads, {row.source_id: row for row in rows}, intake, dry_run=dry_run)


def _is_worth_asking(world: World, row: Remembered, intake: Intake) -> bool:
    if row.source_id in intake.decided or is_settled(row):
        return False
    # A person's answer has its work orders decided anew by itself (store/customers.py).
    is_asked_no_more = "CUSTOMER_UNCONFIRMED" in row.codes and not world.policy.confirm_customers
    return row.mapping_digest != world.mapping.digest or is_asked_no_more or bool(MAY_PASS_BY_ITSELF & set(row.codes))


def change_after_posting(before: Remembered, now: Decision, *, gone: bool) -> Finding | None:
    """The doubt about a posted document when its work order changed, reopened or vanished; None when the draft stays equal."""
    what = ""
    if gone:
        what = "is no longer in UpKeep"
    elif now.disposition is Disposition.OPEN:
        what = "was reopened in UpKeep"
    elif not now.facts and now.problems:
        what = f"changed in UpKeep and cannot be costed any more ({now.problems[0].code})"
    elif now.facts != before.facts and now.content != before.content:
        what = "changed in UpKeep"
    if not what:
        return None
    return Finding(
        "CHANGED_AFTER_POSTING",
        before.number,
        before.marker,
        f"Work order {before.number} {what} after it was posted: posted {_amount(before)}, now {_amount(now)}.",
        "Correct the document in the ledger by hand, then release the work order; it is never posted a second time.",
    )


def _amount(row: Remembered | Decision) -> str:
    return f"{row.amount} {row.currency}" if row.amount is not None else "an unknown amount"
