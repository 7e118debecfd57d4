"""What QuickBooks' documents are booked to, ours or anybody's (pure). Shapes: Intuit's reference of JournalEntry, Invoice, CreditMemo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from connector.core.booked import BookedDocument, BookedLine
from connector.core.mapping import DocumentKind
from connector.core.money import ZERO
from connector.ledgers.quickbooks.entries import nested

OUR_MARKER = re.compile(r"([0-9A-Z]{1,7}-)?[A-Z2-7]{13}")
_JOURNAL, _SALE = "JournalEntryLineDetail", "SalesItemLineDetail"


def lines_of(kind: DocumentKind, told: Mapping[str, Any]) -> tuple[BookedLine, ...]:
    """The lines that move an account: of a journal its legs, of a sale its items. Subtotals and texts move none."""
    rows = told.get("Line") or []
    if kind is DocumentKind.JOURNAL_ENTRY:
        return tuple(_leg(row) for row in rows if row.get("DetailType") == _JOURNAL)
    return tuple(_item(kind, row) for row in rows if row.get("DetailType") == _SALE)


def _leg(row: Mapping[str, Any]) -> BookedLine:
    detail, amount = row[_JOURNAL], Decimal(row["Amount"])
    signed = amount if detail["PostingType"] == "Debit" else -amount
    return BookedLine(nested(detail, "AccountRef", "value"), "", signed, str(row.get("Description") or ""))


def _item(kind: DocumentKind, row: Mapping[str, Any]) -> BookedLine:
    detail = row[_SALE]
    account, item = nested(detail, "ItemAccountRef", "value"), nested(detail, "ItemRef", "value")
    return BookedLine(account, item, -kind.sign * Decimal(row["Amount"]), str(row.get("Description") or ""))


def document_of(kind: DocumentKind, told: Mapping[str, Any]) -> BookedDocument:
    """A row of the ledger's as a document; raises on anything that is not one."""
    lines, number = lines_of(kind, told), str(told.get("DocNumber") or "")
    words = [number, nested(told, "PrivateNote"), nested(told, "CustomerMemo", "value"), nested(told, "PONumber"), *(x.text for x in lines)]
    debits = sum((line.amount for line in lines if line.amount > 0), ZERO)
    tax = Decimal((told.get("TxnTaxDetail") or {}).get("TotalTax") or 0)
    return BookedDocument(
        id=str(told["Id"]),
        kind=kind,
        number=number,
        marker=number.upper() if OUR_MARKER.fullmatch(number.upper()) else "",
        date=date.fromisoformat(str(told["TxnDate"])[:10]),
        currency=nested(told, "CurrencyRef", "value"),
        total=kind.sign * (Decimal(told["TotalAmt"]) - tax) if kind.is_sale else debits,
        text="\n".join(word for word in words if word),
        customer_id=nested(told, "CustomerRef", "value"),
        lines=lines,
    )
