"""Manual journals: two lines or more that add up to nothing, and their status machine."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector.sandbox.xero.answers import money, ms_date
from connector.sandbox.xero.books import ZERO, Books, Document, Line, Plan
from connector.sandbox.xero.lines import barred, read_account, read_line_amount_types, read_tracking
from connector.sandbox.xero.reading import Fields
from connector.sandbox.xero.tax import read_tax
from connector.sandbox.xero.writing import Call, Entity, missing

BARRED = frozenset({"DEBTORS", "CREDITORS", "RETAINEDEARNINGS", "BANK"})
_MOVES: dict[str, frozenset[str]] = {
    "": frozenset({"DRAFT", "POSTED"}),
    "DRAFT": frozenset({"DRAFT", "POSTED", "DELETED"}),
    "POSTED": frozenset({"POSTED", "VOIDED"}),
}
_LONGEST_NARRATION = 4000


def plan_journal(books: Books, fields: Fields, call: Call) -> Plan[Document]:
    """Read and check one element; nothing is committed."""
    plan = _start(books, fields, call)
    document = plan.subject
    _read_status(plan, fields)
    if document.status not in ("VOIDED", "DELETED"):
        _read_head(plan, fields)
        read_line_amount_types(books, plan, fields)
        if fields.has("JournalLines"):
            document.lines = [_read_line(books, plan, one) for one in fields.children("JournalLines")]
        _check_lines(plan)
    _check_locks(books, plan)
    return plan


def _start(books: Books, fields: Fields, call: Call) -> Plan[Document]:
    plan = Plan(Document("journal_entry", day=books.today(), line_amount_types="NoTax"))
    key = call.path_key or fields.text("ManualJournalID")
    if not key or call.creating:
        if key:
            plan.refuse("A new Manual Journal cannot carry a ManualJournalID")
        return plan
    existing = books.shelves["journal_entry"].by_id.get(key.lower())
    if existing is None:
        missing(call, plan, "An existing Manual Journal with the specified ManualJournalID could not be found")
    else:
        plan.existing = existing
        plan.subject = replace(existing, lines=[replace(line) for line in existing.lines])
    return plan


def _read_status(plan: Plan[Document], fields: Fields) -> None:
    before = plan.existing.status if plan.existing is not None else ""
    wanted = fields.text("Status").upper() or before or "DRAFT"
    plan.subject.status = wanted
    if before in ("VOIDED", "DELETED"):
        plan.refuse("Manual Journal not of valid status for modification")
    elif wanted not in _MOVES[before]:
        plan.refuse(f"The status '{wanted}' cannot be applied to the document")


def _read_head(plan: Plan[Document], fields: Fields) -> None:
    document = plan.subject
    document.number = fields.text("Narration") or document.number
    if not document.number:
        plan.refuse("Narration is a mandatory field.")
    if len(document.number) > _LONGEST_NARRATION:
        plan.refuse(f"The Narration must be no longer than {_LONGEST_NARRATION} characters.")
    document.day = fields.day("Date") or document.day
    document.url = fields.text("Url") or document.url
    document.cash_basis = fields.flag("ShowOnCashBasisReports", document.cash_basis)


def _read_line(books: Books, plan: Plan[Document], fields: Fields) -> Line:
    line = Line(books.guid("line"), fields.text("Description"))
    amount = fields.number("LineAmount")
    if amount is None:
        plan.refuse("LineAmount is a mandatory field.")
    line.amount = money(amount or ZERO)
    if amount is not None and amount != line.amount:
        books.violate("LineAmount of a journal with more than two decimal places")
    if not fields.text("AccountCode") and not fields.text("AccountID"):
        plan.refuse("Account code '' is not a valid code for this document.")
    read_account(books, plan, fields, line, BARRED)
    read_tax(books, plan, fields, line)
    read_tracking(books, plan, fields, line)
    return line


def _check_lines(plan: Plan[Document]) -> None:
    document = plan.subject
    if len(document.lines) < 2:
        plan.refuse("A Manual Journal must have at least two journal lines.")
    amounts = [_gross(document, line) for line in document.lines]
    debits = sum((amount for amount in amounts if amount > 0), ZERO)
    credits = sum((amount for amount in amounts if amount < 0), ZERO)
    if debits + credits:
        plan.refuse(f"The total debits ({debits:.2f}) must equal total credits ({credits:.2f})")
    document.total = debits
    if document.status == "POSTED":
        for line in document.lines:
            if line.account is None:
                plan.refuse("Account code '' is not a valid code for this document.")
            elif line.account.status != "ACTIVE" or barred(line.account, BARRED):
                plan.refuse(f"Account code '{line.account.code}' is not a valid code for this document.")


def _gross(document: Document, line: Line) -> Decimal:
    return line.amount + line.tax_amount if document.line_amount_types == "Exclusive" else line.amount


def _check_url(plan: Plan[Document]) -> None:
    if plan.subject.url and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", plan.subject.url):
        plan.refuse("Url must be a valid absolute url")


def _check_locks(books: Books, plan: Plan[Document]) -> None:
    touched = [plan.subject] if plan.subject.status in ("POSTED", "VOIDED") else []
    if plan.existing is not None and plan.existing.status == "POSTED":
        touched.append(plan.existing)
    for document in touched:
        message = books.lock_message(document.day)
        if message:
            plan.refuse(message)


def _render_line(line: Line) -> dict[str, Any]:
    shown: dict[str, Any] = {"LineAmount": money(line.amount)}
    if line.account is not None:
        shown |= {"AccountCode": line.account.code, "AccountID": line.account.id}
    if line.description:
        shown["Description"] = line.description
    tracking = [dict(one) for one in line.tracking]
    return shown | {"TaxType": line.tax_type, "TaxAmount": money(line.tax_amount), "Tracking": tracking, "IsBlank": False}


def render_journal(books: Books, document: Document, places: int, *, lines: bool = True) -> dict[str, Any]:
    """A manual journal in the vendor's shape; amounts always have two decimals."""
    shown: dict[str, Any] = {
        "ManualJournalID": document.id,
        "Narration": document.number,
        "Date": ms_date(document.day),
        "Status": document.status,
        "LineAmountTypes": document.line_amount_types,
        "ShowOnCashBasisReports": document.cash_basis,
        "HasAttachments": False,
        "UpdatedDateUTC": ms_date(document.updated) if document.stamp else ms_date(books.clock.now()),
        "JournalLines": [_render_line(line) for line in document.lines] if lines else [],
    }
    if document.url:
        shown["Url"] = document.url
    return shown


JOURNALS: Entity[Document] = Entity(
    "ManualJournals",
    "ManualJournalID",
    plan_journal,
    lambda books, document: books.commit(document),
    lambda books, document, places: render_journal(books, document, places),
)
