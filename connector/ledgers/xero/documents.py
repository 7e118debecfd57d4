"""Drafts to Xero's JSON and back (pure). An invoice or a credit note is found by its number, a manual journal by its whole narration."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.core.batch import BatchLimits
from connector.core.drafting import Draft, InvoiceDraft, InvoiceLine, JournalEntryDraft, clean_text
from connector.core.identity import Identity, marker, narration
from connector.core.mapping import DocumentKind, Names
from connector.core.money import ZERO
from connector.core.posting import Expectation, LedgerDocument, LedgerLine, Posting, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import ListKind, by_name
from connector.core.tax import Amounts
from connector.core.tax_outlook import expected_invoice
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.names import Resolver, currency_problem, is_foreign
from connector.ledgers.xero.pricing import priced
from connector.ledgers.xero.tax import booking_of, settle
from connector.ledgers.xero.terms import due_of

API = "/api.xro/2.0"
# Xero's own default of summarizeErrors is a whole-call 400, so it is said wherever Xero's interface has it: where several may be
# created, not where one is changed by its id. unitdp exists on invoices and credit notes only.
URLS = {
    DocumentKind.JOURNAL_ENTRY: f"{API}/ManualJournals?summarizeErrors=false",
    DocumentKind.INVOICE: f"{API}/Invoices?summarizeErrors=false&unitdp=4",
    DocumentKind.CREDIT: f"{API}/CreditNotes?summarizeErrors=false&unitdp=4",
}
# Xero recommends at most 50 elements, and 3.5 MB, in a call.
LIMITS = BatchLimits(items_max=50, bytes_max=3_400_000)
ELEMENTS = {DocumentKind.JOURNAL_ENTRY: "ManualJournals", DocumentKind.INVOICE: "Invoices", DocumentKind.CREDIT: "CreditNotes"}
ID_KEYS = {DocumentKind.JOURNAL_ENTRY: "ManualJournalID", DocumentKind.INVOICE: "InvoiceID", DocumentKind.CREDIT: "CreditNoteID"}
NUMBER_KEYS = {DocumentKind.INVOICE: "InvoiceNumber", DocumentKind.CREDIT: "CreditNoteNumber"}
# A customer's document, and the supplier's one beside it in the same list, which may carry any number.
TYPES = {DocumentKind.INVOICE: "ACCREC", DocumentKind.CREDIT: "ACCRECCREDIT"}
SUPPLIERS = frozenset({"ACCPAY", "ACCPAYCREDIT"})
# Xero compares text without case, so a narration that somebody wrote in small letters is still ours.
MARKER_IN_NARRATION = re.compile(r"\[([0-9A-Z-]{13,21})\]\s*\Z", re.IGNORECASE)
_OF_SALES = {"AUTHORISED": "live", "PAID": "live", "DRAFT": "awaiting", "SUBMITTED": "awaiting", "VOIDED": "void", "DELETED": "deleted"}
STATUS = {
    DocumentKind.JOURNAL_ENTRY: {"DRAFT": "draft", "POSTED": "live", "VOIDED": "void", "DELETED": "deleted"},
    # What waits for approval is a person's to approve, never our phase two.
    DocumentKind.INVOICE: _OF_SALES,
    DocumentKind.CREDIT: _OF_SALES,
}
_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MS_DATE = re.compile(r"/Date\((-?\d+)")
_JSON = (("content-type", "application/json"),)


def render(draft: Draft, identity: Identity, names: Names, chart: Chart, currency: str) -> Rendered | list[Problem]:
    """Resolve a draft and freeze its bytes; everything that cannot be resolved is told at once."""
    resolver = Resolver(chart, "Xero")
    wrong = currency_problem(chart, draft.currency, draft.exchange) or _rate_problem(draft, chart)
    if isinstance(draft, JournalEntryDraft):
        rendered = _journal(draft, identity, names, resolver)
    else:
        rendered = _invoice(draft, identity, names, resolver)
    problems = [*([wrong] if wrong else []), *resolver.problems]
    return problems or rendered


def _rate_problem(draft: Draft, chart: Chart) -> Problem | None:
    """Xero takes its own day's rate. Which way round a rate of ours would be read is published nowhere, so none is sent."""
    if draft.exchange is None or not is_foreign(chart, draft.currency):
        return None
    if isinstance(draft, JournalEntryDraft):
        message = f"The draft is in {draft.currency}, and Xero's manual journals are in {chart.currency} alone."
        return Problem("JOURNAL_CURRENCY", draft.exchange.place, message, "Post invoices from this connection, or book it by hand.")
    if draft.exchange.is_the_ledgers:
        return None
    message = "Which way round Xero reads a rate is published nowhere, so none of the mapping's is sent to it."
    return Problem("EXCHANGE_RATE_UNUSABLE", draft.exchange.place, message, "Write `exchange_rates: ledger`: Xero takes the day's rate.")


