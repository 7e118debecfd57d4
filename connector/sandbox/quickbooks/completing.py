"""What QuickBooks adds to a document that it books: the id, names of what is referred to, sums, and settings that nobody sent.

As recorded with a real company; what is not known is left out (KNOWS_NOT.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.books import Books, Document, Entity
from connector.sandbox.quickbooks.credits import credit_legs, shown_as_credit
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.posting import invoice_legs, journal_legs, number_of

_LISTS = {"CustomerRef": "Customer", "ItemRef": "Item", "AccountRef": "Account", "ClassRef": "Class", "DepartmentRef": "Department"}
_SETTINGS: Entity = {
    "AllowIPNPayment": False,
    "AllowOnlinePayment": False,
    "AllowOnlineCreditCardPayment": False,
    "AllowOnlineACHPayment": False,
    "ApplyTaxAfterDiscount": False,
    "PrintStatus": "NeedToPrint",
    "EmailStatus": "NotSet",
    "LinkedTxn": [],
}


def complete(books: Books, entity: Entity, kind: str, now: datetime, identifier: str) -> Document:
    """The document that follows from what was sent, with its legs; refuses what QuickBooks refuses."""
    sent = entity.get("CurrencyRef") or books.currency_ref()
    if sent.get("value") != books.company.currency:
        raise Refusal("6000", "Business Validation Error: Multi-currency is not enabled for this company.")
    moment = now.isoformat(timespec="milliseconds")
    shown = {name: _named(books, value) for name, value in entity.items() if value not in ("", None)}
    shown |= {"TxnDate": shown.get("TxnDate") or now.date().isoformat(), "CurrencyRef": books.currency_ref()}
    shown |= {"Id": identifier, "SyncToken": "0", "domain": "QBO", "sparse": False}
    shown["MetaData"] = {"CreateTime": moment, "LastUpdatedTime": moment}
    legs = _journal(books, entity, shown) if kind == "JournalEntry" else _sale(books, entity, shown, kind)
    named = {name: _reference(books, name, value) for name, value in shown.items() if name in _LISTS}
    return Document(kind, shown | named, legs, now)


def _journal(books: Books, entity: Entity, shown: Entity) -> list[Any]:
    legs = journal_legs(books, entity)
    shown |= {"TotalAmt": Decimal(0), "TxnTaxDetail": {}}
    amounts = [number_of(line["Amount"], "Amount") for line in entity["Line"]]
    lines = zip(entity["Line"], amounts, strict=True)
    shown["Line"] = [{**_named(books, line), "Id": str(place), "Amount": amount} for place, (line, amount) in enumerate(lines)]
    return legs


def _sale(books: Books, entity: Entity, shown: Entity, kind: str) -> list[Any]:
    legs, worked = credit_legs(books, entity) if kind == "CreditMemo" else invoice_legs(books, entity)
    net = sum(worked.nets, Decimal(0))
    total = net + worked.tax
    lines = [_sales_line(books, line, place) for place, line in enumerate(entity["Line"], 1)]
    subtotal = {"Amount": net, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    # Our customers have no terms, so an invoice without a due date is due at once.
    due = shown.get("DueDate") or shown["TxnDate"]
    as_invoice = {**_SETTINGS, **shown, "DueDate": due, "Line": [*lines, subtotal], "TotalAmt": total, "Balance": total}
    shown |= shown_as_credit(shown, [*lines, subtotal], total) if kind == "CreditMemo" else as_invoice
    shown["TxnTaxDetail"] = worked.detail
    return legs


def _sales_line(books: Books, line: Entity, place: int) -> Entity:
    shown = {"LineNum": Decimal(place), **_named(books, line), "Id": str(place)}
    detail = shown.get("SalesItemLineDetail")
    if books.company.country == "US" and detail and detail.get("ItemRef"):
        shown["SalesItemLineDetail"] = {"TaxCodeRef": {"value": "NON"}, **detail}
    return shown


def _named(books: Books, told: Any) -> Any:
    """The same with the name of everything that is referred to."""
    if isinstance(told, Mapping):
        return {name: _reference(books, name, value) if name in _LISTS else _named(books, value) for name, value in told.items()}
    return [_named(books, value) for value in told] if isinstance(told, list) else told


def _reference(books: Books, name: str, told: Any) -> Any:
    entry = books.lists[_LISTS[name]].get(str(told.get("value"))) if isinstance(told, Mapping) else None
    return {"value": entry["Id"], "name": entry["FullyQualifiedName"]} if entry else told
