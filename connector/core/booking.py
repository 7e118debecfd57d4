"""How costs are booked in a journal entry beyond their two accounts: which are booked at all, what is added, how the credit is tracked.

Parts stocked or expensed at purchase, labor applied or reclassified: each is only another credit account, and perhaps another department
on its side. Statistical labor is a cost that is not booked. Burden and use tax are pairs that are added (core/additions.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from connector.core.additions import ADDED_TO, NONE, added, schedule
from connector.core.costing import CostFact
from connector.core.facts import Target, credit_tracking, folded
from connector.core.mapping import NOT_BOOKED, Fact, MappedCost, Mapping, Situation, map_costs
from connector.core.problem import Problem
from connector.core.work_order import WorkOrder

_OF_JOURNALS = frozenset({Target.BOOKED, Target.BURDEN, Target.USE_TAX})


def book_costs(
    work_order: WorkOrder, costs: Sequence[CostFact], mapping: Mapping, done: Callable[[CostFact], date], currency: str
) -> tuple[list[MappedCost], list[Problem]]:
    """Map the costs that are booked, each followed by what is added to it; `done` tells the day on which a cost's work was done."""
    if not (_OF_JOURNALS & mapping.index.targets or mapping.index.credit_dimensions):
        return map_costs(work_order, costs, mapping)
    situation = Situation.of(work_order, mapping)
    mapped, problems = map_costs(work_order, [one for one in costs if is_booked(situation, one)], mapping)
    found: list[MappedCost] = []
    for one in mapped:
        own = replace(one, credit_tracking=_credit_tracking(situation, one))
        found.append(own)
        for outcome in _additions(situation, own, done(one.fact), currency):
            if isinstance(outcome, Problem):
                problems.append(outcome)
            else:
                found.append(outcome)
    return found, problems


def is_booked(situation: Situation, cost: CostFact) -> bool:
    """Whether a cost is in a journal entry at all: labor may be counted only."""
    found = situation.find(Target.BOOKED, cost)
    return found is None or folded(found.value) != NOT_BOOKED


def _credit_tracking(situation: Situation, mapped: MappedCost) -> tuple[tuple[str, Fact], ...] | None:
    """The tracking of the credit side, where facts give one of its own: what they leave out is as on the debit side."""
    told = [(one, situation.find(credit_tracking(one), mapped.fact)) for one in situation.mapping.index.credit_dimensions]
    own = {dimension: fact for dimension, fact in told if fact is not None}
    return tuple((dict(mapped.tracking) | own).items()) if own else None


def _additions(situation: Situation, own: MappedCost, day: date, currency: str) -> Iterator[MappedCost | Problem]:
    for target, kind in ADDED_TO.items():
        named = situation.find(target, own.fact) if own.fact.kind is kind else None
        addition = schedule(situation.mapping.additions, target, named)
        if addition is not None:
            made = added(target, addition, own.fact, day, currency)
            debit = addition.account or own.debit
            yield made if isinstance(made, Problem) else replace(own, fact=made, debit=debit, credit=addition.credit, is_added=True)


def approval_needed(work_order: WorkOrder, mapping: Mapping, amount: Decimal, currency: str) -> Problem | None:
    """Why a document of this amount waits for a person; None when it does not."""
    limit = Situation.of(work_order, mapping).find(Target.HOLD_ABOVE) if Target.HOLD_ABOVE in mapping.index.targets else None
    if limit is None or folded(limit.value) == NONE or amount <= Decimal(limit.value):
        return None
    return Problem(
        "APPROVAL_NEEDED",
        limit.place,
        f"The document of work order {work_order.number} is {amount} {currency}, above {limit.value}.",
        "Look at it with connector explain; if it is right, connector held release approves it as it is now.",
    )
