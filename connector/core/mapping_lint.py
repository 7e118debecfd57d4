"""What a mapping says to nobody: facts that no work order ever meets, and facts of included files that a nearer file overrides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector.core.costing import CostKind
from connector.core.facts import BILL_TO, COST_CODE, TRACKING, Target, WhenFact, folded
from connector.core.mapping import Mapping
from connector.core.problem import Problem

_KINDS = tuple(kind.value for kind in CostKind)


@dataclass(frozen=True, slots=True)
class Lint:
    """The mistakes, and the pairs of an overridden fact with one that is chosen instead: those are meant, and no mistakes."""

    problems: tuple[Problem, ...]
    overridden: tuple[tuple[WhenFact, WhenFact], ...] = ()


def lint(mapping: Mapping) -> Lint:
    """All that the files alone can tell, beside what keeps them from being read."""
    problems = list(_impossible(mapping))
    told = {problem.place for problem in problems}
    overridden = [*mapping.index.overridden]
    key = folded(mapping.cost_code_key)
    for fact, instead in mapping.index.unreachable({COST_CODE: key, key: COST_CODE}, _KINDS, mapping.segments):
        if instead.layer < fact.layer:
            overridden.append((fact, instead))
        elif fact.fact.place not in told:
            message = (
                f"No cost is ever given this {_what(fact)} for {fact.told()}: another fact is chosen each time, as {instead.fact.place}."
            )
            problems.append(Problem("MAP_FACT_UNREACHABLE", fact.fact.place, message, "Take it out, or add a key that makes it win."))
    return Lint(tuple(problems), tuple(overridden))


def _impossible(mapping: Mapping) -> Iterator[Problem]:
    """Facts whose keys contradict each other, or name a customer whom no fact gives."""
    key, customers = folded(mapping.cost_code_key), {folded(fact.value) for fact in mapping.given(Target.CUSTOMER)}
    for fact in mapping.facts:
        when = dict(fact.when)
        if key in when and when.get(COST_CODE, when[key]) != when[key]:
            message = f"The cost code is the {key}, and cannot be '{when[COST_CODE]}' where that is '{when[key]}'."
            yield Problem("MAP_FACT_UNREACHABLE", fact.fact.place, message, "Take one of the two keys out.")
        if when.get(BILL_TO, "") not in {"", *customers}:
            message = f"No fact bills a customer '{when[BILL_TO]}'."
            yield Problem("MAP_FACT_UNREACHABLE", fact.fact.place, message, "Write the customer's name as the mapping gives it.")


def _what(fact: WhenFact) -> str:
    return fact.target.removeprefix(TRACKING).replace("_", " ")
