"""UpKeep ↔ postings ↔ ledger, both directions. It repairs only what is proven (uncertain postings) and reports the rest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from connector.core.disposition import Disposition, Finding, Remembered
from connector.core.mapping import DocumentKind, simplify_status
from connector.core.matching import TAX_DOUBTS, booked, differences, tax_doubt
from connector.core.money import ZERO, plain
from connector.core.posting import LedgerDocument, Posting, State
from connector.flows.chunks import chunked
from connector.flows.sending import Sent, resolve_uncertain
from connector.flows.sweep import sweep
from connector.flows.world import World
from connector.upkeep.source import WorkOrderHead

HEADS_PER_QUERY = 200
_DELETE = "It has no effect in the books. Delete it in the ledger, unless another installation posts here."


@dataclass(slots=True)
class Reconciliation:
    """The three-way match of one connection: counts, sums and every finding."""

    connection: str
    currency: str
    work_orders: int = 0
    posted: int = 0
    held: int = 0
    excluded: int = 0
    open: int = 0
    documents: int = 0
    posted_total: Decimal = ZERO
    ledger_total: Decimal = ZERO
    held_total: Decimal = ZERO
    awaiting_approval: int = 0  # documents that a person has yet to approve: outside the sums
    awaiting_total: Decimal = ZERO
    invoices: int = 0  # in the books, of what was posted
    settled: int = 0  # those of them that were paid or credited whole
    due_total: Decimal = ZERO  # what the customers still owe of the others, with tax
    findings: list[Finding] = field(default_factory=list)

    @property
    def difference(self) -> Decimal:
        """What the ledger has more (or less) than we posted."""
        return self.ledger_total - self.posted_total

    def counted(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        kinds = ("MISSING", "DUPLICATE", "ALTERED", "VOIDED", "ORPHANED", "UNCERTAIN", "VANISHED", "NOT_PULLED", "DRAFT_LEFT")
        return {kind.lower(): sum(1 for f in self.findings if f.code == kind) for kind in (*kinds, *TAX_DOUBTS)}

    def to_json(self) -> dict[str, object]:
        """The reconciliation as JSON values; money as decimal strings."""
        return {
            "connection": self.connection,
            "currency": self.currency,
            "work_orders": self.work_orders,
            "posted": self.posted,
            "held": self.held,
            "excluded": self.excluded,
            "open": self.open,
            "documents": self.documents,
            "posted_total": plain(self.posted_total),
            "ledger_total": plain(self.ledger_total),
            "held_total": plain(self.held_total),
            "difference": plain(self.difference),
            "awaiting_approval": self.awaiting_approval,
            "awaiting_total": plain(self.awaiting_total),
            "invoices": self.invoices,
            "settled": self.settled,
            "due_total": plain(self.due_total),
            "duplicates": self.counted()["duplicate"],
            "counts": self.counted(),
            "findings": [
                {"code": f.code, "work_order": f.number, "document": f.marker, "message": f.message, "next_step": f.next_step}
                for f in self.findings
            ],
        }


def reconcile(world: World) -> Reconciliation:
    """Compare UpKeep, our postings and the ledger anew; nothing is posted, voided or edited by it.

    Surplus drafts of what is posted are deleted, by id: they have no effect in the books, and somebody might post one by hand.
    """
    report = Reconciliation(world.policy.connection, world.policy.currency)
    with world.store.writer():
        resolve_uncertain(world, Sent())
        sweep(world)
    _compare_upkeep(world, report)
    _compare_ledger(world, report)
    _count(world, report)
    report.findings.extend(finding for finding in world.store.findings() if finding.code == "CHANGED_AFTER_POSTING")
    return report


def _compare_upkeep(world: World, report: Reconciliation) -> None:
    """Every completed work order must be known to us, and every posted one still exist in UpKeep."""
    seen: set[str] = set()
    for heads in chunked(world.source.changed_since(None), HEADS_PER_QUERY):
        known = world.store.remembered([head.id for head in heads])
        for head in heads:
            seen.add(head.id)
            report.work_orders += 1
            before = known.get(head.id)
            ready = simplify_status(head.status) in world.mapping.ready_statuses
            if ready and (before is None or before.updated_at != head.updated_at):
                report.findings.append(_not_pulled(head.number))
    for row in world.store.remembered_with(Disposition.POSTED):
        if row.source_id not in seen and _is_gone(world, row):
            finding = _vanished(row.number, row.marker, f"{row.amount} {row.currency}")
            report.findings.append(finding)
            world.store.add_findings([_as_change(finding)])


def _is_gone(world: World, row: Remembered) -> bool:
    """Not listed is not gone: whether the list shows what is archived is not documented."""
    read = world.source.read(WorkOrderHead(row.source_id, row.number, "", row.updated_at))
    return read.work_order is None and not read.problems


def _compare_ledger(world: World, report: Reconciliation) -> None:
    """Every posted document must be live and unchanged, and every document with our marker must be one of ours."""
    live, drafts, waiting = _by_marker(world)
    taken_back = {reversal.reversed.id for reversal in world.store.reversals() if reversal.is_done}
    surplus: list[tuple[Posting, LedgerDocument]] = []
    report.documents = sum(len(documents) for documents in live.values())
    for posting in world.store.every_posting():
        documents, left = live.pop(posting.marker, []), drafts.pop(posting.marker, [])
        awaited = waiting.pop(posting.marker, [])
        if awaited and posting.state is State.POSTED and not documents:
            _await(report, posting, awaited)
            continue
        report.ledger_total += _booked(posting, documents)
        documents = [*documents, *awaited]
        if posting.state is State.POSTED:
            report.posted_total += posting.expectation.net
            _count_due(report, documents)
            doubts = _doubts(world, posting, documents)
            # Whatever the tax of an invoice was, its credit took it back.
            report.findings.extend(one for one in doubts if posting.id not in taken_back or one.code not in TAX_DOUBTS)
            surplus.extend((posting, draft) for draft in left)
        elif documents and posting.state is State.HELD:
            report.findings.append(_undecided(posting, documents))
        elif documents:
            report.findings.append(_unexpected(posting, documents))
        elif posting.state is State.UNCERTAIN:
            report.findings.append(_uncertain(posting))
        if posting.state is State.HELD:
            report.findings.extend(_draft_of_held(posting, draft) for draft in left)
    report.findings.extend(_orphaned(documents) for documents in live.values())
    report.findings.extend(_draft_of_nothing(draft) for left in (*drafts.values(), *waiting.values()) for draft in left)
    report.findings.extend(_delete_surplus(world, surplus))
    report.ledger_total += sum((document.without_tax for documents in live.values() for document in documents), ZERO)


def _count_due(report: Reconciliation, documents: Sequence[LedgerDocument]) -> None:
    """What became of the invoices: no sum of ours, and what a bookkeeper asks next."""
    for document in documents:
        if document.kind is DocumentKind.INVOICE and document.status == "live" and document.left is not None:
            report.invoices += 1
            report.settled += document.left == 0
            report.due_total += document.left if document.currency == report.currency else ZERO


def _await(report: Reconciliation, posting: Posting, documents: Sequence[LedgerDocument]) -> None:
    """A document that a person has yet to approve is in no sum; it must be the one that was meant all the same."""
    report.awaiting_approval += 1
    report.awaiting_total += posting.expectation.net
    wrong = differences(posting.expectation, documents[0])
    if wrong:
        report.findings.append(_finding(posting, "ALTERED", "; ".join(wrong) + ".", "Correct it in the ledger, or approve it there."))


Documents = dict[str, list[LedgerDocument]]


def _by_marker(world: World) -> tuple[Documents, Documents, Documents]:
    """What the ledger holds of ours: what is in the books, what is a draft only, and what waits for approval."""
    days = [posting.expectation.date for posting in world.store.every_posting()]
    found: dict[str, Documents] = {"live": {}, "draft": {}, "awaiting": {}}
    first, last = min([*days, world.policy.start_date]), max([*days, world.clock.now().date()])
    for document in world.ledger.documents(first, last):
        if document.status in found:
            found[document.status].setdefault(document.marker.upper(), []).append(document)
    return found["live"], found["draft"], found["awaiting"]


def _delete_surplus(world: World, surplus: Sequence[tuple[Posting, LedgerDocument]]) -> Iterator[Finding]:
    """As the only writer, and by id: what is posted needs no draft any more. One that cannot be deleted is told."""
    if not surplus:
        return
    with world.store.writer():
        for posting, draft in surplus:
            if world.policy.posts and world.ledger.delete_draft(posting, draft.id):
                world.store.note_draft_deleted(posting, draft.id)
            else:
                yield _finding(posting, "DRAFT_LEFT", f"It is posted, and draft {draft.id} of it could not be deleted.", _DELETE)


def _booked(posting: Posting, documents: Sequence[LedgerDocument]) -> Decimal:
    """What the ledger holds for a posting, counted as the posting counts itself."""
    return sum((booked(posting.expectation, document) for document in documents), ZERO)


def _doubts(world: World, posting: Posting, documents: Sequence[LedgerDocument]) -> list[Finding]:
    if not documents:
        return [_gone(world, posting)]
    if len(documents) > 1:
        return [_duplicate(posting, documents, "Void all but one.")]
    wrong = differences(posting.expectation, documents[0])
    if wrong:
        return [_finding(posting, "ALTERED", "; ".join(wrong) + ".", "Correct it in the ledger, or accept it knowingly.")]
    doubt = tax_doubt(posting.expectation, documents[0])
    return [_finding(posting, doubt.code, f"It is in the books, but {doubt.words}.", doubt.next_step)] if doubt else []


def _gone(world: World, posting: Posting) -> Finding:
    document = world.ledger.read(posting)
    if document is None or document.status == "deleted":
        return _finding(posting, "MISSING", "The posted document is not in the ledger any more.", "A person deleted it: decide why.")
    if document.status == "void":
        return _finding(posting, "VOIDED", "The posted document was voided by a person.", "Decide why; it is never posted again by itself.")
    day = document.date or date.min
    return _finding(posting, "ALTERED", f"The document carries another number or date now ({document.marker}, {day}).", "Compare by hand.")


def _finding(posting: Posting, code: str, message: str, next_step: str) -> Finding:
    return Finding(code, posting.work_order_number, posting.marker, f"Work order {posting.work_order_number}: {message}", next_step)


def _unexpected(posting: Posting, documents: Sequence[LedgerDocument]) -> Finding:
    ids = ", ".join(document.id for document in documents)
    return _finding(
        posting, "UNCERTAIN", f"The ledger has document {ids}, our record says {posting.state}.", "Run sync, which resolves it."
    )


def _undecided(posting: Posting, documents: Sequence[LedgerDocument]) -> Finding:
    """What the ledger shows of a held posting; sync leaves it alone until a person has decided."""
    release = f"then run `connector held release {posting.work_order_number}`."
    if len(documents) > 1:
        return _duplicate(posting, documents, f"Void all but one, {release}")
    words = "; ".join(differences(posting.expectation, documents[0]))
    if not words:
        return _finding(posting, "UNCERTAIN", f"It is held, and document {documents[0].id} is the one we meant.", f"Look at it, {release}")
    return _finding(posting, "ALTERED", f"It is held; document {documents[0].id}: {words}.", f"Correct the document, {release}")


def _duplicate(posting: Posting, documents: Sequence[LedgerDocument], next_step: str) -> Finding:
    ids = ", ".join(document.id for document in documents)
    return _finding(posting, "DUPLICATE", f"{len(documents)} live documents carry the marker: {ids}.", next_step)


def _uncertain(posting: Posting) -> Finding:
    return _finding(
        posting, "UNCERTAIN", "Its answer was lost and nothing is proven yet.", "Run sync later; it resolves itself by look-up."
    )


def _draft_of_held(posting: Posting, draft: LedgerDocument) -> Finding:
    return _finding(
        posting,
        "DRAFT_LEFT",
        f"It is held, and draft {draft.id} of it waits in the ledger, not in the books.",
        "Release the work order, and this draft is the one that is posted; if it shall never be posted, delete the draft in the ledger.",
    )


def _draft_of_nothing(draft: LedgerDocument) -> Finding:
    message = f"Draft {draft.id} ({draft.marker}, {draft.date}, {draft.total}) carries a marker of ours, but no record of it is here."
    return Finding("DRAFT_LEFT", "", draft.marker, message, _DELETE)


def _orphaned(documents: Sequence[LedgerDocument]) -> Finding:
    first = documents[0]
    return Finding(
        "ORPHANED",
        "",
        first.marker,
        f"Document {first.id} ({first.marker}, {first.date}, {first.total}) carries a marker of ours, but no record of it is here.",
        "Run sync: if its work order is in UpKeep, it is adopted; if another installation posts here, stop one of the two.",
    )


def _not_pulled(number: str) -> Finding:
    return Finding("NOT_PULLED", number, "", f"Work order {number} is complete in UpKeep and not decided here yet.", "Run sync.")


def _vanished(number: str, marker: str, amount: str) -> Finding:
    return Finding(
        "VANISHED", number, marker, f"Work order {number} was posted ({amount}) and is not in UpKeep any more.", "Decide whether to void."
    )


def _as_change(finding: Finding) -> Finding:
    return Finding("CHANGED_AFTER_POSTING", finding.number, finding.marker, finding.message, finding.next_step)


def _count(world: World, report: Reconciliation) -> None:
    totals = world.store.totals()
    report.posted = totals.get(Disposition.POSTED, (0, ZERO))[0]
    report.held, report.held_total = totals.get(Disposition.HELD, (0, ZERO))
    report.excluded = totals.get(Disposition.EXCLUDED, (0, ZERO))[0]
    report.open = totals.get(Disposition.OPEN, (0, ZERO))[0] + totals.get(Disposition.QUEUED, (0, ZERO))[0]