def _journal(draft: JournalEntryDraft, identity: Identity, names: Names, resolver: Resolver) -> Rendered:
    rows, lines = [], []
    for line in draft.lines:
        account = resolver.account(line.account, names.accounts, journal=True)
        amount = line.amount if line.is_debit else -line.amount
        row: dict[str, Any] = {"LineAmount": amount, "Description": line.description, **_tracking(line.tracking, names, resolver)}
        if account is not None:
            row |= _account_ref(account)
            lines.append(LedgerLine(account.id, amount))
        rows.append(row)
    told = narration(identity)
    journal = {
        "Narration": told,
        "Date": draft.date.isoformat(),
        "Status": "DRAFT",
        "LineAmountTypes": "NoTax",
        **({"Url": draft.url} if draft.url else {}),
        "JournalLines": rows,
    }
    expected = Expectation(
        DocumentKind.JOURNAL_ENTRY, marker(identity), draft.date, draft.currency, draft.total, tuple(lines), net=draft.net
    )
    return Rendered(WriteRequest("PUT", URLS[draft.kind], encode({"ManualJournals": [journal]}), _JSON), expected, told)


def phase_two(posting: Posting) -> WriteRequest:
    """POST the draft as POSTED by its id, with all of its content: what is posted is what we meant, whatever the draft became."""
    if posting.kind is not DocumentKind.JOURNAL_ENTRY:
        raise NotImplementedError("an invoice or a credit note has no second phase")
    journal = decode(posting.request.body)["ManualJournals"][0]
    body = encode({"ManualJournals": [{**journal, "ManualJournalID": posting.remote_id, "Status": "POSTED"}]})
    return WriteRequest("POST", f"{API}/ManualJournals/{posting.remote_id}", body, _JSON)


def batch_request(postings: Sequence[Posting]) -> WriteRequest:
    """The writes of several postings of one kind and phase as one call; each element keeps its frozen content."""
    first = postings[0]
    name = ELEMENTS[first.kind]
    body = encode({name: [element for posting in postings for element in decode(posting.request.body)[name]]})
    return WriteRequest(first.request.method, URLS[first.kind], body, _JSON)


def customer_in(posting: Posting) -> str:
    """The id of the contact in an invoice's frozen bytes."""
    rows = decode(posting.request.body).get(ELEMENTS[posting.kind]) or [{}]
    return str((rows[0].get("Contact") or {}).get("ContactID") or "")


def _account_ref(account: Account) -> dict[str, str]:
    return {"AccountCode": account.number} if account.number else {"AccountID": account.id}


def _tracking(tracking: Any, names: Names, resolver: Resolver) -> dict[str, Any]:
    found = [resolver.tracking(dimension, fact, names.tracking) for dimension, fact in tracking]
    rows = [{"TrackingCategoryID": pair[0], "TrackingOptionID": pair[1]} for pair in found if pair is not None]
    return {"Tracking": rows} if rows else {}


