"""What a mapping adds to a cost in a journal entry, as a pair of its own: burden on labor, use tax on parts.

A fact names the schedule that holds for a cost; the schedule says the two accounts, and its dated rates how much.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from connector.core.costing import CostFact, CostKind
from connector.core.facts import Fact, Target, folded
from connector.core.money import ZERO, plain, to_cents
from connector.core.problem import Problem

# Which kind of cost each is added to.
ADDED_TO = {Target.BURDEN: CostKind.LABOR, Target.USE_TAX: CostKind.PARTS}
NONE = "none"  # instead of a schedule's name: nothing is added here


@dataclass(frozen=True, slots=True)
class AdditionRate:
    """How much is added from a day on: percent of the cost, or an amount per hour of labor."""

    valid_from: date
    percent: Decimal | None = None
    per_hour: Decimal | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Addition:
    """One schedule: the account that it debits (None: the cost's own), the one that it credits, and its rates."""

    name: str
    account: Fact | None
    credit: Fact
    rates: tuple[AdditionRate, ...]
    place: str = ""

    def on(self, day: date) -> AdditionRate | None:
        """The rate in force on that day: the latest that began."""
        valid = [rate for rate in self.rates if rate.valid_from <= day]
        return max(valid, key=lambda rate: rate.valid_from, default=None)


Schedules = MappingType[str, MappingType[str, Addition]]  # by target, then by folded name


def added(target: Target, addition: Addition, cost: CostFact, day: date, currency: str) -> CostFact | Problem:
    """The cost that is added to this one, rounded once to the currency's minor unit; a negative cost takes it back."""
    rate = addition.on(day)
    word = target.value.replace("_", " ")
    if rate is None:
        return Problem(
            "ADDITION_WITHOUT_RATE",
            addition.place,
            f"The {word} '{addition.name}' has no rate on {day}, when {cost.description} was done.",
            "Add a rate with that day or an earlier one in `from:`.",
        )
    own = replace(cost, key=f"{cost.key}-{target}", description=f"{word.capitalize()} {addition.name}: {cost.description}")
    if rate.per_hour is None:
        percent = rate.percent or ZERO
        share, basis = percent / 100, f"{plain(percent)} percent {rate.place}".strip()
        return replace(own, quantity=share, unit_price=cost.amount, amount=to_cents(cost.amount * share, currency), basis=basis)
    if cost.key == "labor-total":
        return Problem(
            "ADDITION_WITHOUT_HOURS",
            rate.place,
            f"The {word} '{addition.name}' is an amount per hour, and UpKeep tells only what the labor cost.",
            "Log the time in UpKeep, or write `percent:` instead.",
        )
    # What overtime costs more is a line beside the hours themselves.
    hours = ZERO if cost.basis.startswith("overtime") else cost.quantity
    amount, basis = to_cents(hours * rate.per_hour, currency), f"per hour {rate.place}".strip()
    return replace(own, quantity=hours, unit_price=rate.per_hour, amount=amount, basis=basis)


def schedule(schedules: Schedules, target: Target, named: Fact | None) -> Addition | None:
    """The schedule that a fact names; None when it names none."""
    return None if named is None or folded(named.value) == NONE else schedules[target][folded(named.value)]
