"""Read what changed in UpKeep and store a decision about every work order; the cursor moves with the decisions, never before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from connector.core.disposition import Decision, Disposition, Finding, Remembered
from connector.core.problem import Problem
from connector.core.shadow import SHADOW_DRAFT
from connector.core.source_record import Elsewhere, RowNote
from connector.flows.chunks import chunked
from connector.flows.priced_reads import PricedReads
from connector.flows.reference import ReferenceData
from connector.flows.shadow import in_shadow, is_to_be_asked
from connector.flows.world import World
from connector.upkeep.source import WorkOrderHead, WorkOrderRead

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
        "CUSTOMER_GONE", "MOVED_BETWEEN_SITES",
        "COST_LINES_MISSING", "STATUS_UNKNOWN", "LINE_TOTAL_DIFFERS",  # by what the contract says, or by an answer that lacked a part
        "TIME_UNIT_DOUBTFUL", "TIME_IMPLAUSIBLE", "TOTAL_DIFFERS",
        "CSV_UNREADABLE", "CSV_EMPTY", "CSV_STILL_WRITTEN", "CSV_COLUMN_MISSING", "CSV_COLUMN_TWICE",
        "CSV_ROW_WITHOUT_ID", "CSV_ROWS_MOVED",  # a file is held like a work order, and mended by another file
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
    reads: PricedReads | None = None
    drafted: int = 0  # of those held: by a shadow, with nothing against them

    def reads_of(self, world: World) -> PricedReads:
        """How this run reads work orders."""
        self.reads = self.reads or PricedReads(world)
        return self.reads


def take_in(world: World, reference: ReferenceData, *, dry_run: bool = False) -> Intake:
    """Decide about every work order that changed since the last run, and anew about those whose reason may be gone."""
    # A row that says it will change tomorrow must not move the cursor there: what changes until then would never be asked for.
    now = world.clock.now()
    stored = world.store.cursor()
    cursor = min(stored, now) if stored else None
    intake = Intake(reached=cursor)
    since = cursor - world.policy.overlap if cursor else None
    for heads in chunked(world.source.changed_since(since), HEADS_PER_QUERY):
        remembered = world.store.remembered([head.id for head in heads])
        fresh = [head for head in heads if not _is_known(head, remembered.get(head.id))]
        for chunk in chunked(fresh, DECISIONS_PER_TRANSACTION):
            if world.stopping():
                return intake
            _decide_chunk(world, reference, chunk, remembered, intake, dry_run=dry_run, upto=min(now, chunk[-1].updated_at))
        if _advance(intake, min(now, heads[-1].updated_at)) and not dry_run:
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
    upto: datetime | None = None,
) -> None:
    """Read and decide a bounded number of work orders, and store the decisions with the cursor in one transaction.

    `upto`: so far the list was read; None where the work orders were not met in the order of their changes.
    """
    reads = list(intake.reads_of(world).read(heads, remembered))
    if upto is not None:
        _advance(intake, upto)
    _decide_reads(world, reference, reads, remembered, intake, dry_run=dry_run)
    if not dry_run:
        # After the decisions: a crash in between leaves a row unnoted, never noted and undecided.
        world.source_records.note_rows([RowNote(head.id, head.digest, head.shown_cost) for head in heads if head.digest])


def _decide_reads(
    world: World,
    reference: ReferenceData,
    reads: Sequence[tuple[WorkOrderHead, WorkOrderRead]],
    remembered: Mapping[str, Remembered],
    intake: Intake,
    *,
    dry_run: bool,
) -> None:
    decisions: list[Decision] = []
    settled: list[tuple[str, datetime]] = []
    elsewhere = world.source_records.elsewhere([head.id for head, _ in reads])
    for head, read in reads:
        intake.pulled += 1
        before = remembered.get(head.id)
        decision = intake.reads_of(world).kept(reference.decide(read), read, before)
        if before is not None and is_settled(before):
            settled.append((head.id, head.updated_at))
            finding = change_after_posting(before, decision, gone=_gone(read, elsewhere.get(head.id)))
            if finding and not dry_run:
                world.store.add_findings([finding])
        else:
            decisions.append(in_shadow(world, _unless_moved(decision, elsewhere.get(head.id)), before))
        world.progress("reading", intake.pulled, None)
    _keep(world, decisions, settled, intake, dry_run=dry_run)


def decide_rows(
    world: World, reference: ReferenceData, heads: Sequence[WorkOrderHead], remembered: Mapping[str, Remembered], intake: Intake
) -> None:
    """Read and decide work orders that were met beside the increments; the cursor stays."""
    for chunk in chunked(heads, DECISIONS_PER_TRANSACTION):
        if world.stopping():
            return
        _decide_chunk(world, reference, chunk, remembered, intake, dry_run=False)


def decide_read(world: World, reference: ReferenceData, read: WorkOrderRead, before: Remembered | None, intake: Intake) -> None:
    """Decide about one work order that was read because a message named it; the cursor stays where it is stored."""
    remembered = {} if before is None else {read.head.id: before}
    reads = intake.reads_of(world).judged([(read.head, read)], remembered)
    _decide_reads(world, reference, list(reads), remembered, intake, dry_run=False)


def _gone(read: WorkOrderRead, elsewhere: Elsewhere | None) -> str:
    """How a work order that UpKeep does not have any more is spoken of; "" for one that it has."""
    if read.work_order is not None or read.problems:
        return ""
    return f"was moved to {_named(elsewhere.site)} in UpKeep" if elsewhere is not None else "is no longer in UpKeep"


def _named(site: str) -> str:
    return f"site '{site}'" if site else "the company's first site"


def _unless_moved(decision: Decision, elsewhere: Elsewhere | None) -> Decision:
    """A record that has, or may get, a document under another site of the company is not posted a second time."""
    if elsewhere is None or not elsewhere.is_live or decision.disposition is not Disposition.QUEUED:
        return decision
    problem = Problem(
        "MOVED_BETWEEN_SITES",
        f"work order {decision.number}",
        f"It was moved here in UpKeep; of {_named(elsewhere.site)} it was work order {elsewhere.number}, with document {elsewhere.marker}.",
        "Nothing is posted twice. If it belongs to this site's books, take the other document back first (`connector reverse`).",
    )
    return replace(decision, disposition=Disposition.HELD, problems=(problem,), intent=None, explanation="", customer=None)


def is_settled(before: Remembered) -> bool:
    """Whether a document is, or may be, in the ledger for it: then no decision of ours can change it, only a finding can."""
    return before.posting_attempted or before.posting_state in ("sending", "uncertain", "drafted", "posted")


def _keep(world: World, decisions: Sequence[Decision], settled: Sequence[tuple[str, datetime]], intake: Intake, *, dry_run: bool) -> None:
    for decision in decisions:
        intake.counts[decision.disposition] = intake.counts.get(decision.disposition, 0) + 1
        if decision.disposition is Disposition.HELD:
            intake.drafted += not world.policy.posts and decision.problems[0].code == SHADOW_DRAFT
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
    if not world.policy.posts:  # What waits to be sent from a time before the shadow may be booked by hand now.
        worth_asking += [row for row in world.store.remembered_with(Disposition.QUEUED) if not is_settled(row)]
    for rows in chunked(worth_asking, DECISIONS_PER_TRANSACTION):
        heads = [WorkOrderHead(row.source_id, row.number, "", row.updated_at) for row in rows]
        _decide_chunk(world, reference, heads, {row.source_id: row for row in rows}, intake, dry_run=dry_run)


def _is_worth_asking(world: World, row: Remembered, intake: Intake) -> bool:
    if row.source_id in intake.decided or is_settled(row):
        return False
    # A person's answer has its work orders decided anew by itself (store/customers.py).
    is_asked_no_more = "CUSTOMER_UNCONFIRMED" in row.codes and not world.policy.confirm_customers
    if row.mapping_digest != world.mapping.digest or is_to_be_asked(world, row):
        return True
    return is_asked_no_more or bool(MAY_PASS_BY_ITSELF & set(row.codes))


def change_after_posting(before: Remembered, now: Decision, *, gone: str) -> Finding | None:
    """The doubt about a posted document when its work order changed, reopened or vanished; None when the draft stays equal."""
    what = gone
    if not what and now.disposition is Disposition.OPEN:
        what = "was reopened in UpKeep"
    elif not what and not now.facts and now.problems:
        what = f"changed in UpKeep and cannot be costed any more ({now.problems[0].code})"
    elif not what and now.facts != before.facts and now.content != before.content:
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