def _invoice(draft: InvoiceDraft, identity: Identity, names: Names, resolver: Resolver) -> Rendered:
    contact = resolver.customer("contact", draft.customer, names.customers)
    settled = settle(draft, names, resolver)
    due = due_of(draft, contact, resolver)
    rows = zip(settled.lines, settled.tax_types, strict=True)
    invoice = {
        "Type": TYPES[draft.kind],
        NUMBER_KEYS[draft.kind]: marker(identity),
        "Reference": clean_text(draft.heading.memo.value if draft.heading.memo else f"UpKeep WO {draft.work_order_number}", 255),
        "Contact": {"ContactID": contact},
        "Date": draft.date.isoformat(),
        **({"DueDate": due.isoformat()} if due is not None else {}),
        "CurrencyCode": draft.currency,
        "LineAmountTypes": settled.line_amount_types,
        "Status": draft.heading.approval.value.upper(),
        **({"Url": draft.url} if draft.url and not draft.is_credit else {}),  # A credit note has no place for it.
        **_look(draft, resolver),
        "LineItems": [_line_item(line, tax_type, draft.currency, names, resolver) for line, tax_type in rows],
    }
    includes_tax = draft.tax.amounts is Amounts.INCLUSIVE
    expected = expected_invoice(draft, marker(identity), settled.net, settled.outlook, due=due, includes_tax=includes_tax)
    request = WriteRequest("PUT", URLS[draft.kind], encode({ELEMENTS[draft.kind]: [invoice]}), _JSON)
    return Rendered(request, expected, added=settled.lines[len(draft.lines) :])


def _look(draft: InvoiceDraft, resolver: Resolver) -> dict[str, str]:
    told = draft.heading.branding_theme
    if told is None:
        return {}
    themes = by_name(resolver.chart.lists.get(ListKind.BRANDING_THEMES, ()))
    found = resolver.id_of("BRANDING_THEME_UNKNOWN", "branding theme", told, {}, themes)
    return {"BrandingThemeID": found} if found else {}


def _line_item(line: InvoiceLine, tax_type: str, currency: str, names: Names, resolver: Resolver) -> dict[str, Any]:
    told = priced(line, currency)
    row: dict[str, Any] = {"Description": told.text, "Quantity": told.quantity, "UnitAmount": told.price}
    row |= booking_of(line, names, resolver)
    if tax_type:
        row["TaxType"] = tax_type
        if line.tax_code is not None:
            resolver.check_tax(tax_type, names.tax_codes.get(line.tax_code.value, line.tax_code), row)
    return row | _tracking(line.tracking, names, resolver)


def parse_date(raw: Any) -> date | None:
    """A calendar date: /Date(ms)/ is UTC midnight of that day, never a local one."""
    text = str(raw or "")
    moment = parse_moment(text)
    if moment:
        return moment.date()
    return date.fromisoformat(text[:10]) if text else None


def _due(raw: Any) -> date | None:
    """The day on which an invoice is due; None for what is no day: nothing that is booked depends on it."""
    try:
        return parse_date(raw)
    except (ValueError, ArithmeticError):
        return None


def parse_moment(raw: str) -> datetime | None:
    """A moment in Xero's older form, which all its accounting answers have; None for anything else."""
    found = _MS_DATE.match(raw)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found.group(1))) if found else None


def marker_of(kind: DocumentKind, told: Mapping[str, Any]) -> str:
    """The marker that an element carries, in capitals; empty when it carries none."""
    if kind.is_sale:
        return str(told.get(NUMBER_KEYS[kind]) or "").upper()
    found = MARKER_IN_NARRATION.search(str(told.get("Narration") or ""))
    return found.group(1).upper() if found else ""


