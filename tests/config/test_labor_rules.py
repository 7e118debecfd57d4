"""The mapping's rules about labor: whose rate, what is overtime, and which of two labors counts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from connector.core.cost_rules import LaborTwice, Overtime
from connector.core.labor_rates import ALWAYS, LaborRate
from tests.config.test_mapping_file import GOOD, at, good, told


def test_a_rate_may_be_a_vendors_or_a_trades(tmp_path: Path) -> None:
    text = "labor_rates:\n  - {vendor: Seals & Co, rate_per_hour: 90}\n  - {trade: Electrician, rate_per_hour: 60}\n"
    assert good(tmp_path, GOOD + text).labor_rates == (
        LaborRate("", ALWAYS, Decimal(90), at(tmp_path, 8), vendor="Seals & Co"),
        LaborRate("", ALWAYS, Decimal(60), at(tmp_path, 9), trade="Electrician"),
    )


def test_overtime_goes_by_category_weekday_or_hours(tmp_path: Path) -> None:
    text = (
        "overtime:\n  - {category: [Night shift, Standby], multiplier: 1.25}\n  - {weekday: Sunday, multiplier: 2}\n"
        "  - {hours_a_day: 8, multiplier: 1.5}\n  - {hours_a_week: 40, multiplier: 1.5}\n"
    )
    assert good(tmp_path, GOOD + text).overtime == (
        Overtime(Decimal("1.25"), at(tmp_path, 8), categories=frozenset({"night shift", "standby"})),
        Overtime(Decimal(2), at(tmp_path, 9), weekdays=frozenset({6})),
        Overtime(Decimal("1.5"), at(tmp_path, 10), hours_a_day=Decimal(8)),
        Overtime(Decimal("1.5"), at(tmp_path, 11), hours_a_week=Decimal(40)),
    )


def test_labor_entered_twice_is_held_unless_written_otherwise(tmp_path: Path) -> None:
    assert good(tmp_path, GOOD).labor_twice is LaborTwice.HOLD
    assert good(tmp_path, GOOD + "labor_entered_twice: additional_cost\n").labor_twice is LaborTwice.ADDITIONAL_COST


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("labor_rates:\n  - {worker: kim, trade: Welder, rate_per_hour: 1}\n", "8 MAP_TWO_CONDITIONS"),
        ("labor_rates:\n  - {trade: x, rate_per_hour: 1}\n  - {trade: X, rate_per_hour: 2}\n", "9 MAP_TWICE"),
        ("overtime:\n  - {multiplier: 2}\n", "8 MAP_EMPTY_CONDITION"),
        ("overtime:\n  - {weekday: sunday}\n", "8 MAP_MISSING"),
        ("overtime:\n  - {weekday: sunday, category: x, multiplier: 2}\n", "8 MAP_TWO_CONDITIONS"),
        ("overtime:\n  - {weekday: [sunday, someday], multiplier: 2}\n", "8 MAP_BAD_CHOICE"),
        ("overtime:\n  - {category: [], multiplier: 0.5}\n", "8 MAP_BAD_NUMBER"),
        ("overtime:\n  - {category: [{a: b}], multiplier: 2}\n", "8 MAP_NOT_A_VALUE"),
        ("overtime:\n  - {hours_a_day: 25, multiplier: 2}\n", "8 MAP_BAD_NUMBER"),
        ("overtime:\n  - {hours_a_week: many, multiplier: 2}\n", "8 MAP_BAD_NUMBER"),
        ("labor_entered_twice: both\n", "7 MAP_BAD_CHOICE"),
        ("cost_code: catgory\n", "7 MAP_UNKNOWN_KEY"),
        ("tracking: {class: {by: asset.colour, default: x}}\n", "7 MAP_UNKNOWN_KEY"),
        ("exclude:\n  - {locations: Roof}\n", "8 MAP_UNKNOWN_KEY"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, problem: str, tmp_path: Path) -> None:
    assert told(tmp_path, GOOD + text) == [problem]
