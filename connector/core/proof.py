"""Does the ledger hold what UpKeep asks of it? One work order beside the documents that carry its marker, judged by rules alone.

Both sides were read anew; none of our records is an argument of anything here. A verdict either agrees (one live document, or a
reason with a name) or contradicts, and then a person must look. The date is the one fact that cannot be derived afterwards: the
period lock that moved it may have moved on. So a later date is a named reason, and an earlier one, which no rule makes, is not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connector.core.disposition import Disposition
from connector.core.mapping import DocumentKind
from connector.core.matching import booked as as_booked
from connector.core.matching import differences
from connector.core.money import ZERO, plain
from connector.core.posting import Expectation, LedgerDocument, LedgerLine


class Verdict(StrEnum):
    """What became of one work order, or of one document that belongs to none."""

    POSTED = "posted"  # one live document, equal in every line
    REVERSED = "reversed"  # its invoice was taken back, by a credit of the same amount and tax
    MOVED = "moved"  # the same, under a later date: its period was closed
    EXCLUDED = "excluded"  # a rule says that nothing is owed
    HELD = "held"  # it waits for a person, with a reason
    NOT_READY = "not_ready"  # not completed: nothing is owed yet
    LOST = "lost"  # completed, no document, no reason
    DUPLICATE = "duplicate"  # more than one live document
    DIFFERENT = "different"  # one live document that says something else
    VOIDED = "voided"  # a person voided its document
    DELETED = "deleted"  # a person deleted its document
    AWAITING = "awaiting_approval"  # one invoice, equal in every line, that a person has yet to approve: not in the books by choice
    DRAFTED = "drafted"  # only a draft, which is not in the books
    UNEXPECTED = "unexpected"  # a live document, although nothing is owed or nobody can say what
    ORPHANED = "orphaned"  # a live document with a marker of ours whose work order is not in UpKeep


AGREEING = frozenset({Verdict.POSTED, Verdict.REVERSED, Verdict.MOVED, Verdict.EXCLUDED, Verdict.HELD, Verdict.NOT_READY, Verdict.AWAITING})
# Nothing of them is in the books, and nothing is meant to be there yet.
OUTSIDE_THE_BOOKS = frozenset({Verdict.HELD, Verdict.AWAITING})
# Work that is done and owed, and of which the books show nothing.
WITHOUT_DOCUMENT = frozenset({Verdict.LOST, Verdict.VOIDED, Verdict.DELETED, Verdict.DRAFTED})
Day = date  # a field called date hides the type


@dataclass(frozen=True, slots=True)
class Seen:
    """A ledger document as far as a proof needs it: its legs are one short text, so that a hundred thousand fit into memory."""

    id: str
    kind: DocumentKind
    marker: str
    status: str
    date: Day | None
    currency: str
    total: Decimal
    tax: Decimal
    legs: str
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, found: LedgerDocument) -> Seen:
        """Keep what is compared, let the rest go."""
        legs = "\n".join(sorted(f"{line.account_id}:{plain(line.amount)}" for line in found.lines))
        return cls(
            found.id, found.kind, found.marker, found.status, found.date, found.currency, found.total, found.tax, legs, found.warnings
        )

    def document(self) -> LedgerDocument:
        """The document again, to be compared by the one rule that all of the connector uses."""
        facts = (self.id, self.kind, self.marker, self.status, self.date, self.currency, self.total, self.tax)
        return LedgerDocument(*facts, lines=self.lines(), warnings=self.warnings)

    def lines(self) -> tuple[LedgerLine, ...]:
        """A journal's legs."""
        pairs = (leg.rpartition(":") for leg in self.legs.split("\n") if leg)
        return tuple(LedgerLine(account, Decimal(amount)) for account, _, amount in pairs)

    @property
    def without_tax(self) -> Decimal:
        """A journal's sum of debits; what an invoice bills before tax, and what a credit takes back, as less than nothing."""
        return self.document().without_tax

    @property
    def billed_tax(self) -> Decimal:
        """The tax that it bills; less than nothing for a credit, none for a journal."""
        return self.kind.sign * self.tax if self.kind.is_sale else ZERO


