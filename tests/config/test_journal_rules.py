"""`burden`, `use_tax` and `hold_above` in a mapping, and the facts that name them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connector.config.mapping_file import load_mapping
from connector.core.additions import AdditionRate
from connector.core.facts import Target

GOOD = """\
defaults: {account: Repairs}
credits: {labor: Labor applied, parts: Inventory, other: Accrued}
"""
SHOP = "burden:\n  Shop: {credit: Burden applied, rates: [{from: 2026-01-01, percent: 32}, {from: 2026-07-01, rate_per_hour: 14.5}]}\n"


def told(folder: Path, text: str) -> list[tuple[str, str]]:
    (folder / "mapping.yaml").write_text(GOOD + text, "utf-8")
    return [(problem.code, problem.place.rpartition(":")[2]) for problem in load_mapping(folder / "mapping.yaml")[1]]


def test_a_schedule_has_its_accounts_and_dated_rates(tmp_path: Path) -> None:
    assert told(tmp_path, SHOP + "hold_above: 5000\nfacts:\n  - {burden: shop}\n") == []
    mapping, _ = load_mapping(tmp_path / "mapping.yaml")
    assert mapping is not None
    shop = mapping.additions[Target.BURDEN]["shop"]
    assert (shop.account, shop.credit.value, shop.credit.rule) == (None, "Burden applied", "burden: Shop")
    place = shop.rates[0].place
    assert shop.rates == (
        AdditionRate(date(2026, 1, 1), Decimal(32), None, place),
        AdditionRate(date(2026, 7, 1), None, Decimal("14.5"), place),
    )
    assert [one.value for one in mapping.given(Target.HOLD_ABOVE)] == ["5000"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("burden: {Shop: {rates: [{percent: 1}]}}\n", [("MAP_MISSING", "3")]),
        ("burden: {Shop: {credit: A}}\n", [("MAP_MISSING", "3")]),
        ("burden: {Shop: {credit: A, rates: [{from: 2026-01-01}]}}\n", [("MAP_MISSING", "3")]),
        ("burden: {Shop: {credit: A, rates: [{percent: 1, rate_per_hour: 2}]}}\n", [("MAP_BAD_CHOICE", "3")]),
        ("use_tax: {CA: {credit: A, rates: [{rate_per_hour: 2}]}}\n", [("MAP_UNKNOWN_KEY", "3"), ("MAP_MISSING", "3")]),
        ("use_tax: {CA: {credit: A, rates: [{percent: much}]}}\n", [("MAP_BAD_NUMBER", "3")]),
        ("use_tax: {CA: {credit: A, rates: [{percent: -1}]}}\n", [("MAP_BAD_NUMBER", "3")]),
        ("use_tax: {CA: {credit: A, rates: [{percent: 1, from: spring}]}}\n", [("MAP_BAD_DATE", "3")]),
        ("use_tax: {CA: {credit: A, rates: [{percent: 1}, {percent: 2}]}}\n", [("MAP_TWICE", "3")]),
        ("use_tax: {CA: {credit: [A], rates: [{percent: 1}]}}\n", [("MAP_NOT_A_NAME", "3")]),
        ("use_tax: {None: {credit: A, rates: [{percent: 1}]}}\n", [("MAP_TWICE", "3")]),
        (SHOP + "  shop: {credit: A, rates: [{percent: 1}]}\n", [("MAP_TWICE", "5")]),
        (SHOP + "facts:\n  - {burden: Shp}\n", [("MAP_BAD_CHOICE", "6")]),
        ("facts:\n  - {use_tax: CA}\n", [("MAP_BAD_CHOICE", "4")]),
        ("facts:\n  - {when: {kind: labor}, booked: never}\n", [("MAP_BAD_CHOICE", "4")]),
        ("hold_above: much\n", [("MAP_BAD_NUMBER", "3")]),
        ("hold_above: -1\n", [("MAP_BAD_NUMBER", "3")]),
        ("hold_above: 0\nfacts:\n  - {when: {team: Night}, hold_above: none}\n", []),
        ("facts:\n  - {when: {kind: labor}, hold_above: 5}\n", [("MAP_KEY_NOT_HERE", "4")]),
        ("facts:\n  - {credit_department: Plant, credit_tracking: {Fund: A}, credit_class: [B]}\n", [("MAP_NOT_A_NAME", "4")]),
        ("facts:\n  - {credit_departments: Plant}\n", [("MAP_UNKNOWN_KEY", "4")]),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, found: list[tuple[str, str]], tmp_path: Path) -> None:
    assert told(tmp_path, text) == found


def test_both_sides_of_an_entry_may_have_tracking(tmp_path: Path) -> None:
    assert told(tmp_path, "facts:\n  - {class: A, credit_class: B, credit_tracking: {Fund: C}}\n") == []
    mapping, _ = load_mapping(tmp_path / "mapping.yaml")
    assert mapping is not None
    assert (mapping.index.dimensions, mapping.index.credit_dimensions, mapping.dimensions) == (
        ["class"],
        ["Fund", "class"],
        ["Fund", "class"],
    )
