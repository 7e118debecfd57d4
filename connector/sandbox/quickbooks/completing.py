"""What QuickBooks adds to a document that it books: the id, names of what is referred to, sums, and settings that nobody sent.

As recorded with a real company; what is not known is left out (KNOWS_NOT.md).
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector.sandbox.quickbooks.books import ZERO, Books, Document, Entity, Leg
from connector.sandbox.quickbooks.credits import credit_legs, shown_as_credit
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.posting import invoice_legs, journal_legs, number_of, reference
from connector.sandbox.quickbooks.tax import CENT

_LISTS = {
    "CustomerRef": "Customer",
    "ItemRef": "Item",
    "AccountRef": "Account",
    "ClassRef": "Class",
    "DepartmentRef": "Department",
    "SalesTermRef": "Term",
}
# What the company's settings make of a document's head.
HEAD_SWITCHES: dict[str, Any] = {
    "default_terms": "",  # the id of the company's own terms
    "currencies": (),  # besides the company's own; several make it one with many currencies
    "classes": "line",  # classes are tracked on each line, or one to a transaction
    "misplaced_classes": "dropped",  # what becomes of a class in the other place of an invoice: dropped, or kept; nothing is published
}
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
    code = str(sent.get("value"))
    rate = number_of(entity.get("ExchangeRate", 1) or 1, "ExchangeRate")  # Intuit's reference: 1 where none is sent.
    if code != books.company.currency and code not in books.switches["currencies"]:
        raise Refusal("6000", "Business Validation Error: Multi-currency is not enabled for this company.")
    if rate <= 0 or (rate != 1 and code == books.company.currency):
        raise Refusal("6000", "Business Validation Error: The exchange rate is not valid.")
    moment = now.isoformat(timespec="milliseconds")
    shown = {name: _named(books, value) for name, value in entity.items() if value not in ("", None)}
    shown |= {"TxnDate": shown.get("TxnDate") or now.date().isoformat(), "CurrencyRef": books.currency_ref(code)}
    shown |= {"ExchangeRate": rate} if books.switches["currencies"] else {}
    shown |= {"Id": identifier, "SyncToken": "0", "domain": "QBO", "sparse": False}
    shown["MetaData"] = {"CreateTime": moment, "LastUpdatedTime": moment}
    if kind != "JournalEntry" and books.switches["misplaced_classes"] == "dropped":
        entity = _without_misplaced_classes(entity, str(books.switches["classes"]))
        shown = {name: value for name, value in shown.items() if name != "ClassRef" or name in entity}
    legs = _journal(books, entity, shown) if kind == "JournalEntry" else _sale(books, entity, shown, kind)
    _in_home_currency(legs, rate)
    named = {name: _reference(books, name, value) for name, value in shown.items() if name in _LISTS}
    return Document(kind, shown | named, legs, now)


def _in_home_currency(legs: list[Leg], rate: Decimal) -> None:
    """What each leg is in the company's currency, to the cent; the last one takes what the rounding of the others left."""
    for leg in legs if rate != 1 else ():
        leg.home = (leg.amount * rate).quantize(CENT, ROUND_HALF_UP)
    if legs and rate != 1:
        legs[-1].home = -sum((leg.home or ZERO for leg in legs[:-1]), ZERO)


def _without_misplaced_classes(entity: Entity, tracked: str) -> Entity:
    """An invoice's class stands in its head or on its lines, as the company's preference has it; in the other place it is lost."""
    if tracked == "transaction":
        lines = [_without_class(line) for line in entity["Line"]]
        return {**entity, "Line": lines}
    return {name: value for name, value in entity.items() if name != "ClassRef"}


def _without_class(line: Entity) -> Entity:
    detail = line.get("SalesItemLineDetail")
    if not isinstance(detail, dict):
        return line
    return {**line, "SalesItemLineDetail": {name: value for name, value in detail.items() if name != "ClassRef"}}


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
    due = shown.get("DueDate") or due_by_terms(books, entity, shown["TxnDate"])
    as_invoice = {**_SETTINGS, **shown, "DueDate": due, "Line": [*lines, subtotal], "TotalAmt": total, "Balance": total}
    shown |= shown_as_credit(shown, [*lines, subtotal], total) if kind == "CreditMemo" else as_invoice
    shown["TxnTaxDetail"] = worked.detail
    return legs


def due_by_terms(books: Books, entity: Entity, day: str) -> str:
    """The date with the days of the term; without a term it is due at once. A customer's own term is not taken over by itself here."""
    if not entity.get("SalesTermRef"):
        return day
    term, start = reference(books, "Term", entity["SalesTermRef"], "SalesTermRef"), date.fromisoformat(day[:10])
    if term.get("DueDays") is not None:
        return (start + timedelta(days=int(term["DueDays"]))).isoformat()
    due = _in_month(start, int(term["DayOfMonthDue"]))
    while due < start or (due - start).days < int(term.get("DueNextMonthDays") or 0):
        due = _in_month(_in_month(due, 31) + timedelta(days=1), int(term["DayOfMonthDue"]))
    return due.isoformat()


def _in_month(month: date, day: int) -> date:
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


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
