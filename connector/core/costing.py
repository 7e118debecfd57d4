"""From actuals to money: each labor entry, part and other cost becomes one priced cost fact, or a Problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from connector.core.money import AMOUNT_LIMIT, to_cents
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder


class CostKind(StrEnum):
    """The three kinds of actuals on a work order."""

    LABOR = "labor"
    PARTS = "parts"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CostFact:
    """One priced actual: quantity × unit price, rounded once to the currency's minor unit.

    `quantity` is hours, pieces or 1. `basis` says in words where the price came from. `amount` may be negative (a credit).
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


@dataclass(frozen=True, slots=True)
class LaborRate:
    """A dated hourly rate: for one worker (by id, name or e-mail; "" is everyone), in force from a day on."""

    worker: str
    valid_from: date
    rate_per_hour: Decimal
    place: str = ""


SECONDS_PER_HOUR = Decimal(3600)


def cost(work_order: WorkOrder, rates: Sequence[LaborRate], completed: date, currency: str) -> tuple[list[CostFact], list[Problem]]:
    """Price every actual of a work order; what cannot be priced is a Problem, never zero."""
    facts: list[CostFact] = []
    problems: list[Problem] = []
    priced: list[CostFact | Problem | None] = [
        *(_labor(work_order, entry, rates, completed, currency) for entry in work_order.labor),
        *(_part(work_order, usage, currency) for usage in work_order.parts),
        *(_other(other, currency) for other in work_order.other),
    ]
    if not work_order.labor and work_order.labor_total:
        priced.append(_labor_total(work_order.labor_total, currency))
    for outcome in priced:
        if isinstance(outcome, Problem):
            problems.append(outcome)
        elif outcome is not None:
            facts.append(outcome)
    problems.extend(_too_large(work_order, fact) for fact in facts if abs(fact.amount) > AMOUNT_LIMIT)
    return facts, problems


def rate_in_force(worker: Reference | None, day: date, rates: Sequence[LaborRate]) -> LaborRate | None:
    """The latest rate valid on that day: the worker's own before the one for everyone."""
    names = {name.casefold() for name in (worker.id, worker.name) if name} if worker else set()
    valid = [rate for rate in rates if rate.valid_from <= day]
    own = [rate for rate in valid if rate.worker and rate.worker.casefold() in names]
    general = [rate for rate in valid if not rate.worker]
    return max(own or general, key=lambda rate: rate.valid_from, default=None)


def _labor(work_order: WorkOrder, entry: LaborEntry, rates: Sequence[LaborRate], day: date, currency: str) -> CostFact | Problem | None:
    if entry.seconds == 0:
        return None
    rate, basis = entry.rate_per_hour, entry.rate_basis
    if not rate:
        found = rate_in_force(entry.worker, entry.worked_on or day, rates)
        rate, basis = (found.rate_per_hour, f"rate table {found.place}".strip()) if found else (None, "")
    who = str(entry.worker) if entry.worker else "nobody named"
    if not rate:
        return Problem(
            "LABOR_WITHOUT_RATE",
            f"work order {work_order.number}, labor of {who}",
            "Time is logged but no hourly rate is known for it.",
            "Add the worker under labor_rates in the mapping; or set the rate in UpKeep, then release the work order.",
        )
    hours = entry.seconds / SECONDS_PER_HOUR
    # Multiply before dividing: a third of an hour is not a finite decimal.
    amount = to_cents(entry.seconds * rate / SECONDS_PER_HOUR, currency)
    label = f"Labor {who}" + (f" ({entry.category})" if entry.category else "")
    return CostFact(entry.key, CostKind.LABOR, label, hours, rate, amount, basis, entry.category, entry.worked_at)


def _labor_total(total: Decimal, currency: str) -> CostFact:
    amount = to_cents(total, currency)
    return CostFact("labor-total", CostKind.LABOR, "Labor", Decimal(1), amount, amount, "labor cost of the work order")


def _part(work_order: WorkOrder, usage: PartUsage, currency: str) -> CostFact | Problem | None:
    if usage.quantity == 0:
        return None
    if usage.unit_cost is None:
        return Problem(
            "PART_WITHOUT_PRICE",
            f"work order {work_order.number}, part {usage.part}",
            "The part was used but has no unit cost.",
            "Set the part's cost in UpKeep, then release the work order.",
        )
    amount = to_cents(usage.quantity * usage.unit_cost, currency)
    return CostFact(usage.key, CostKind.PARTS, f"Part {usage.part}", usage.quantity, usage.unit_cost, amount, usage.cost_basis)


def _other(other: OtherCost, currency: str) -> CostFact:
    amount = to_cents(other.amount, currency)
    label = other.description or other.category or "Other cost"
    return CostFact(other.key, CostKind.OTHER, label, Decimal(1), amount, amount, "additional cost", other.category)


def _too_large(work_order: WorkOrder, fact: CostFact) -> Problem:
    return Problem(
        "AMOUNT_TOO_LARGE",
        f"work order {work_order.number}, {fact.description[:60]}",
        f"{fact.amount} is more than one ledger line can carry ({AMOUNT_LIMIT}).",
        "Correct the quantity or the price in UpKeep.",
    )
