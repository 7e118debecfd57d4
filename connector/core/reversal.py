"""Taking a posted invoice back: a credit of the same lines in an open period, applied to exactly that invoice (pure).

It goes in two writes, as a Xero manual journal does: the credit, then its application. A credit that is in the ledger and not applied
to anything is the first step done ("draft"); one that is applied to its invoice, all of it, is the whole ("live"). Applied to anything
else it is not what we meant. Its identity is the work order's too, of a flow of its own: whoever asks twice, also from an empty
database, finds the one that is there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from connector.core.identity import Identity
from connector.core.mapping import DocumentKind
from connector.core.period import PeriodLock
from connector.core.posting import Expectation, LedgerDocument, Phase, Posting, State
from connector.core.problem import Problem

FLOW = "reversal"


@dataclass(frozen=True, slots=True)
class Reversal:
    """What a person asked for: which invoice is taken back, by which credit, why, and who said so."""

    reversed: Posting
    credit: Posting
    because: str
    actor: str
    asked_at: datetime

    @property
    def is_done(self) -> bool:
        """Whether the credit is in the books and applied."""
        return self.credit.state is State.POSTED


def identity_of_reversal(of: Identity) -> Identity:
    """The identity of the credit that takes a document back."""
    return replace(of, flow=FLOW)


def is_reversal(posting: Posting) -> bool:
    """Whether a posting takes another one back."""
    return posting.identity.flow == FLOW


def as_step(expected: Expectation, found: LedgerDocument) -> LedgerDocument:
    """The document as a step toward what is expected: a credit that is not applied yet is a draft of one that is."""
    is_waiting = bool(expected.settles) and found.status == "live" and found.left is not None and found.left == found.total
    return replace(found, status="draft") if is_waiting else found


def is_application(posting: Posting) -> bool:
    """Whether the write that is due, or in doubt, applies a credit. It is no change by an id that could be made twice."""
    return posting.kind is DocumentKind.CREDIT and posting.phase is Phase.POST_DRAFT


def expected_credit(invoice: Expectation, found: LedgerDocument, number: str, day: date) -> Expectation:
    """What the credit that takes this invoice back must show, cent by cent as the ledger has the invoice."""
    return Expectation(
        DocumentKind.CREDIT,
        number,
        day,
        invoice.currency,
        found.total - found.tax,
        tax=found.tax,
        net=-invoice.net,
        gross=found.total,
        includes_tax=invoice.includes_tax,
        settles=found.id,
    )


def reversal_day(today: date, invoice_day: date, lock: PeriodLock) -> date:
    """The day of the credit: today, or the first open day after it; never before its invoice."""
    opens = lock.last_locked_day + timedelta(days=1) if lock.last_locked_day is not None else today
    return max(today, invoice_day, opens)


def refusals(posting: Posting | None, number: str, currency: str) -> list[Problem]:
    """What our own record says against taking a work order's document back."""
    place = f"work order {number}"
    if posting is None or posting.state is not State.POSTED:
        next_step = "Look it up with `connector explain`; what was never posted needs no reversal."
        return [Problem("REVERSAL_OF_NOTHING", place, "Nothing of it is posted by the connector's record.", next_step)]
    if posting.kind is not DocumentKind.INVOICE:
        kind = posting.kind.value.replace("_", " ")
        message = f"Its document {posting.marker} is a {kind}; only invoices are taken back by the connector."
        return [Problem("REVERSAL_OF_OTHER_KIND", place, message, "Book the opposite by hand in the ledger.")]
    if posting.expectation.currency != currency:
        message = f"Its invoice {posting.marker} is in {posting.expectation.currency}, and the connection's books are in {currency}."
        return [Problem("REVERSAL_OTHER_CURRENCY", place, message, "Credit it by hand in the ledger, at the rate that is right.")]
    return []


def doubts_about(posting: Posting, found: LedgerDocument | None, wrong: list[str], *, is_there: bool) -> list[Problem]:
    """What the ledger's invoice says against taking it back; `wrong` is how it differs from what was posted.

    `is_there`: the credit stands in the ledger already, and may have settled the invoice.
    """
    place = f"document {posting.marker}"
    if found is None or found.status in ("void", "deleted"):
        how = "voided" if found is not None and found.status == "void" else "deleted"
        next_step = "There is nothing to take back; close the doubt about it with `connector held release`."
        return [Problem("REVERSAL_OF_DEAD", place, f"The invoice was {how} in the ledger already.", next_step)]
    if found.status == "awaiting":
        message = "The invoice waits for approval in the ledger and is not in the books yet."
        return [Problem("REVERSAL_OF_NOTHING", place, message, "Delete it there; what is not in the books is not taken back.")]
    if wrong:
        message = f"The invoice is not the one that was posted any more: {'; '.join(wrong)}."
        return [Problem("REVERSAL_OF_CHANGED", place, message, "Put the invoice right in the ledger, or credit it by hand.")]
    if not is_there and found.left is not None and found.left != found.total:
        message = f"Of the invoice's {found.total} only {found.left} is open: it was paid or credited, in whole or in part."
        next_step = "Take the payment off the invoice in the ledger, or credit and refund by hand."
        return [Problem("REVERSAL_OF_PAID", place, message, next_step)]
    return []
