"""Drafts to QuickBooks' JSON and back (pure). Field limits and shapes: Intuit's reference for Invoice, CreditMemo and JournalEntry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from connector.core.drafting import Draft, Heading, InvoiceDraft, InvoiceLine, JournalEntryDraft, clean_text
from connector.core.identity import Identity, marker
from connector.core.mapping import Approval, DocumentKind, Names
from connector.core.money import ZERO
from connector.core.posting import Expectation, LedgerDocument, LedgerLine, Posting, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind
from connector.core.tax_outlook import expected_invoice
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.ledger import Chart, Rendered
from connector.ledgers.names import Resolver, currency_problem, is_foreign
from connector.ledgers.quickbooks.tax import Settled, is_us, item_of, settle
from connector.ledgers.quickbooks.terms import due_of

_PUNCTUATION = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "...", "\u20ac": "EUR"}
)
_ADDRESS = re.compile(r"[^@\s,;<>]+@[^@\s,;<>]+")
# Both by Intuit's reference.
ADDRESS_LENGTH_MAX, MEMO_LENGTH_MAX = 100, 1000
_ID = re.compile(r"[0-9]{1,32}")
ENTITY = {DocumentKind.JOURNAL_ENTRY: "JournalEntry", DocumentKind.INVOICE: "Invoice", DocumentKind.CREDIT: "CreditMemo"}


def render(draft: Draft, identity: Identity, names: Names, chart: Chart, realm_id: str) -> Rendered | list[Problem]:
    """Resolve a draft and freeze its bytes; everything that cannot be resolved is told at once."""
    resolver = Resolver(chart, "QuickBooks", draft.currency if draft.exchange else "")
    wrong = currency_problem(chart, draft.currency, draft.exchange) or _rate_problem(draft, chart)
    rate = draft.exchange.rate if draft.exchange and is_foreign(chart, draft.currency) else None
    header: dict[str, Any] = {
        "DocNumber": marker(identity),
        "TxnDate": draft.date.isoformat(),
        "PrivateNote": storable(" ".join(part for part in (draft.memo, f"[{marker(identity)}]", draft.url) if part), chart),
        "CurrencyRef": {"value": draft.currency},
        **({"ExchangeRate": rate} if rate is not None else {}),
    }
    added: tuple[InvoiceLine, ...] = ()
    if isinstance(draft, JournalEntryDraft):
        body, lines = _journal(draft, header, names, resolver)
        expected = Expectation(draft.kind, marker(identity), draft.date, draft.currency, draft.total, lines, net=draft.net)
    else:
        body, settled, due = _invoice(draft, header, names, resolver)
        expected = expected_invoice(draft, marker(identity), settled.net, settled.outlook, due=due)
        added = settled.lines[len(draft.lines) :]
    problems = [*([wrong] if wrong else []), *resolver.problems]
    if problems:
        return problems
    request = WriteRequest(
        "POST", f"/v3/company/{realm_id}/{ENTITY[draft.kind].lower()}", encode(body), (("content-type", "application/json"),)
    )
    return Rendered(request, replace(expected, exchange_rate=rate), added=added)


def _rate_problem(draft: Draft, chart: Chart) -> Problem | None:
    """Without a rate QuickBooks books one unit of the other currency as one of its own."""
    if draft.exchange is None or draft.exchange.rate is not None or not is_foreign(chart, draft.currency):
        return None
    message = f"No rate of {draft.currency} is known for {draft.date}, and QuickBooks would book it at 1."
    return Problem("EXCHANGE_RATE_MISSING", draft.exchange.place, message, "Write it under exchange_rates: {from: a day, rate: 1.0850}.")


def storable(text: str, chart: Chart) -> str:
    """Text as the company stores it: US companies have Latin-1 only, others lack just the characters of 4-byte UTF-8."""
    if not is_us(chart):
        return re.sub(r"[\U00010000-\U0010ffff]", "?", text)
    return "".join(_latin(character) for character in text.translate(_PUNCTUATION))


def _latin(character: str) -> str:
    """The character, else what is left of it without its accents, else a question mark."""
    if ord(character) < 256:
        return character
    plain = unicodedata.normalize("NFKD", character).encode("latin-1", "ignore").decode("latin-1")
    return plain or "?"


def _journal(
    draft: JournalEntryDraft, header: dict[str, Any], names: Names, resolver: Resolver
) -> tuple[dict[str, Any], tuple[LedgerLine, ...]]:
    rows, lines = [], []
    for line in draft.lines:
        account = resolver.account(line.account, names.accounts, journal=True)
        detail: dict[str, Any] = {"PostingType": "Debit" if line.is_debit else "Credit"}
        detail |= _tracking(line.tracking, names, resolver)
        if account is not None:
            detail["AccountRef"] = {"value": account.id}
            lines.append(LedgerLine(account.id, line.amount if line.is_debit else -line.amount))
        rows.append(
            {
                "Amount": line.amount,
                "DetailType": "JournalEntryLineDetail",
                "Description": storable(line.description, resolver.chart),
                "JournalEntryLineDetail": detail,
            }
        )
    return {**header, "Line": rows}, tuple(lines)


def _tracking(tracking: Any, names: Names, resolver: Resolver) -> dict[str, Any]:
    refs = {}
    for dimension, fact in tracking:
        found = resolver.tracking(dimension, fact, names.tracking)
        if found is not None:
            refs["ClassRef" if found[0] == "class" else "DepartmentRef"] = {"value": found[1]}
    return refs


def _invoice(draft: InvoiceDraft, header: dict[str, Any], names: Names, resolver: Resolver) -> tuple[dict[str, Any], Settled, date | None]:
    _check_heading(draft.heading, resolver)
    customer = resolver.customer("customer", draft.customer, names.customers)
    rows: list[dict[str, Any]] = []
    tracked: dict[str, Any] = {}  # what stands in the head: the department always, the class where the company has one a transaction
    in_head = ("DepartmentRef", "ClassRef") if _settings(resolver).fact("classes") == "transaction" else ("DepartmentRef",)
    settled = settle(draft, names, resolver)
    for number, (line, code) in enumerate(zip(settled.lines, settled.codes, strict=True), 1):
        refs = _tracking(line.tracking, names, resolver)
        tracked |= {name: refs.pop(name) for name in in_head if name in refs}
        detail: dict[str, Any] = {"ItemRef": {"value": item_of(line, names, resolver)}}
        if line.service_date is not None:
            detail["ServiceDate"] = line.service_date.isoformat()
        if code.on_line:
            detail["TaxCodeRef"] = {"value": code.on_line}
        rows.append(
            {
                "LineNum": Decimal(number),
                "Amount": line.amount,
                "DetailType": "SalesItemLineDetail",
                "Description": storable(line.description, resolver.chart),
                "SalesItemLineDetail": {**detail, **refs, "Qty": line.quantity, "UnitPrice": line.unit_price},
            }
        )
    head, due = due_of(draft, customer, resolver)
    head |= _to_the_customer(draft.heading, resolver)
    body = {**header, "CustomerRef": {"value": customer}, **head, **tracked, "Line": rows, **settled.head}
    return body, settled, due


def _settings(resolver: Resolver) -> Entry:
    return next(iter(resolver.chart.lists.get(ListKind.SETTINGS, ())), Entry("", ("",)))


def _to_the_customer(heading: Heading, resolver: Resolver) -> dict[str, Any]:
    """The address to which QuickBooks would send it, which it does only when a person says so, and what the customer reads on it."""
    told: dict[str, Any] = {}
    address = heading.bill_email
    if address is not None:
        told = {"BillEmail": {"Address": address.value}, "EmailStatus": "NotSet"}
        if not _ADDRESS.fullmatch(address.value) or len(address.value) > ADDRESS_LENGTH_MAX:
            message = f"'{address.value[:120]}' is no e-mail address of at most {ADDRESS_LENGTH_MAX} characters."
            resolver.problems.append(
                Problem("BILL_EMAIL_UNUSABLE", address.place, message, "Correct it where it stands, one address alone.")
            )
    if heading.memo is not None:
        told["CustomerMemo"] = {"value": storable(clean_text(heading.memo.value, MEMO_LENGTH_MAX), resolver.chart)}
    return told


def _check_heading(heading: Heading, resolver: Resolver) -> None:
    """What the mapping asks of an invoice and QuickBooks does not have."""
    if heading.approval is not Approval.AUTHORISED:
        message = f"The mapping leaves invoices {heading.approval.value}, and QuickBooks books every invoice at once."
        resolver.problems.append(
            Problem("APPROVAL_NOT_OFFERED", heading.approval_place, message, "Write `status: authorised`, or leave it out.")
        )


def customer_in(posting: Posting) -> str:
    """The id of the customer in an invoice's frozen bytes."""
    return str((decode(posting.request.body).get("CustomerRef") or {}).get("value") or "")


