"""What a credit note has that an invoice has not: the credit that is left, and the invoices that it was allocated to."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connector.sandbox.xero.answers import money, ms_date
from connector.sandbox.xero.books import Books, Document


def shown_as_credit_note(books: Books, document: Document, left: Decimal) -> dict[str, Any]:
    """The part of a credit note's shape that is its own, as Xero's examples have it."""
    allocations = [
        {"AllocationID": key, "Amount": amount, "Date": ms_date(day), "Invoice": named(books, invoice_id)}
        for key, invoice_id, amount, day in document.allocations
    ]
    return {"ID": document.id, "RemainingCredit": money(left), "Allocations": allocations, "Payments": []}


def named(books: Books, invoice_id: str) -> dict[str, Any]:
    """An invoice as an allocation names it."""
    return {"InvoiceID": invoice_id, "InvoiceNumber": books.shelves["invoice"].by_id[invoice_id].number}
