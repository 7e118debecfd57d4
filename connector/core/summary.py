"""The work order as a reviewer reads it beside its document: what was done, what it cost, where it went and which line said so. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from connector.core.disposition import Remembered
from connector.core.evidence import Evidence
from connector.core.mapping import DocumentKind
from connector.core.money import plain

# Where a price came from, in the words of UpKeep's screens.
_BASIS = {
    "user": "rate of the user",
    "user then": "rate of the user then",
    "part usage": "cost on the work order",
    "part now": "cost of the part now",
    "part then": "cost of the part then",
}
_LEDGERS = {"quickbooks": "QuickBooks Online", "xero": "Xero"}
_RATE_TABLE, _OVERTIME = "rate table ", "overtime "


def basis_in_words(basis: str, priced_at: str = "") -> str:
    """Where a price came from, and as of which day; of a file's path, its name is enough."""
    told = _BASIS.get(basis, basis)
    if basis.startswith(_RATE_TABLE):
        told = f"rate at {basis.removeprefix(_RATE_TABLE).rpartition('/')[2]}"
    elif basis.startswith(_OVERTIME):
        told = f"overtime at {basis.removeprefix(_OVERTIME).rpartition('/')[2]}"
    return f"{told} of {priced_at[:10]}" if priced_at else told


@dataclass(frozen=True, slots=True)
class SummaryLine:
    """One line of the document with the actual that explains it. `because` is the mapping's rule, `rule` its file and line."""

    actual: str
    quantity: str
    unit_price: str
    basis: str
    account: str
    side: str  # debit or credit
    amount: str
    tracking: str
    because: str
    rule: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything that the page says. Amounts are decimal text; `made_on` is when it was first meant, and never changes."""

    number: str
    title: str
    facts: tuple[tuple[str, str], ...]
    kind: DocumentKind
    currency: str
    total: str
    lines: tuple[SummaryLine, ...]
    marker: str
    mapping_digest: str
    made_on: str


def summary_of(evidence: Evidence, row: Remembered, ledger: str) -> Summary:
    """The summary of a posted work order, from our records alone: the same records give the same summary. `ledger` is its kind."""
    told: dict[str, Any] = json.loads(row.explanation or "{}")
    facts = [
        ("Asset", told.get("asset", "")),
        ("Location", told.get("location", "")),
        ("Completed on", row.completed_on.isoformat() if row.completed_on else ""),
        ("Booked on", evidence.document_date.isoformat()),
        ("Ledger", f"{_LEDGERS.get(ledger, ledger)}, company {evidence.identity.ledger_company}"),
        ("Document number", evidence.marker),
        ("Ledger's id", evidence.document_id),
    ]
    return Summary(
        number=row.number,
        title=row.title,
        facts=tuple((name, str(value)) for name, value in facts if value),
        kind=evidence.document,
        currency=row.currency,
        total=plain(row.amount) if row.amount is not None else "",
        lines=tuple(_line(line) for line in told.get("lines", [])),
        marker=evidence.marker,
        mapping_digest=row.mapping_digest,
        made_on=f"{evidence.made_at:%Y-%m-%d %H:%M} UTC",
    )


def _line(told: dict[str, Any]) -> SummaryLine:
    tracking = told.get("tracking")
    tax_code = told.get("tax_code", "")
    return SummaryLine(
        actual=str(told["actual"]),
        quantity=str(told["quantity"]),
        unit_price=str(told["unit_price"]),
        basis=basis_in_words(str(told["basis"]), str(told.get("priced_at", ""))),
        account=f"{told['account']}, tax code {tax_code}" if tax_code else str(told["account"]),
        side=str(told["side"]),
        amount=str(told["amount"]),
        tracking=", ".join(map(str, tracking)) if isinstance(tracking, list) else "",
        because=str(told.get("because", "")),
        rule=str(told["rule"]).rpartition("/")[2],
    )
