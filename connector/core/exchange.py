"""What a document in another currency than the books' says of the rate (pure).

A rate is how much of the books' own currency one unit of the document's is worth. Nothing is converted here: the amounts stay what they
are in UpKeep, and the ledger works out what they are in its own currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Exchange:
    """The rate of one document. `is_the_ledgers`: the ledger takes its own of that day; without it, no rate means that none is known."""

    place: str
    rate: Decimal | None = None
    is_the_ledgers: bool = False


@dataclass(frozen=True, slots=True)
class ExchangeRates:
    """The mapping's rates, each in force from its day on; none where they are left to the ledger."""

    place: str
    table: tuple[tuple[date, Decimal, str], ...] = ()  # day, rate, place

    def on(self, day: date) -> Exchange:
        """What a document of that day says."""
        if not self.table:
            return Exchange(self.place, is_the_ledgers=True)
        valid = [row for row in self.table if row[0] <= day]
        if not valid:
            return Exchange(self.place)
        _, rate, place = max(valid, key=lambda row: row[0])
        return Exchange(place, rate)
