"""From actuals to money: each labor entry, part and other cost becomes one priced cost fact, or a Problem.

Labor is priced by core/labor.py. A part: the cost at its use, else the part's cost when this work order was first seen complete (which is
kept from then on), else it is held. Other costs are what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from connector.core.cost_fact import CostFact as CostFact
from connector.core.cost_fact import CostKind as CostKind
from connector.core.cost_rules import NO_RULES, CostRules, LaborInTotal, LaborTwice
from connector.core.labor import Labor
from connector.core.labor_rates import LaborRate as LaborRate
from connector.core.labor_rates import rate_in_force as rate_in_force
from connector.core.money import AMOUNT_LIMIT, ZERO, minor_unit_digits, plain, to_cents
from connector.core.plausible_time import implausible_days
from connector.core.problem import Problem
from connector.core.work_order import OtherCost, PartUsage, WorkOrder


def cost(
    work_order: WorkOrder, rates: Sequence[LaborRate], completed: date, currency: str, rules: CostRules = NO_RULES
) -> tuple[list[CostFact], list[Problem]]:
    """Price every actual of a work order; what cannot be priced is a Problem, never zero."""
    problems = [*_other_currencies(work_order, currency), *implausible_days(work_order, rules)]
    twice = entered_twice(work_order)
    if twice and rules.labor_twice is LaborTwice.HOLD:
        message = "Time is logged, and an additional cost is categorised as labor: it may be the same money twice."
        step = "Remove one of the two in UpKeep, or say under labor_entered_twice in the mapping which one counts."
        problems.append(Problem("LABOR_COUNTED_TWICE", f"work order {work_order.number}, additional costs", message, step))
    labor = Labor(work_order, rates, completed, currency, rules)
    labor.price()
    counts = not (twice and rules.labor_twice is LaborTwice.ADDITIONAL_COST)
    facts = labor.facts if counts else []
    problems += labor.problems if counts else []
    others = left_out(work_order, rules)
    for usage in work_order.parts:
        priced = _part(work_order, usage, currency)
        if isinstance(priced, Problem):
            problems.append(priced)
        elif priced is not None:
            facts.append(priced)
    facts += [_other(work_order, other, currency) for other in work_order.other if other not in others]
    problems.extend(_too_large(work_order, fact) for fact in facts if abs(fact.amount) > AMOUNT_LIMIT)
    if not problems:
        problems += _other_total(work_order, facts, labor.at_source, currency, rules.labor_in_total)
    return facts, problems


def entered_twice(work_order: WorkOrder) -> list[OtherCost]:
    """The additional costs that are labor, where labor is told as time or as a labor cost too."""
    if not work_order.labor_total and not any(entry.seconds for entry in work_order.labor):
        return []
    return [other for other in work_order.other if any(word in other.category.casefold() for word in ("labor", "labour"))]


def left_out(work_order: WorkOrder, rules: CostRules) -> list[OtherCost]:
    """The additional costs that do not count, because the mapping says that the logged time does."""
    return entered_twice(work_order) if rules.labor_twice is LaborTwice.TIME else []


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
    priced_at = usage.priced_at or (work_order.completed_at if usage.cost_basis == "part usage" else None)
    label = f"Part {usage.part}"
    return CostFact(usage.key, CostKind.PARTS, label, usage.quantity, usage.unit_cost, amount, usage.cost_basis, priced_at=priced_at)


def _other(work_order: WorkOrder, other: OtherCost, currency: str) -> CostFact:
    amount = to_cents(other.amount, currency)
    label, basis = other.description or other.category or "Other cost", "additional cost"
    told_at = work_order.updated_at
    return CostFact(other.key, CostKind.OTHER, label, Decimal(1), amount, amount, basis, other.category, priced_at=told_at)


def _other_currencies(work_order: WorkOrder, currency: str) -> list[Problem]:
    """Amounts in another currency than the connection's are not its amounts, whatever the number."""
    others = sorted(told for told in work_order.currencies if told.strip().upper() != currency)
    if not others:
        return []
    message = f"UpKeep names {', '.join(others)} there; the connection's amounts are {currency}."
    step = "Correct the amounts in UpKeep, or read this site with a connection of that currency."
    return [Problem("OTHER_CURRENCY", f"work order {work_order.number}", message, step)]


def _other_total(work_order: WorkOrder, facts: Sequence[CostFact], labor: Decimal, currency: str, setting: LaborInTotal) -> list[Problem]:
    """The total that the source shows, against what its own lines come to: without overtime and rates that only the mapping knows.

    Each line may be a cent off, because nobody knows where the source rounds.
    """
    told = work_order.total_told
    if told is None:
        return []
    others = [fact for fact in facts if fact.kind is CostKind.PARTS]
    besides = sum((fact.amount for fact in others), ZERO) + sum((to_cents(one.amount, currency) for one in work_order.other), ZERO)
    allowed = Decimal(1).scaleb(-minor_unit_digits(currency)) * (len(facts) + 1)
    meant = {LaborInTotal.YES: (besides + labor,), LaborInTotal.NO: (besides,), LaborInTotal.UNKNOWN: (besides + labor, besides)}[setting]
    if any(abs(told - ours) <= allowed for ours in meant):
        return []
    ours = " or ".join(f"{plain(amount)} {word} labor" for amount, word in zip(meant, _with(setting), strict=True))
    message = f"UpKeep shows a total of {plain(to_cents(told, currency))}, its lines come to {ours}."
    step = "Correct the work order in UpKeep; or set labor_in_total in the configuration as UpKeep's own setting is."
    return [Problem("TOTAL_DIFFERS", f"work order {work_order.number}", message, step)]


def _with(setting: LaborInTotal) -> tuple[str, ...]:
    return {LaborInTotal.YES: ("with",), LaborInTotal.NO: ("without",), LaborInTotal.UNKNOWN: ("with", "without")}[setting]


def _too_large(work_order: WorkOrder, fact: CostFact) -> Problem:
    return Problem(
        "AMOUNT_TOO_LARGE",
        f"work order {work_order.number}, {fact.description[:60]}",
        f"{fact.amount} is more than one ledger line can carry ({AMOUNT_LIMIT}).",
        "Correct the quantity or the price in UpKeep.",
    )