def parse(kind: DocumentKind, told: Mapping[str, Any], currency: str, account_ids: Mapping[str, str]) -> LedgerDocument:
    """Xero's element as a document; raises on anything that is not one. `account_ids` gives ids by code where lines have codes only."""
    identifier = str(told[ID_KEYS[kind]])
    if not is_id(identifier):
        raise ValueError("the id is not one that Xero gives to a document")
    day = parse_date(told.get("DateString") or told.get("Date"))
    if day is None:
        raise ValueError("the document has no date")
    if kind.is_sale and told["Type"] != TYPES[kind]:
        raise ValueError("it is not a customer's document")
    raw = str(told["Status"])
    # What we do not know may be in the books: a look-up that finds it holds the posting, with the ledger's word for it.
    status = STATUS[kind].get(raw, "live")
    facts = (identifier, kind, marker_of(kind, told), status, day)
    warnings = (*_warnings(told), *_doubts(kind, raw))
    version = str(told.get("UpdatedDateUTC") or "")
    made_at = parse_moment(version)
    if kind.is_sale:
        total, tax = _amount(told["Total"]), _amount(told.get("TotalTax") or 0)
        raw_left = told.get("RemainingCredit" if kind is DocumentKind.CREDIT else "AmountDue")
        left = None if raw_left is None else _amount(raw_left)
        settles = settled_by(told, total) if kind is DocumentKind.CREDIT else None
        money = (str(told.get("CurrencyCode") or currency), total, tax)
        due = _due(told.get("DueDateString") or told.get("DueDate"))
        contact = str((told.get("Contact") or {}).get("ContactID") or "")
        return LedgerDocument(*facts, *money, (), warnings, version, made_at, due, customer_id=contact, left=left, settles=settles)
    rows = told["JournalLines"] if status in ("live", "draft") else told.get("JournalLines") or []
    lines = tuple(_leg(line, account_ids) for line in rows if line.get("IsBlank") is not True)
    total = sum((line.amount for line in lines if line.amount > 0), ZERO)
    return LedgerDocument(*facts, currency, total, ZERO, lines, warnings, version, made_at)


def settled_by(credit: Mapping[str, Any], total: Decimal) -> str:
    """The id of the one invoice that all of a credit note was allocated to; "" when there is none."""
    rows = [row for row in credit.get("Allocations") or () if row.get("IsDeleted") is not True]
    invoices = {str(row["Invoice"]["InvoiceID"]) for row in rows}
    whole = sum((_amount(row["Amount"]) for row in rows), ZERO)
    return invoices.pop() if len(invoices) == 1 and whole == total else ""


def is_id(identifier: str) -> bool:
    """Whether it is an id that Xero gives to a document: an element that failed to be created has one of zeros."""
    return bool(_GUID.fullmatch(identifier)) and bool(identifier.strip("0-"))


def messages(told: Any) -> list[str]:
    """The words of a list of errors or warnings; one that cannot be read is an empty word, so that it still counts."""
    if not told:
        return []
    rows = told if isinstance(told, list) else [told]
    return [_message(row) for row in rows]


def _message(row: Any) -> str:
    if isinstance(row, dict):
        return str(row.get("Message") or row.get("Description") or "")
    return row if isinstance(row, str) else ""


def _warnings(told: Mapping[str, Any]) -> list[str]:
    """Every warning of the element and of its lines."""
    lines = told.get("LineItems") or told.get("JournalLines") or []
    found = [word for part in (told, *lines) for word in messages(part.get("Warnings"))]
    is_silent = not found and str(told.get("StatusAttributeString") or "").upper() == "WARNING"
    return [*found, *(["a warning without a word"] if is_silent else [])]


def _doubts(kind: DocumentKind, raw: str) -> list[str]:
    if raw not in STATUS[kind]:
        return [f"its status is {raw[:40]}, which the connector does not know"]
    return []


def _amount(raw: Any) -> Decimal:
    """An exact number, which Xero writes as text at times."""
    if isinstance(raw, bool):
        raise TypeError("an amount is no yes or no")
    number = Decimal(raw)
    if not number.is_finite():
        raise ValueError("an amount is not a number")
    return number


def _leg(line: Mapping[str, Any], account_ids: Mapping[str, str]) -> LedgerLine:
    code = str(line.get("AccountCode") or "")
    return LedgerLine(str(line.get("AccountID") or account_ids.get(code) or code), _amount(line["LineAmount"]))
