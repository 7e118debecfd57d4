"""What a held work order waits for in the mapping, read back from its problem: the store keeps problems in the words that were told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connector.core.costing import CostKind
from connector.core.facts import COST_CODE, KIND, Target, folded
from connector.core.mapping import Mapping, Situation, debit_account
from connector.core.problem import Problem

_TOLD = {
    "COST_CODE_WITHOUT_ACCOUNT": re.compile(r"Cost code '(?P<value>.*)' \(work order .*, (?P<kind>[a-z]+)\) has no account\.", re.DOTALL),
    "KIND_WITHOUT_CREDIT": re.compile(r"The credit side of (?P<kind>[a-z]+) costs \(work order .*\) has no account\.", re.DOTALL),
    "CUSTOMER_UNKNOWN": re.compile(r"No customer is mapped for work order .* \((?P<key>.*) '(?P<value>.*)' is not listed\)\.", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A value of UpKeep for which the mapping has no fact: `target` is what is not given, `key` the work order's key."""

    target: Target
    key: str
    value: str


def missing_in(problem: Problem, mapping: Mapping) -> Missing | None:
    """What the mapping lacks by that problem; None where it is another problem, or the mapping has it by now."""
    pattern = _TOLD.get(problem.code)
    found = pattern.fullmatch(problem.message) if pattern else None
    if found is None:
        return None
    told = found.groupdict()
    if problem.code == "COST_CODE_WITHOUT_ACCOUNT":
        has_it = debit_account(mapping, told["value"], CostKind(told["kind"])) is not None
        return None if has_it else Missing(Target.ACCOUNT, COST_CODE, told["value"])
    if problem.code == "KIND_WITHOUT_CREDIT":
        has_it = mapping.index.find(Target.CREDIT, {KIND: told["kind"]}) is not None
        return None if has_it else Missing(Target.CREDIT, KIND, told["kind"])
    key = folded(told["key"])
    has_it = Situation(mapping, {key: folded(told["value"])}).find(Target.CUSTOMER) is not None
    return None if has_it else Missing(Target.CUSTOMER, key, told["value"])


def known_beside(missing: Missing, mapping: Mapping) -> Iterator[str]:
    """The values of the same key for which the mapping has what is missing: one of them may be meant."""
    keys = {missing.key, folded(mapping.cost_code_key)} if missing.key == COST_CODE else {missing.key}
    seen = {value: None for fact in mapping.index.of(missing.target) for key, value in fact.when if key in keys}
    yield from seen