def parse(kind: DocumentKind, told: Mapping[str, Any]) -> LedgerDocument:
    """QuickBooks' answer as a document; raises on anything that is not one."""
    number = str(told.get("DocNumber") or "")
    identifier = str(told["Id"])
    if not _ID.fullmatch(identifier):
        raise ValueError("the Id is not a QuickBooks id")
    if told.get("status") == "Deleted":
        return LedgerDocument(identifier, kind, number, "deleted", None, "", ZERO)
    day = date.fromisoformat(str(told["TxnDate"])[:10])
    currency = str((told.get("CurrencyRef") or {}).get("value") or "")
    version = str(told.get("SyncToken") or "")
    made_at = _moment((told.get("MetaData") or {}).get("CreateTime"))
    rate = Decimal(told["ExchangeRate"]) if told.get("ExchangeRate") is not None else None
    if kind is DocumentKind.JOURNAL_ENTRY:
        lines = tuple(_leg(line) for line in told["Line"] if line.get("DetailType") == "JournalEntryLineDetail")
        total = sum((line.amount for line in lines if line.amount > 0), ZERO)
        return LedgerDocument(
            identifier, kind, number, "live", day, currency, total, lines=lines, version=version, made_at=made_at, exchange_rate=rate
        )
    total = Decimal(told["TotalAmt"])
    tax = Decimal((told.get("TxnTaxDetail") or {}).get("TotalTax") or 0)
    is_void = total == 0 and str(told.get("PrivateNote") or "").startswith("Voided")
    status = "void" if is_void else "live"
    raw_left = told.get("RemainingCredit" if kind is DocumentKind.CREDIT else "Balance", told.get("Balance"))
    left = None if raw_left is None else Decimal(raw_left)
    # To what a credit was applied stands at the payment that did it; that it was not, at the credit.
    settles = "" if kind is DocumentKind.CREDIT and left == total else None
    customer_id = str((told.get("CustomerRef") or {}).get("value") or "")
    due = _day(told.get("DueDate"))
    return LedgerDocument(
        identifier,
        kind,
        number,
        status,
        day,
        currency,
        total,
        tax,
        version=version,
        made_at=made_at,
        due_date=due,
        exchange_rate=rate,
        customer_id=customer_id,
        left=left,
        settles=settles,
    )


def _day(raw: Any) -> date | None:
    """A day; None for anything else: nothing that is booked depends on it."""
    try:
        return date.fromisoformat(str(raw)[:10])
    except ValueError:
        return None


def _moment(raw: Any) -> datetime | None:
    """A moment with its offset; None for anything else, because nothing but a read is saved by it."""
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _leg(line: Mapping[str, Any]) -> LedgerLine:
    detail = line["JournalEntryLineDetail"]
    amount = Decimal(line["Amount"])
    return LedgerLine(str(detail["AccountRef"]["value"]), amount if detail["PostingType"] == "Debit" else -amount)
