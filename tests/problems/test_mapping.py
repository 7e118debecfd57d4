"""One reproducer for each mistake that a mapping can hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.mapping_file import load_mapping
from connector.core.additions import Addition, AdditionRate
from connector.core.booking import book_costs
from connector.core.costing import cost
from connector.core.facts import Fact, Target, WhenFact
from connector.core.mapping import map_costs
from connector.core.mapping_lint import lint
from connector.core.problem import Problem
from tests.core.examples import mapping, work_order

DAY = date(2026, 1, 6)
GOOD = """\
defaults: {account: Repairs}
credits: {labor: Labor applied, parts: Inventory, other: Accrued}
"""
MISTAKES = [
    ("MAP_UNKNOWN_KEY", "defualts: {account: Repairs}\n", 3),
    ("MAP_NOT_A_TABLE", "tracking: location\n", 3),
    ("MAP_NOT_A_LIST", "exclude: warranty\n", 3),
    ("MAP_NOT_A_NAME", "cost_codes: {HVAC: {labor: [6110]}}\n", 3),
    ("MAP_NOT_A_VALUE", "cost_code: [category]\n", 3),
    ("MAP_EMPTY_CONDITION", "exclude:\n  - {because: it is warranty}\n", 4),
    ("MAP_TWO_CONDITIONS", "exclude:\n  - {category: Warranty, team: Night, because: it is warranty}\n", 4),
    ("MAP_LOOKUP_WITHOUT_KEY", "tracking:\n  location: {values: {Harbor: Harbor}}\n", 4),
    ("MAP_LOOKUP_EMPTY", "tracking:\n  location: {by: location}\n", 4),
    ("MAP_MISSING", "labor_rates:\n  - {worker: kim@example.com}\n", 4),
    ("MAP_RATE_NOT_POSITIVE", "labor_rates:\n  - {rate_per_hour: 0}\n", 4),
    ("MAP_TWICE", "cost_codes:\n  HVAC: HVAC repairs\n  hvac: Repairs\n", 5),
    ("MAP_BAD_DATE", "labor_rates:\n  - {rate_per_hour: 40, from: spring}\n", 4),
    ("MAP_BAD_NUMBER", "labor_rates:\n  - {rate_per_hour: forty}\n", 4),
    ("MAP_BAD_CHOICE", "rounding: down\n", 3),
    ("MAP_FACT_TIE", "facts:\n  - {when: {kind: parts}, credit: Other stock}\n", 4),
    ("MAP_FACT_EMPTY", "facts:\n  - {when: {category: HVAC}}\n", 4),
    ("MAP_FACT_TOO_WIDE", f"facts:\n  - {{when: {{asset: {list(range(1001))}}}, account: Pumps}}\n", 4),
    ("MAP_TIERS", "invoice:\n  markup_percent: {parts: [{unit_cost_up_to: 10, percent: 50}]}\n", 4),
    ("MAP_KEY_NOT_HERE", "facts:\n  - {when: {kind: labor}, customer: Riverside}\n", 4),
]


def problems_of(folder: Path, text: str) -> list[Problem]:
    (folder / "mapping.yaml").write_text(text, "utf-8")
    mapping, problems = load_mapping(folder / "mapping.yaml")
    assert (mapping is None) == bool(problems)
    return problems


def test_the_mapping_that_the_mistakes_are_made_in_is_good(tmp_path: Path) -> None:
    assert problems_of(tmp_path, GOOD) == []


@pytest.mark.parametrize(("code", "added", "line"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_a_mistake_is_told_with_its_line_and_a_next_step(code: str, added: str, line: int, tmp_path: Path) -> None:
    problems = [p for p in problems_of(tmp_path, GOOD + added) if p.code == code]
    assert [p.place for p in problems] == [f"{tmp_path / 'mapping.yaml'}:{line}"]
    assert problems[0].next_step


def test_a_mapping_without_any_account_is_refused(tmp_path: Path) -> None:
    assert [p.code for p in problems_of(tmp_path, "rounding: half_up\n")] == ["MAP_NO_ACCOUNTS"]


def test_a_kind_of_cost_without_a_credit_side_is_refused(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "defaults: {account: Repairs}\ncredits: {labor: Labor applied}\n")
    assert [p.code for p in problems] == ["MAP_NO_CREDIT"]
    assert "parts, other" in problems[0].message


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    assert {p.code for p in problems_of(tmp_path, GOOD + "rounding: down\nexclude: warranty\n")} == {"MAP_BAD_CHOICE", "MAP_NOT_A_LIST"}


INCLUDES = [
    ("MAP_INCLUDE_CYCLE", "include: mapping.yaml\n", 3),
    ("MAP_INCLUDE_TOO_MANY", f"include: [{', '.join(f'{number}.yaml' for number in range(51))}]\n", 3),
    ("MAP_INCLUDE_TIE", "include: [50.yaml, 51.yaml]\n", 0),
]


@pytest.mark.parametrize(("code", "added", "line"), INCLUDES, ids=[case[0] for case in INCLUDES])
def test_files_that_make_no_mapping_together_are_refused(code: str, added: str, line: int, tmp_path: Path) -> None:
    for number in range(52):
        (tmp_path / f"{number}.yaml").write_text("cost_code: team\n" if number >= 50 else "", "utf-8")
    problems = problems_of(tmp_path, GOOD + added)
    assert {p.code for p in problems} == {code}
    assert problems[0].place == (f"{tmp_path / 'mapping.yaml'}:{line}" if line else f"{tmp_path / '51.yaml'}:1")


def test_a_fact_that_nothing_is_mapped_by_is_told(tmp_path: Path) -> None:
    text = GOOD + "facts:\n  - {when: {cost_code: HVAC}, account: A}\n  - {when: {category: HVAC}, account: B}\n"
    assert problems_of(tmp_path, text) == []
    read, _ = load_mapping(tmp_path / "mapping.yaml")
    assert read is not None
    assert [(p.code, p.place) for p in lint(read).problems] == [("MAP_FACT_UNREACHABLE", f"{tmp_path / 'mapping.yaml'}:5")]


def test_a_burden_per_hour_where_no_hours_are_known_is_held() -> None:
    per_hour = Addition("Shop", None, Fact("Burden applied", "mapping.yaml:4"), (AdditionRate(DAY, None, Decimal(14), "mapping.yaml:5"),))
    rules = mapping(facts=(WhenFact(Target.BURDEN, Fact("Shop", "mapping.yaml:7")),), additions={Target.BURDEN: {"shop": per_hour}})
    costs, _ = cost(work_order(labor=(), labor_total=Decimal(90)), (), DAY, "USD")
    _, problems = book_costs(work_order(), costs, rules, lambda _: DAY, "USD")
    assert [(problem.code, problem.place) for problem in problems] == [("ADDITION_WITHOUT_HOURS", "mapping.yaml:5")]


def test_an_account_with_a_segment_that_nothing_fills_is_held() -> None:
    account = WhenFact(Target.ACCOUNT, Fact("6110-?", "mapping.yaml:7"))
    costs, _ = cost(work_order(), (), DAY, "USD")
    _, problems = map_costs(work_order(), costs, mapping(debits=(), facts=(account,), segments="-"))
    assert {(problem.code, problem.place) for problem in problems} == {("ACCOUNT_SEGMENT_OPEN", "mapping.yaml:7")}
