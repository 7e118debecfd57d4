"""A mapping against itself, the live chart and the held work orders: all of it told before the mapping is used, and nothing written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.flows.mapping_check import MappingChecked, check_mapping
from connector.sandbox.faults import Fault
from tests.stage import Stage

PLAIN = plain_mapping_text("USD")
NO_DEFAULT = PLAIN.replace("defaults:\n  account: Repairs and maintenance\n", "cost_codes:\n  HVAC: Repairs and maintenance\n")
ROOF = "Roof's (flat)"
LEDGERS = ("quickbooks", "xero")


def checked(stage: Stage) -> MappingChecked:
    with stage.world() as world:
        return check_mapping(world)


def codes(found: MappingChecked) -> list[str]:
    return [problem.code for problem in found.problems]


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_mapping_that_fits_the_books_has_nothing_to_tell(ledger: str, tmp_path: Path) -> None:
    found = checked(Stage(tmp_path, ledger))
    assert (codes(found), found.unmapped, found.overridden, found.is_unreachable) == ([], (), (), False)
    assert found.company_name


def test_codes_that_are_not_mapped_are_told_with_the_money_behind_each(tmp_path: Path) -> None:
    """The most money first; a code that nearly fits is asked about, and stays unmapped."""
    stage = Stage(tmp_path, mapping_text=NO_DEFAULT)
    for number, (category, cost) in enumerate(
        [("HVAK", "100.00"), ("Roof's (flat)", "300.00"), ("Roof's (flat)", "50.00"), ("HVAC", "9.00")]
    ):
        stage.work_order(str(number), category=category, additionalCosts=[{"description": "x", "category": "y", "cost": cost}])
    assert stage.sync().standing["held"] == 3
    told = [(one.missing.value, one.waiting.count, one.waiting.amount, one.near) for one in checked(stage).unmapped]
    assert told == [(ROOF, 2, Decimal("350.00"), ()), ("HVAK", 1, Decimal("100.00"), ("hvac",))]
    assert stage.sync().standing["held"] == 3


def test_what_the_mapping_has_by_now_waits_for_a_sync_only(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mapping_text=NO_DEFAULT)
    stage.work_order("1", category="Roof")
    stage.sync()
    (tmp_path / "mapping.yaml").write_text(PLAIN, "utf-8")
    assert checked(stage).unmapped == ()


def test_a_place_without_a_customer_is_told_with_the_money_behind_it(tmp_path: Path) -> None:
    text = PLAIN.replace("customer: {default: Internal departments}", "customer: {by: team, values: {Day: Internal departments}}")
    stage = Stage(tmp_path, document="invoice", mapping_text=text)
    stage.work_order("1")
    stage.sync()
    found = checked(stage).unmapped
    assert [(one.missing.key, one.missing.value, one.waiting.amount) for one in found] == [("team", "", Decimal("100.00"))]


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_name_that_the_chart_does_not_know_is_told_with_the_money_behind_it(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, mapping_text=PLAIN.replace("account: Repairs and maintenance", "account: Repairs and maintenence"))
    stage.work_order("1")
    stage.sync()
    found = checked(stage)
    assert codes(found) == ["ACCOUNT_UNKNOWN"]
    assert found.problems[0].next_step.startswith("Did you mean 'Repairs and maintenance'")
    assert [(one.count, one.amount) for one in found.waiting.values()] == [(1, Decimal("100.00"))]


def test_a_fact_that_nothing_is_mapped_by_is_told(tmp_path: Path) -> None:
    text = PLAIN + "facts:\n  - {when: {category: HVAC}, account: Repairs and maintenance}\n"
    text += "  - {when: {cost_code: HVAC}, account: Repairs and maintenance}\n"
    found = checked(Stage(tmp_path, mapping_text=text))
    line = len(PLAIN.splitlines()) + 2
    assert [(problem.code, problem.place) for problem in found.problems] == [
        ("MAP_FACT_UNREACHABLE", f"{tmp_path / 'mapping.yaml'}:{line}")
    ]


def test_what_a_connections_own_file_overrides_is_counted_and_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text(PLAIN, "utf-8")
    own = "include: common.yaml\ncost_codes: {HVAC: Repairs and maintenance}\ncredits: {labor: Accrued maintenance}\n"
    found = checked(Stage(tmp_path, mapping_text=own))
    assert codes(found) == []
    assert [(gone.fact.place, kept.fact.place) for gone, kept in found.overridden] == [
        (f"{tmp_path / 'common.yaml'}:6", f"{tmp_path / 'mapping.yaml'}:3")
    ]


def test_books_that_cannot_be_read_keep_the_rest_from_nobody(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mapping_text=NO_DEFAULT)
    stage.work_order("1", category="Roof")
    stage.sync()
    stage.plan(Fault("5xx", times=50))
    found = checked(stage)
    assert (codes(found), found.is_unreachable) == (["LEDGER_UNREACHABLE"], True)
    assert [one.missing.value for one in found.unmapped] == ["Roof"]
