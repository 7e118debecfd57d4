"""One priced actual of a work order: what it is, how much of it, at which price, and where and when that price came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class CostKind(StrEnum):
    """The three kinds of actuals on a work order."""

    LABOR = "labor"
    PARTS = "parts"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CostFact:
    """One priced actual: quantity × unit price, rounded once to the currency's minor unit.

    `quantity` is hours, pieces or 1. `basis` says in words where the price came from, and `priced_at` as of which day or moment it is
    that price (None where that was never told). `amount` may be negative (a credit).
    """

    key: str
    kind: CostKind
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    basis: str
    category: str = ""
    worked_at: datetime | None = None  # when logged labor began; the rest was done when the job was completed
    priced_at: date | None = None
