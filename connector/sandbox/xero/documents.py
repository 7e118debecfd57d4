"""Endpoints about documents: single reads, lists, writes, history notes and allocations."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import NotFound, Unreadable, envelope, ms_date, validation
from connector.sandbox.xero.attachments import serve_files
from connector.sandbox.xero.books import Books, Document
from connector.sandbox.xero.credit_notes import named
from connector.sandbox.xero.invoices import CREDIT_NOTE, INVOICE, Form, find, invoice_entity, render_invoice, settle
from connector.sandbox.xero.lists import INVOICE_FIELDS, JOURNAL_FIELDS, Listing, list_documents
from connector.sandbox.xero.manual_journals import JOURNALS, render_journal
from connector.sandbox.xero.reading import read_elements
from connector.sandbox.xero.writing import Entity, write


def _listing(form: Form) -> Listing:
    return Listing(
        form.kind,
        form.plural,
        INVOICE_FIELDS,
        lambda books, doc, places, lines: render_invoice(books, doc, places, lines=lines, form=form),
    )


# endpoint -> (its form, how it is listed, how it is written)
ENDPOINTS: dict[str, tuple[Form | None, Listing, Entity[Document]]] = {
    "invoices": (INVOICE, _listing(INVOICE), invoice_entity(INVOICE)),
    "creditnotes": (CREDIT_NOTE, _listing(CREDIT_NOTE), invoice_entity(CREDIT_NOTE)),
    "manualjournals": (
        None,
        Listing(
            "journal_entry",
            "ManualJournals",
            JOURNAL_FIELDS,
            lambda books, doc, places, lines: render_journal(books, doc, places, lines=lines),
        ),
        JOURNALS,
    ),
}


def _one(books: Books, endpoint: str, key: str) -> Document:
    form, listing, _ = ENDPOINTS[endpoint]
    found = books.shelves[listing.kind].by_id.get(key.lower()) if form is None else find(books, form, key)
    if found is None:
        raise NotFound
    return found


def serve(books: Books, request: Request, endpoint: str, rest: list[str]) -> Response | None:
    """Answer a call about documents; None when that method is not known there."""
    _, listing, entity = ENDPOINTS[endpoint]
    if len(rest) in (2, 3) and rest[1].lower() == "attachments":
        return serve_files(books, request, listing.plural, _one(books, endpoint, rest[0]), rest[2] if len(rest) == 3 else "")
    if len(rest) == 2:
        return _serve_part(books, request, endpoint, rest)
    if len(rest) > 2:
        raise NotFound
    key = rest[0] if rest else ""
    if request.method == "GET":
        if not key:
            return list_documents(books, listing, request)
        places = 4 if request.params().get("unitdp") == "4" else 2
        shown = listing.render(books, _one(books, endpoint, key), places, True)
        return envelope(books.clock.now(), books.guid("answer"), listing.plural, [shown])
    if request.method == "POST" or (request.method == "PUT" and not key):
        return write(books, request, entity, key)
    return None


def _serve_part(books: Books, request: Request, endpoint: str, rest: list[str]) -> Response | None:
    document, part = _one(books, endpoint, rest[0]), rest[1].lower()
    if part == "history" and request.method in ("GET", "PUT"):
        return _history(books, request, document)
    if part == "allocations" and endpoint == "creditnotes" and request.method == "PUT":
        return _allocate(books, request, document)
    if part not in ("history", "allocations"):
        raise NotFound
    return None


def _history(books: Books, request: Request, document: Document) -> Response:
    if request.method == "PUT":
        for record in read_elements(request.body, "HistoryRecords"):
            if not record.text("Details"):
                raise Unreadable("Details")
            document.history.append((books.clock.now(), record.text("Details")))
        if books.switch("attaching_changes_document"):
            books.commit(document)
    visible = books.clock.now() - timedelta(seconds=books.number_switch("attachment_lag_seconds"))
    shown = [
        {"Changes": "Note", "DateUTCString": f"{moment:%Y-%m-%d %H:%M:%S}", "DateUTC": ms_date(moment), "User": "Sandbox", "Details": text}
        for moment, text in document.history
        if moment <= visible or request.method == "PUT"
    ]
    return envelope(books.clock.now(), books.guid("answer"), "HistoryRecords", shown)


def _allocate(books: Books, request: Request, note: Document) -> Response:
    wanted = []
    for one in read_elements(request.body, "Allocations"):
        sent, amount = one.child("Invoice"), one.number("Amount")
        if sent is None or amount is None:
            raise Unreadable("Allocations")
        wanted.append((_one(books, "invoices", sent.text("InvoiceID")), amount, one.day("Date") or books.today()))
    message = books.planned_refusal or _allocation_error(note, [(invoice, amount) for invoice, amount, _ in wanted])
    if message:
        failed = {"HasValidationErrors": True, "ValidationErrors": [{"Message": message}]}
        if request.params().get("summarizeErrors", "true").lower() != "false":
            return validation([failed])
        return envelope(books.clock.now(), books.guid("answer"), "Allocations", [{**failed, "StatusAttributeString": "ERROR"}])
    shown = []
    for invoice, amount, day in wanted:
        key = books.guid("allocation")
        settle(invoice, amount)
        settle(note, amount)
        note.allocations.append((key, invoice.id, amount, day))
        books.commit(invoice)
        shown.append({"AllocationID": key, "Amount": amount, "Date": ms_date(day), "Invoice": named(books, invoice.id), "IsDeleted": False})
    books.commit(note)
    return envelope(books.clock.now(), books.guid("answer"), "Allocations", shown)


def _allocation_error(note: Document, wanted: list[tuple[Document, Decimal]]) -> str:
    left = note.total - note.credited
    if note.status != "AUTHORISED":
        return "Credit Note not of valid status for allocation"
    for invoice, amount in wanted:
        left -= amount
        if invoice.status != "AUTHORISED" or invoice.contact is not note.contact:
            return "Invoice not of valid status for allocation"
        if amount <= 0 or left < 0 or amount > invoice.total - invoice.paid - invoice.credited:
            return "Payment amount exceeds the amount outstanding on this document"
    return ""