@dataclass(frozen=True, slots=True)
class Claim:
    """What one work order, read and decided anew, asks of the ledger. `reason` says why it asks nothing."""

    source_id: str
    number: str
    title: str
    completed_on: date | None
    disposition: Disposition
    amount: Decimal | None
    markers: Mapping[DocumentKind, str]
    reason: str = ""
    expectation: Expectation | None = None
    closed: str = ""  # why it could not be posted now, if it is not there: its period is closed
    reversal: str = ""  # the marker of the credit that takes its invoice back, if a person asked for that


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the proof. `expected` is what the ledger should show before tax, `booked` what it shows."""

    verdict: Verdict
    work_order: str
    source_id: str
    title: str
    completed_on: date | None
    amount: Decimal | None
    marker: str
    expected: Decimal
    booked: Decimal
    reason: str
    documents: tuple[Seen, ...] = ()

    @property
    def difference(self) -> Decimal:
        """What the ledger has more (or less) than it should."""
        return self.booked - self.expected


def judge_number(claims: Sequence[Claim], found: Sequence[Seen], accounts: Mapping[str, str]) -> list[Row]:
    """Judge the work orders of one number, in their order: as a rule there is one. The documents are laid beside one of them alone."""
    owner = _owner(claims, found, accounts)
    return [
        judge(claim, found, accounts)
        if claim is owner
        else judge(claim, (), accounts)
        if claim.expectation is None
        else _second_of_a_number(claim, owner)
        for claim in claims
    ]


def _owner(claims: Sequence[Claim], found: Sequence[Seen], accounts: Mapping[str, str]) -> Claim:
    asking = [claim for claim in claims if claim.expectation is not None] or claims
    fitting = (claim for claim in asking if judge(claim, found, accounts).verdict in (Verdict.POSTED, Verdict.MOVED))
    return next(fitting, asking[0]) if len(asking) > 1 else asking[0]


def judge(claim: Claim, found: Sequence[Seen], accounts: Mapping[str, str]) -> Row:
    """Put a work order beside every document that carries one of its markers. `accounts` gives names by id, for the words."""
    live = [one for one in found if one.status == "live"]
    waiting = [one for one in found if one.status == "awaiting"]
    credits = [one for one in live if claim.reversal and one.marker.upper() == claim.reversal]
    if credits:
        return _taken_back(claim, live, credits)
    if claim.expectation is None:
        return _nothing_owed(claim, [*live, *waiting])
    if len(live) > 1:
        ids = ", ".join(one.id for one in live)
        return _row(claim, Verdict.DUPLICATE, live, f"{len(live)} live documents for one work order: {ids}.")
    if waiting and not live:
        verdict, reason = _compared(claim, claim.expectation, waiting[0], accounts)
        is_meant = verdict in (Verdict.POSTED, Verdict.MOVED)
        told = f"Document {waiting[0].id} waits for approval in the ledger; it is not in the books yet."
        return _row(claim, Verdict.AWAITING if is_meant else verdict, waiting, told if is_meant else reason)
    if not live:
        verdict, reason = _absence(claim, found)
        return _row(claim, verdict, found, reason)
    verdict, reason = _compared(claim, claim.expectation, live[0], accounts)
    return _row(claim, verdict, live, reason)


def orphan(found: Sequence[Seen]) -> Row:
    """Documents with one marker of our making, and no work order that leads to it."""
    total = sum((one.without_tax for one in found if one.status == "live"), ZERO)
    reason = "It carries a marker of the connector's making, and no work order of UpKeep leads to it."
    return Row(Verdict.ORPHANED, "", "", "", None, None, found[0].marker, ZERO, total, reason, tuple(found))


def _second_of_a_number(claim: Claim, first: Claim) -> Row:
    """Two work orders under one number have one marker: one document cannot stand for both."""
    reason = f"NUMBER_TAKEN Another work order, {first.source_id} in UpKeep, has the number {claim.number} too."
    return _row(replace(claim, expectation=None), Verdict.HELD, (), reason)


def _taken_back(claim: Claim, live: Sequence[Seen], credits: Sequence[Seen]) -> Row:
    """An invoice and the credit that takes it back: nothing is owed any more, whatever the work order says now."""
    invoices = [one for one in live if one not in credits]
    is_whole = len(invoices) == len(credits) == 1 and credits[0].kind is DocumentKind.CREDIT
    rest = sum((one.without_tax for one in live), ZERO), sum((one.billed_tax for one in live), ZERO)
    nothing = replace(claim, expectation=None)
    ids = ", ".join(one.id for one in credits)
    if is_whole and rest == (ZERO, ZERO):
        return _row(nothing, Verdict.REVERSED, live, f"Invoice {invoices[0].id} was taken back by credit {ids} of {credits[0].date}.")
    told = ", ".join(one.id for one in invoices) or "nothing"
    reason = (
        f"Credit {ids} takes an invoice back, and the ledger has {told} beside it: {plain(rest[0])} before tax and {plain(rest[1])} tax"
    )
    return _row(nothing, Verdict.DIFFERENT, live, f"{reason} are left over.")


def _nothing_owed(claim: Claim, live: Sequence[Seen]) -> Row:
    verdict = {Disposition.HELD: Verdict.HELD, Disposition.EXCLUDED: Verdict.EXCLUDED}.get(claim.disposition, Verdict.NOT_READY)
    if not live:
        return _row(claim, verdict, (), claim.reason)
    told = {
        Verdict.HELD: "What it should be cannot be told now",
        Verdict.EXCLUDED: "Nothing should be posted for it",
        Verdict.NOT_READY: "It is not completed in UpKeep",
    }[verdict]
    ids = ", ".join(one.id for one in live)
    return _row(claim, Verdict.UNEXPECTED, live, f"{told}, and the ledger has document {ids}. {claim.reason}".strip())


def _absence(claim: Claim, dead: Sequence[Seen]) -> tuple[Verdict, str]:
    """Why there is no live document."""
    by_status = {one.status: one for one in dead}
    if "draft" in by_status:
        return Verdict.DRAFTED, f"Document {by_status['draft'].id} is a draft only; it is not in the books."
    if "void" in by_status:
        return Verdict.VOIDED, f"Document {by_status['void'].id} was voided; it is never posted again by itself."
    if "deleted" in by_status:
        return Verdict.DELETED, f"Document {by_status['deleted'].id} was deleted; it is never posted again by itself."
    if claim.closed:
        return Verdict.HELD, claim.closed
    return Verdict.LOST, "The ledger has no document for it, and no rule says why."


def _compared(claim: Claim, expected: Expectation, found: Seen, accounts: Mapping[str, str]) -> tuple[Verdict, str]:
    document = found.document()
    wrong = differences(replace(expected, date=document.date or expected.date, marker=document.marker), document)
    if expected.lines and document.lines and Counter(expected.lines) != Counter(document.lines):
        wrong.append(_lines_in_words(expected.lines, document.lines, accounts))
    if document.date is None or document.date < expected.date:
        wrong.insert(0, f"it is dated {document.date}, before the job was completed")
    if wrong:
        return Verdict.DIFFERENT, "; ".join(wrong) + "."
    if document.date != expected.date:
        return Verdict.MOVED, f"Completed on {expected.date}, dated {document.date}."
    return Verdict.POSTED, ""


def _lines_in_words(expected: Sequence[LedgerLine], found: Sequence[LedgerLine], accounts: Mapping[str, str]) -> str:
    """The legs that one side has and the other has not, with both amounts."""
    missing, extra = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    return f"expected {_legs(missing, accounts)}; the ledger has {_legs(extra, accounts)}"


def _legs(legs: Counter[LedgerLine], accounts: Mapping[str, str]) -> str:
    told = [
        f"{'debit' if leg.amount >= 0 else 'credit'} {accounts.get(leg.account_id, leg.account_id)} {plain(abs(leg.amount))}"
        for leg in sorted(legs.elements(), key=lambda one: (one.account_id, one.amount))
    ]
    return ", ".join(told) or "no other line"


def _row(claim: Claim, verdict: Verdict, documents: Sequence[Seen], reason: str) -> Row:
    expected = claim.expectation
    live = [one for one in documents if one.status == "live"]
    booked = sum((as_booked(expected, one.document()) if expected else one.without_tax for one in live), ZERO)
    net = expected.net if expected and verdict not in OUTSIDE_THE_BOOKS else ZERO
    marker = expected.marker if expected else (documents[0].marker if documents else "")
    facts = (claim.number, claim.source_id, claim.title, claim.completed_on, claim.amount, marker)
    return Row(verdict, *facts, net, booked, reason, tuple(documents))
