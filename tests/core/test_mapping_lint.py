"""What a mapping says to nobody is told with its line, and what a nearer file overrides is no mistake."""

from __future__ import annotations

from connector.core.facts import Fact, Target, WhenFact
from connector.core.mapping_lint import lint
from tests.core.examples import mapping


def fact(line: int, target: str = Target.ACCOUNT, layer: int = 0, **when: str) -> WhenFact:
    return WhenFact(target, Fact("Repairs", f"mapping.yaml:{line}"), tuple(sorted(when.items())), layer=layer)


def told(*facts: WhenFact) -> list[str]:
    return [problem.place for problem in lint(mapping(debits=(), credits={}, facts=facts)).problems]


def test_the_cost_code_and_the_key_that_it_is_are_one() -> None:
    """The cost code ranks higher, so a fact by the category of the same value decides nothing."""
    assert told(fact(1, cost_code="hvac"), fact(2, category="hvac")) == ["mapping.yaml:2"]
    assert told(fact(1, cost_code="hvac"), fact(2, category="roof")) == []


def test_a_fact_whose_keys_contradict_each_other_is_told_once() -> None:
    assert told(fact(1, cost_code="hvac", category="roof")) == ["mapping.yaml:1"]
    assert told(fact(1, cost_code="hvac"), fact(2, cost_code="hvac", category="roof", team="night")) == ["mapping.yaml:2"]
    assert told(fact(1, cost_code="hvac", category="hvac")) == []
    by_kind = [fact(line, cost_code="hvac", category="roof", kind=kind) for line, kind in enumerate(("labor", "parts", "other"), 2)]
    assert told(fact(1, cost_code="hvac", category="roof"), *by_kind) == [f"mapping.yaml:{line}" for line in (1, 2, 3, 4)]


def test_a_customer_whom_no_fact_bills_is_told() -> None:
    assert told(fact(1, bill_to="clinic"), fact(2, Target.CUSTOMER, team="day")) == ["mapping.yaml:1"]
    assert told(fact(1, bill_to="repairs"), fact(2, Target.CUSTOMER, team="day")) == []


def test_what_a_nearer_file_overrides_is_no_mistake() -> None:
    facts = (fact(1), fact(2, layer=1), fact(3, layer=1, team="day"))
    found = lint(mapping(debits=(), credits={}, facts=facts))
    assert found.problems == ()
    assert {(gone.fact.place, kept.fact.place) for gone, kept in found.overridden} == {
        ("mapping.yaml:2", "mapping.yaml:1"),
        ("mapping.yaml:3", "mapping.yaml:1"),
    }
