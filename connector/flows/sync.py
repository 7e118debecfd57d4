"""Bring the ledger up to date with every completed work order, once. READ THIS FIRST.

The story: read what changed in UpKeep; decide about each work order (open, excluded, held, queued) and store the decision with
its frozen intent; ask the ledger what people did to our documents since the last run; then, as the ledger company's only writer, look,
lease, send and record; when the documents are done, put beside them the evidence that was asked for. Left of the store everything is
pure; right of it a lost answer is uncertain until the ledger itself says otherwise. docs/exactly-once.md has the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from connector.core.disposition import Decision, Disposition
from connector.core.money import plain
from connector.core.posting import State
from connector.flows.evidence import AttachedReport, attach
from connector.flows.heed import heed
from connector.flows.heed_source import heed_source
from connector.flows.intake import Intake, take_in
from connector.flows.reference import ReferenceData, doubt
from connector.flows.sending import Sent, send_due
from connector.flows.shadow import apart, note_mode
from connector.flows.signed_in import keep_signed_in
from connector.flows.sweep import sweep
from connector.flows.watching import note_fields
from connector.flows.window import compare_window
from connector.flows.world import World
from connector.flows.write_back import begin_telling, tell


@dataclass(slots=True)
class SyncReport:
    """What one run did: counts of this run, amounts by currency, calls by service; `standing` is where all work orders stand."""

    connection: str
    pulled: int = 0
    posted: int = 0
    adopted: int = 0
    held: int = 0
    uncertain: int = 0
    excluded: int = 0
    amount_posted: dict[str, Decimal] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    standing: dict[str, int] = field(default_factory=dict)
    findings: int = 0
    attached: int = 0  # pieces of evidence that are on their documents since this run
    told: int = 0  # work orders in UpKeep that were told where their document is
    stopped: list[str] = field(default_factory=list)
    dry_run: bool = False
    drafted: int = 0  # by a shadow, and not posted
    is_shadow: bool = False
    would_post: list[Decision] = field(default_factory=list)
    would_hold: list[Decision] = field(default_factory=list)

    def needs_a_person(self) -> bool:
        """Whether anything of this connection is held, uncertain or in doubt."""
        standing = self.standing.get("held", 0) + self.standing.get("queued", 0)
        return bool(standing + self.uncertain + self.findings) or (self.dry_run and self.held > 0)

    def to_json(self) -> dict[str, object]:
        """The report as JSON values: numbers, and money as decimal strings."""
        return {
            "connection": self.connection,
            "pulled": self.pulled,
            "posted": self.posted,
            "adopted": self.adopted,
            "held": self.held,
            "uncertain": self.uncertain,
            "excluded": self.excluded,
            "amount_posted": {currency: plain(amount) for currency, amount in self.amount_posted.items()},
            "calls": self.calls,
            "standing": self.standing,
            "findings": self.findings,
            "mode": "shadow" if self.is_shadow else "post",
            "drafted": self.drafted,
            "attached": self.attached,
            "told": self.told,
            "stopped": self.stopped,
            "dry_run": self.dry_run,
            "would_post": [_would(decision) for decision in self.would_post],
            "would_hold": [_would(decision) for decision in self.would_hold],
        }


def _would(decision: Decision) -> dict[str, object]:
    """What a rehearsal says of one work order."""
    amount = plain(decision.amount) if decision.amount is not None else None
    problems = [{"code": p.code, "place": p.place, "message": p.message, "next_step": p.next_step} for p in decision.problems]
    return {"work_order": decision.number, "title": decision.title, "amount": amount, "currency": decision.currency, "problems": problems}


def sync(world: World, *, dry_run: bool = False, window: bool = False) -> SyncReport:
    """Post every work order that is ready, exactly once; with `dry_run`, decide and write nothing anywhere.

    `window`: also compare what UpKeep lists as completed in the last months with our records (flows/window.py).
    """
    if dry_run:
        return _rehearse(world)
    with world.store.writer():
        note_mode(world)
        begin_telling(world)
        reference = ReferenceData(world)
        heed_source(world, reference)
        intake = take_in(world, reference)
        trouble = compare_window(world, reference, intake) if window and not world.stopping() else []
        note_fields(world)
        sent = Sent(stopped=[*trouble, *heed(world), *sweep(world)])
        try:
            send_due(world, sent)
        finally:
            if sent.refused:
                doubt(world)
        attached = AttachedReport() if sent.parked else attach(world)
        told = tell(world)
        sent.stopped += keep_signed_in(world)
        report = _report(world, intake, sent)
        report.attached, report.told = attached.attached, told.told
        world.store.note_run(_summary(report))
    return report


def _rehearse(world: World) -> SyncReport:
    intake = take_in(world, ReferenceData(world, keeps=False), dry_run=True)
    report = _report(world, intake, Sent())
    report.dry_run = True
    report.would_post = [decision for decision in intake.decisions if decision.disposition is Disposition.QUEUED]
    report.would_hold = [decision for decision in intake.decisions if decision.disposition is Disposition.HELD]
    return report


def _report(world: World, intake: Intake, sent: Sent) -> SyncReport:
    standing = {name: count for name, (count, _) in apart(world, world.store.totals()).items()}
    return SyncReport(
        connection=world.policy.connection,
        pulled=intake.pulled,
        posted=sent.posted,
        adopted=sent.adopted,
        held=intake.counts.get(Disposition.HELD, 0) - intake.drafted + sent.refused,
        uncertain=len(world.store.postings(State.UNCERTAIN)),
        excluded=intake.counts.get(Disposition.EXCLUDED, 0),
        amount_posted={world.policy.currency: sent.amount} if sent.amount else {},
        calls={**world.source.calls, **world.ledger.calls},
        standing=standing,
        drafted=standing.get("drafted", 0),
        is_shadow=not world.policy.posts,
        findings=len(world.store.findings()),
        stopped=sent.stopped,
    )


def _summary(report: SyncReport) -> str:
    return f"posted {report.posted}, adopted {report.adopted}, held {report.held}, uncertain {report.uncertain}"
