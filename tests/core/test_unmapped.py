"""What a held work order waits for is read back from the words that it was told in."""

from __future__ import annotations

from datetime import date

from connector.core.costing import CostKind, cost
from connector.core.credit import draft_sale
from connector.core.facts import Fact, Target
from connector.core.mapping import AccountFact, InvoiceRules, Lookup, Mapping, map_costs
from connector.core.problem import Problem
from connector.core.unmapped import Missing, known_beside, missing_in
from tests.core.examples import mapping, work_order

DAY = date(2026, 1, 6)
REPAIRS = Fact("Repairs", "mapping.yaml:1")
NOTHING = mapping(debits=(), credits={})


def problems(made_by: Mapping, category: str = "Roof's (flat)") -> list[Problem]:
    costs, _ = cost(work_order(category=category), (), DAY, "USD")
    return map_costs(work_order(category=category), costs, made_by)[1]


def missing(problems: list[Problem], now: Mapping) -> set[Missing | None]:
    return {missing_in(problem, now) for problem in problems}


def test_a_cost_code_and_a_kind_are_read_back() -> None:
    found = missing(problems(NOTHING), NOTHING)
    assert Missing(Target.ACCOUNT, "cost_code", "Roof's (flat)") in found
    assert Missing(Target.CREDIT, "kind", "labor") in found


def test_what_the_mapping_has_by_now_is_not_missing() -> None:
    now = mapping(debits=(AccountFact(REPAIRS),), credits=dict.fromkeys(CostKind, REPAIRS))
    assert missing(problems(NOTHING), now) == {None}


def test_a_place_without_a_customer_is_read_back_by_its_key() -> None:
    rules = InvoiceRules(customer=Lookup("Team", {"day": REPAIRS}))
    lacking = mapping(invoice=rules)
    costs, _ = cost(work_order(), (), DAY, "USD")
    told = draft_sale(work_order(), costs, lacking, (DAY, DAY), "USD")
    assert isinstance(told, list)
    [found] = missing(told, lacking)
    assert found is not None
    assert (found.target, found.key) == (Target.CUSTOMER, "team")
    assert list(known_beside(found, lacking)) == ["day"]
    assert missing(told, mapping(invoice=InvoiceRules(customer=Lookup(default=REPAIRS)))) == {None}


def test_another_problem_lacks_nothing_in_the_mapping() -> None:
    assert missing_in(Problem("PERIOD_CLOSED", "", "", ""), NOTHING) is None
    assert missing_in(Problem("CUSTOMER_UNKNOWN", "", "QuickBooks has no customer 'A'.", ""), NOTHING) is None


def test_a_cost_code_is_beside_the_values_of_the_key_that_it_is() -> None:
    now = mapping(debits=(AccountFact(REPAIRS, "hvac"), AccountFact(REPAIRS, "hvac", CostKind.PARTS), AccountFact(REPAIRS)))
    assert list(known_beside(Missing(Target.ACCOUNT, "cost_code", "HVAK"), now)) == ["hvac"]
    assert list(known_beside(Missing(Target.CREDIT, "kind", "labor"), NOTHING)) == []
