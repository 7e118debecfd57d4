"""What is in UpKeep's stand-in, counted from its records and not by who filled it: kinds, hours and money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector.sandbox.upkeep.records import Record, Records, number_of

CENT = Decimal("0.01")
COUNTED = {
    "users": "people", "customers": "customers", "vendors": "vendors", "locations": "locations", "assets": "assets", "parts": "parts",
    "meters": "meters", "preventive-maintenance": "schedules", "purchase-orders": "purchase orders", "work-orders": "work orders",
}  # fmt: skip


@dataclass(slots=True)
class Census:
    """Counts by kind; and of completed work orders: categories, hours, and cost of labor, parts and the rest, as UpKeep would show it."""

    kinds: dict[str, int] = field(default_factory=dict)
    statuses: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)
    hours: Decimal = Decimal(0)
    overtime_hours: Decimal = Decimal(0)
    labor: Decimal = Decimal(0)
    parts: Decimal = Decimal(0)
    other: Decimal = Decimal(0)
    parts_returned: int = 0
    without_cost: int = 0

    def told(self) -> dict[str, Any]:
        """As one JSON object; hours and amounts as decimal strings."""
        money = {"labor": self.labor, "parts": self.parts, "other": self.other}
        return {
            "kinds": self.kinds,
            "statuses": dict(sorted(self.statuses.items())),
            "completed": dict(sorted(self.categories.items())),
            "hours": f"{self.hours:.2f}",
            "overtime_hours": f"{self.overtime_hours:.2f}",
            "parts_returned": self.parts_returned,
            "without_cost": self.without_cost,
            **{kind: f"{amount:.2f}" for kind, amount in money.items()},
        }

    def lines(self, currency: str) -> Iterator[str]:
        """The same for a person."""
        yield ", ".join(f"{count:,} {kind}" for kind, count in self.kinds.items())
        yield "work orders: " + _listed(self.statuses)
        yield "completed: " + _listed(self.categories)
        yield (
            f"hours: {self.hours:,.2f}, {self.overtime_hours:,.2f} of them overtime; "
            f"lines of returned parts: {self.parts_returned}; work orders without cost: {self.without_cost}"
        )
        total = self.labor + self.parts + self.other
        yield f"{currency}: labor {self.labor:,.2f}, parts {self.parts:,.2f}, other {self.other:,.2f}, together {total:,.2f}"


def census(records: Records) -> Census:
    """Count one site."""
    found = Census({word: len(records.by_kind[kind]) for kind, word in COUNTED.items()})
    rates = {identifier: number_of(user.get("hourlyRate")) for identifier, user in records.by_kind["users"].items()}
    for order in records.by_kind["work-orders"].values():
        found.statuses[str(order["status"])] += 1
        if order["status"] == "complete":
            _add(found, order, rates)
    return found


def _add(found: Census, order: Record, rates: dict[str, Decimal | None]) -> None:
    found.categories[str(order.get("category", ""))] += 1
    for entry in order.get("timeLogs", []):
        hours = (number_of(entry["duration"]) or Decimal(0)) / 60
        found.hours += hours
        found.overtime_hours += hours if entry.get("category") == "Overtime" else 0
        rate = number_of(entry.get("hourlyRate")) or rates.get(entry["user"]) or Decimal(0)
        found.labor += (hours * rate).quantize(CENT, ROUND_HALF_UP)
    for part in order.get("parts", []):
        quantity = number_of(part["quantity"]) or Decimal(0)
        found.parts_returned += quantity < 0
        found.parts += (quantity * (number_of(part.get("cost")) or 0)).quantize(CENT, ROUND_HALF_UP)
    found.other += sum((number_of(line["cost"]) or Decimal(0) for line in order.get("additionalCosts", [])), Decimal(0))
    found.without_cost += not any(order.get(key) for key in ("timeLogs", "parts", "additionalCosts"))


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {word}" for word, count in counts.most_common())
