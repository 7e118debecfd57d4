"""What Xero's documents are booked to, ours or anybody's (pure). Shapes: Xero's OpenAPI file."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from connector.core.booked import BookedDocument, BookedLine
from connector.core.mapping import DocumentKind
from connector.core.money import ZERO
from connector.ledgers.xero.documents import ID_KEYS, NUMBER_KEYS, STATUS, SUPPLIERS, parse_date


def lines_of(kind: DocumentKind, told: Mapping[str, Any]) -> tuple[BookedLine, ...]:
    """The lines: of a journal its legs, of a sale what it bills."""
    if kind is DocumentKind.JOURNAL_ENTRY:
        rows = [row for row in told.get("JournalLines") or [] if row.get("IsBlank") is not True]
        return tuple(BookedLine(_account(row), "", Decimal(row["LineAmount"]), _text(row)) for row in rows)
    return tuple(BookedLine(_account(row), str(row.get("ItemCode") or ""), -kind.sign * _amount(row), _text(row)) for row in _items(told))


def _items(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return list(told.get("LineItems") or [])


def _account(row: Mapping[str, Any]) -> str:
    return str(row.get("AccountID") or row.get("AccountCode") or "")


def _amount(row: Mapping[str, Any]) -> Decimal:
    """An answer says the amount; a request of ours leaves it to quantity and price."""
    told = row.get("LineAmount")
    return Decimal(told) if told is not None else Decimal(row.get("Quantity") or 0) * Decimal(row.get("UnitAmount") or 0)


def _text(row: Mapping[str, Any]) -> str:
    return str(row.get("Description") or "")


def document_of(kind: DocumentKind, told: Mapping[str, Any], currency: str, our_marker: str) -> BookedDocument | None:
    """An element as a document that is in the books; None for a supplier's, a draft, or what was voided. Raises on another shape."""
    if told.get("Type") in SUPPLIERS or STATUS[kind].get(str(told["Status"]), "live") != "live":
        return None
    day = parse_date(told.get("DateString") or told.get("Date"))
    if day is None:
        raise ValueError("the document has no date")
    lines = lines_of(kind, told)
    words = [str(told.get(name) or "") for name in (NUMBER_KEYS.get(kind, "Narration"), "Narration", "Reference")]
    debits = sum((line.amount for line in lines if line.amount > 0), ZERO)
    return BookedDocument(
        id=str(told[ID_KEYS[kind]]),
        kind=kind,
        number=words[0],
        marker=our_marker,
        date=day,
        currency=str(told.get("CurrencyCode") or currency),
        total=kind.sign * (Decimal(told["Total"]) - Decimal(told.get("TotalTax") or 0)) if kind.is_sale else debits,
        text="\n".join(dict.fromkeys(word for word in [*words, *(line.text for line in lines)] if word)),
        customer_id=str((told.get("Contact") or {}).get("ContactID") or ""),
        lines=lines,
    )
