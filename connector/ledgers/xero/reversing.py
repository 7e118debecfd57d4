"""Taking a Xero invoice back: a credit note of its lines, and the allocation that settles the invoice with it (pure).

A credit note is created first and allocated then: both in one call is impossible (Xero's documentation of CreditNotes). Its lines are those
of the invoice as Xero has it, with four decimals of a price, so that it comes to the same cents.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from connector.core.identity import Identity, marker
from connector.core.mapping import DocumentKind
from connector.core.posting import LedgerDocument, Outcome, Posted, Posting, Uncertain, WriteRequest
from connector.core.reversal import expected_credit
from connector.ledgers.exact_json import encode
from connector.ledgers.ledger import Rendered
from connector.ledgers.xero.documents import API, ELEMENTS, NUMBER_KEYS, TYPES, URLS

_JSON = (("content-type", "application/json"),)
_CREDIT = DocumentKind.CREDIT
_OF_A_LINE = ("Description", "Quantity", "UnitAmount", "ItemCode", "AccountCode", "AccountID", "TaxType")
ALLOCATIONS = "Allocations"
WHOLE = {"unitdp": "4"}


def credit_note(posting: Posting, invoice: Mapping[str, Any], found: LedgerDocument, identity: Identity, day: date) -> Rendered:
    """The credit note that takes the invoice back; `found` is the same invoice as a document."""
    number = marker(identity)
    body = {
        "Type": TYPES[_CREDIT],
        NUMBER_KEYS[_CREDIT]: number,
        "Reference": f"Takes back {posting.marker}",
        "Contact": {"ContactID": invoice["Contact"]["ContactID"]},
        "Date": day.isoformat(),
        "CurrencyCode": found.currency,
        "LineAmountTypes": invoice["LineAmountTypes"],
        "Status": "AUTHORISED",
        "LineItems": [_line(line) for line in invoice["LineItems"]],
    }
    request = WriteRequest("PUT", URLS[_CREDIT], encode({ELEMENTS[_CREDIT]: [body]}), _JSON)
    return Rendered(request, expected_credit(posting.expectation, found, number, day))


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line without the ledger's own id and sums; an account is named once."""
    kept = {name: line[name] for name in _OF_A_LINE if line.get(name) not in (None, "")}
    if "AccountCode" in kept:
        kept.pop("AccountID", None)
    ids = ("TrackingCategoryID", "TrackingOptionID")
    tracking = [{name: row[name] for name in ids} for row in line.get("Tracking") or ()]
    return kept | ({"Tracking": tracking} if tracking else {})


def application(posting: Posting) -> WriteRequest:
    """The allocation of all of the credit to its invoice."""
    expected = posting.expectation
    row = {"Invoice": {"InvoiceID": expected.settles}, "Amount": expected.gross, "Date": expected.date.isoformat()}
    url = f"{API}/{ELEMENTS[_CREDIT]}/{posting.remote_id}/{ALLOCATIONS}?summarizeErrors=false"
    return WriteRequest("PUT", url, encode({ALLOCATIONS: [row]}), _JSON)


def applied(posting: Posting, row: Mapping[str, Any]) -> Outcome:
    """What an allocation without errors says; a read of the credit note confirms it before it counts."""
    expected = posting.expectation
    if str(row["Invoice"]["InvoiceID"]).casefold() != expected.settles.casefold() or row["Amount"] != expected.gross:
        return Uncertain("Xero answered 200 with another allocation")
    gross = expected.gross or expected.total
    return Posted(LedgerDocument(posting.remote_id, posting.kind, posting.marker, "live", expected.date, expected.currency, gross))
