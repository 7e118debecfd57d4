"""Drafts to Xero's JSON and back (pure). An invoice is found by its number, a manual journal by its whole narration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.core.drafting import Draft, InvoiceDraft, InvoiceLine, JournalEntryDraft
from connector.core.identity import Identity, marker, narration
from connector.core.mapping import DocumentKind, Names
from connector.core.money import ZERO
from connector.core.posting import Expectation, LedgerDocument, LedgerLine, Posting, WriteRequest
from connector.core.problem import Problem
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.names import Resolver, currency_problem

API = "/api.xro/2.0"
# Xero's own default of summarizeErrors is a whole-call 400; it is always said. unitdp exists on invoices only.
JOURNALS_URL = f"{API}/ManualJournals?summarizeErrors=false"
INVOICES_URL = f"{API}/Invoices?summarizeErrors=false&unitdp=4"
MARKER_IN_NARRATION = re.compile(r"\[([0-9A-Z-]{13,21})\]$")
STATUS = {
    "POSTED": "live",
    "AUTHORISED": "live",
    "PAID": "live",
    "DRAFT": "draft",
    "SUBMITTED": "draft",
    "VOIDED": "void",
    "DELETED": "deleted",
}
_MS_DATE = re.compile(r"/Date\((-?\d+)")
_JSON = (("content-type", "application/json"),)


def render(draft: Draft, identity: Identity, names: Names, chart: Chart, currency: str) -> Rendered | list[Problem]:
    """Resolve a draft and freeze its bytes; everything that cannot be resolved is told at once."""
    resolver = Resolver(chart, "Xero")
    wrong = currency_problem(chart, draft.currency)
    if isinstance(draft, JournalEntryDraft):
        rendered = _journal(draft, identity, names, resolver)
    else:
        rendered = _invoice(draft, identity, names, resolver)
    problems = [*([wrong] if wrong else []), *resolver.problems]
    return problems or rendered


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
        "JournalLines": rows,
    }
    expected = Expectation(
        DocumentKind.JOURNAL_ENTRY, marker(identity), draft.date, draft.currency, draft.total, tuple(lines), net=draft.net
    )
    return Rendered(WriteRequest("PUT", JOURNALS_URL, encode({"ManualJournals": [journal]}), _JSON), expected, told)


def phase_two(posting: Posting) -> WriteRequest:
    """POST the draft as POSTED by its id, with all of its content: what is posted is what we meant, whatever the draft became."""
    journal = decode(posting.request.body)["ManualJournals"][0]
    body = encode({"ManualJournals": [{**journal, "ManualJournalID": posting.remote_id, "Status": "POSTED"}]})
    return WriteRequest("POST", f"{API}/ManualJournals/{posting.remote_id}?summarizeErrors=false", body, _JSON)


def _account_ref(account: Account) -> dict[str, str]:
    return {"AccountCode": account.number} if account.number else {"AccountID": account.id}


def _tracking(tracking: Any, names: Names, resolver: Resolver) -> dict[str, Any]:
    found = [resolver.tracking(dimension, fact, names.tracking) for dimension, fact in tracking]
    rows = [{"TrackingCategoryID": pair[0], "TrackingOptionID": pair[1]} for pair in found if pair is not None]
    return {"Tracking": rows} if rows else {}


def _invoice(draft: InvoiceDraft, identity: Identity, names: Names, resolver: Resolver) -> Rendered:
    contact = resolver.id_of("CUSTOMER_UNKNOWN", "contact", draft.customer, names.customers, resolver.chart.customers)
    invoice = {
        "Type": "ACCREC",
        "InvoiceNumber": marker(identity),
        "Reference": f"UpKeep WO {draft.work_order_number}"[:255],
        "Contact": {"ContactID": contact},
        "Date": draft.date.isoformat(),
        "DueDate": draft.due_date.isoformat(),
        "CurrencyCode": draft.currency,
        "LineAmountTypes": "Exclusive",
        "Status": "AUTHORISED",
        "LineItems": [_line_item(line, names, resolver) for line in draft.lines],
    }
    expected = Expectation(DocumentKind.INVOICE, marker(identity), draft.date, draft.currency, draft.total, net=draft.net)
    return Rendered(WriteRequest("PUT", INVOICES_URL, encode({"Invoices": [invoice]}), _JSON), expected)


def _line_item(line: InvoiceLine, names: Names, resolver: Resolver) -> dict[str, Any]:
    row: dict[str, Any] = {"Description": line.description, "Quantity": line.quantity, "UnitAmount": line.unit_price}
    if line.account is not None:
        account = resolver.account(line.account, names.accounts, journal=False)
        row |= _account_ref(account) if account else {}
    elif line.item is None:
        resolver.problems.append(
            Problem(
                "INVOICE_LINE_WITHOUT_ACCOUNT",
                f"line '{line.description[:60]}'",
                f"{line.kind} costs name neither a revenue account nor an item.",
                f"Add {line.kind} under invoice: accounts: in the mapping.",
            )
        )
    if line.item is not None:
        row["ItemCode"] = resolver.id_of("ITEM_UNKNOWN", "item", line.item, names.items, resolver.chart.items)
    if line.tax_code is not None:
        row["TaxType"] = resolver.id_of("TAX_CODE_UNKNOWN", "tax rate", line.tax_code, names.tax_codes, resolver.chart.tax_codes)
    return row | _tracking(line.tracking, names, resolver)


def parse_date(raw: Any) -> date | None:
    """A calendar date: /Date(ms)/ is UTC midnight of that day, never a local one."""
    text = str(raw or "")
    found = _MS_DATE.match(text)
    if found:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found.group(1)))).date()
    return date.fromisoformat(text[:10]) if text else None


def parse(kind: DocumentKind, told: Mapping[str, Any], currency: str, account_ids: Mapping[str, str]) -> LedgerDocument:
    """Xero's element as a document; raises on anything that is not one. `account_ids` gives ids by code where lines have codes only."""
    id_key = "ManualJournalID" if kind is DocumentKind.JOURNAL_ENTRY else "InvoiceID"
    identifier = str(told[id_key])
    if not re.fullmatch(r"[0-9a-fA-F-]{36}", identifier) or not identifier.strip("0-"):
        raise ValueError("the id is not one that Xero gives to a document")
    status = STATUS.get(str(told["Status"]), "live")
    day = parse_date(told.get("DateString") or told.get("Date"))
    warnings = tuple(str(w.get("Message", "")) for w in told.get("Warnings") or [])
    version = str(told.get("UpdatedDateUTC") or "")
    if kind is DocumentKind.INVOICE:
        total, tax = Decimal(told["Total"]), Decimal(told.get("TotalTax") or 0)
        number = str(told.get("InvoiceNumber") or "")
        return LedgerDocument(
            identifier, kind, number, status, day, str(told.get("CurrencyCode") or currency), total, tax, (), warnings, version
        )
    lines = tuple(_leg(line, account_ids) for line in told.get("JournalLines") or [])
    found = MARKER_IN_NARRATION.search(str(told.get("Narration") or ""))
    total = sum((line.amount for line in lines if line.amount > 0), ZERO)
    return LedgerDocument(identifier, kind, found.group(1) if found else "", status, day, currency, total, ZERO, lines, warnings, version)


def _leg(line: Mapping[str, Any], account_ids: Mapping[str, str]) -> LedgerLine:
    code = str(line.get("AccountCode") or "")
    return LedgerLine(str(line.get("AccountID") or account_ids.get(code) or code), Decimal(line["LineAmount"]))
