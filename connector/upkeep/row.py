"""What a row of UpKeep's list says of the books: when it was completed, the money on it, and a digest of all that may matter.

A list shows less than the detail, and which keys it shows is not documented. So the digest is taken of whatever stands on the row, but
for what changes without meaning: the moment of change itself, who changed it, and texts that no document is made of.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector.core.money import parse_decimal
from connector.upkeep.reading import identifier_text, parse_moment
from connector.upkeep.source import WorkOrderHead

WITHOUT_MEANING = frozenset(
    {"updatedAt", "updatedBy", "createdAt", "description", "image", "images", "files", "dueDate", "endDueDate", "__v"}
)  # fmt: skip
MONEY = ("cost", "laborCost")


def with_row(head: WorkOrderHead, raw: Any) -> WorkOrderHead:
    """The head with what else its row says."""
    if not isinstance(raw, dict):
        return head
    return replace(head, completed_at=parse_moment(raw.get("dateCompleted")), digest=digest_of(raw), shown_cost=_shown_cost(raw))


def digest_of(row: Mapping[str, Any]) -> str:
    """Equal for rows that say the same, in whatever order and with whatever references inlined."""
    told = sorted((str(key), _plain(value)) for key, value in row.items() if key not in WITHOUT_MEANING)
    return hashlib.sha256(repr([pair for pair in told if pair[1]]).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return identifier_text(value.get("id") or value.get("objectId")) or repr(sorted((str(k), _plain(v)) for k, v in value.items()))
    if isinstance(value, list):
        return repr([_plain(one) for one in value]) if value else ""
    return "" if value is None else str(value)


def _shown_cost(row: Mapping[str, Any]) -> Decimal | None:
    found = [amount for amount in (parse_decimal(row.get(key)) for key in MONEY if row.get(key) is not None) if amount is not None]
    return sum(found, Decimal(0)) if found else None
