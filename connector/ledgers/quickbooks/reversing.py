"""Taking a QuickBooks invoice back: a credit memo of its lines, and the payment over nothing that applies it (pure).

QuickBooks links no credit memo to an invoice by itself: a Payment whose TotalAmt is 0 names both, each with the amount (Intuit's reference
for Payment; the invoice then names the payment in its LinkedTxn). The lines, their codes and the tax are those of the ledger's invoice, so
that the credit comes to the same cents at whatever rates are in force today.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.core.identity import Identity, marker
from connector.core.posting import LedgerDocument, Outcome, Posted, Posting, Uncertain, WriteRequest
from connector.core.reversal import expected_credit
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.ledger import Rendered

_JSON = (("content-type", "application/json"),)
# What of an invoice its credit has too; the rest is the ledger's own, or about being paid.
_HEAD = ("CustomerRef", "CurrencyRef", "ClassRef", "DepartmentRef", "GlobalTaxCalculation", "ApplyTaxAfterDiscount")
_TAX = ("TxnTaxCodeRef", "TotalTax", "TaxLine")
_LINES = ("SalesItemLineDetail", "DescriptionOnly")
PAYMENT = "Payment"


def credit_memo(
    realm_id: str, posting: Posting, invoice: Mapping[str, Any], found: LedgerDocument, identity: Identity, day: date
) -> Rendered:
    """The credit memo that takes the invoice back; `found` is the same invoice as a document."""
    number = marker(identity)
    body: dict[str, Any] = {"DocNumber": number, "TxnDate": day.isoformat(), "PrivateNote": f"Takes back {posting.marker}"}
    body |= {name: _reference(invoice[name]) for name in _HEAD if name in invoice}
    body["Line"] = [_line(line) for line in invoice["Line"] if line.get("DetailType") in _LINES]
    tax = {name: value for name, value in (invoice.get("TxnTaxDetail") or {}).items() if name in _TAX}
    if tax and invoice.get("GlobalTaxCalculation") != "NotApplicable":
        body["TxnTaxDetail"] = tax
    request = WriteRequest("POST", f"/v3/company/{realm_id}/creditmemo", encode(body), _JSON)
    return Rendered(request, expected_credit(posting.expectation, found, number, day))


def _line(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line without the ledger's own id and names."""
    kept = {name: value for name, value in line.items() if name not in ("Id", "LinkedTxn")}
    detail = kept.get("SalesItemLineDetail")
    if isinstance(detail, Mapping):
        kept["SalesItemLineDetail"] = {name: _reference(value) for name, value in detail.items() if name != "ItemAccountRef"}
    return kept


def _reference(told: Any) -> Any:
    return {"value": told["value"]} if isinstance(told, Mapping) and "value" in told else told


def application(realm_id: str, posting: Posting) -> WriteRequest:
    """The payment over nothing that applies the credit to its invoice."""
    expected, credit = posting.expectation, decode(posting.request.body)
    links = ((expected.settles, "Invoice"), (posting.remote_id, "CreditMemo"))
    body = {
        "TotalAmt": Decimal(0),
        "CustomerRef": credit["CustomerRef"],
        **({"CurrencyRef": credit["CurrencyRef"]} if "CurrencyRef" in credit else {}),
        "TxnDate": expected.date.isoformat(),
        "PaymentRefNum": posting.marker,
        "PrivateNote": credit["PrivateNote"],
        "Line": [{"Amount": expected.gross, "LinkedTxn": [{"TxnId": one, "TxnType": kind}]} for one, kind in links],
    }
    return WriteRequest("POST", f"/v3/company/{realm_id}/payment", encode(body), _JSON)


def applied(posting: Posting, told: Any) -> Outcome:
    """What an answer without faults to the application says; a read of the credit confirms it before it counts."""
    payment = told.get(PAYMENT) if isinstance(told, dict) else None
    expected = posting.expectation
    if not isinstance(payment, dict) or not pays(payment, posting.remote_id, expected.settles):
        return Uncertain("QuickBooks answered 200 without the payment that applies the credit")
    gross = expected.gross or expected.total
    document = LedgerDocument(posting.remote_id, posting.kind, posting.marker, "live", expected.date, expected.currency, gross)
    return Posted(document)


def pays(payment: Mapping[str, Any], credit_id: str, invoice_id: str) -> Decimal | None:
    """How much of that credit a payment applies to that invoice; None when it does not link the two."""
    amounts = {
        (str(link.get("TxnType")), str(link.get("TxnId"))): Decimal(line["Amount"])
        for line in payment.get("Line") or ()
        for link in line.get("LinkedTxn") or ()
    }
    both = [amounts.get(("CreditMemo", credit_id)), amounts.get(("Invoice", invoice_id))]
    known = [amount for amount in both if amount is not None]
    return min(known) if len(known) == len(both) else None


def payments_of(invoice: Mapping[str, Any]) -> list[str]:
    """The ids of the payments that an invoice names."""
    return [str(link["TxnId"]) for link in invoice.get("LinkedTxn") or () if link.get("TxnType") == PAYMENT]
