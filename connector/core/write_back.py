"""What a work order is told about its document: one message a document, with its number and where it is (pure).

The rules:
1. The text, with the document's number in brackets, by which it is found again, is stored before it leaves. It never changes.
2. UpKeep knows no idempotency key. After a lost answer the message stays uncertain, and only the work order's own messages decide:
   one that is there is taken; one that is proven absent, by two looks late enough, may go again. Where UpKeep does not show messages,
   nothing can be proven: it is never sent again, and a person is told once.
3. A message that an earlier database may have sent (the document was found, not sent by this one; or the database was restored) goes
   only after a look that proves it absent. Where nothing can be proven it is left out, in silence: the document is what counts.

The states and steps are those of evidence (core/evidence.py, NEXT).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.core.evidence import EvidenceState
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind
from connector.core.reversal import FLOW

# What people call a ledger's documents.
KINDS = {
    "quickbooks": {DocumentKind.JOURNAL_ENTRY: "journal entry", DocumentKind.INVOICE: "invoice", DocumentKind.CREDIT: "credit memo"},
    "xero": {DocumentKind.JOURNAL_ENTRY: "manual journal", DocumentKind.INVOICE: "invoice", DocumentKind.CREDIT: "credit note"},
}
LEDGERS = {"quickbooks": "QuickBooks", "xero": "Xero"}
# Where a browser shows them. Neither vendor documents these addresses: they are those of their own screens.
_PAGES = {
    "quickbooks": {
        DocumentKind.JOURNAL_ENTRY: "https://app.qbo.intuit.com/app/journal?txnId={id}",
        DocumentKind.INVOICE: "https://app.qbo.intuit.com/app/invoice?txnId={id}",
        DocumentKind.CREDIT: "https://app.qbo.intuit.com/app/creditmemo?txnId={id}",
    },
    "xero": {
        DocumentKind.JOURNAL_ENTRY: "https://go.xero.com/Journal/View.aspx?invoiceID={id}",
        DocumentKind.INVOICE: "https://go.xero.com/AccountsReceivable/View.aspx?InvoiceID={id}",
        DocumentKind.CREDIT: "https://go.xero.com/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={id}",
    },
}


@dataclass(frozen=True, slots=True)
class Told:
    """The document that a message is about; `takes_back` is the number of the invoice that a credit takes back, else ""."""

    ledger: str
    kind: DocumentKind
    marker: str
    remote_id: str
    takes_back: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message and how far it is. `source_id` is UpKeep's id of the work order.

    `is_sure`: this database, and no other one, sent the document: no earlier message about it can exist that is not recorded here.
    """

    id: int
    posting_id: int
    source_id: str
    work_order_number: str
    marker: str
    identity: Identity
    text: str
    state: EvidenceState = EvidenceState.DUE
    token: int = 0
    attempts: int = 0
    tries: int = 0
    uncertain_since: datetime | None = None
    absent_since: datetime | None = None
    problem: str = ""
    is_sure: bool = True
    document_state: str = ""  # in which the document was seen last, "" when as we posted it

    @property
    def is_document_live(self) -> bool:
        """Whether the document is in the books by what we saw last."""
        return self.document_state.partition(" ")[0] in ("", "live")


def text_of(told: Told) -> str:
    """What a technician reads: where the work order's cost is, or that it was taken back. It is true of an adopted document as well."""
    what = KINDS[told.ledger][told.kind]
    where = _PAGES[told.ledger][told.kind].format(id=told.remote_id)
    if told.takes_back:
        return f"Invoice {told.takes_back} was taken back in {LEDGERS[told.ledger]} by {what} {opening(told.marker)}: {where}"
    return f"In {LEDGERS[told.ledger]} as {what} {opening(told.marker)}: {where}"


def opening(marker: str) -> str:
    """By what a message is found again: the number in brackets. Another message may name the same number, and does so without them."""
    return f"[{marker}]"


def is_in(message: Message, texts: list[str]) -> bool:
    """Whether the message is among the work order's texts, whatever UpKeep made of its blanks and links."""
    return any(opening(message.marker).casefold() in text.casefold() for text in texts)


def takes_back(identity: Identity) -> bool:
    """Whether the document takes another one back."""
    return identity.flow == FLOW
