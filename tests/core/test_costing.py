"""What a job cost: priced from its actuals, rounded once, and never guessed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connector.core.costing import CostKind, cost, rate_in_force
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference
from tests.core.examples import KIM, PUMP_SEAL, rate, work_order

DAY = date(2026, 1, 6)


def test_labor_is_time_times_rate_and_parts_are_quantity_times_unit_cost() -> None:
    facts, problems = cost(work_order(), (), DAY, "USD")
    assert [(f.kind, f.amount) for f in facts] == [
        (CostKind.LABOR, Decimal("67.50")),
        (CostKind.PARTS, Decimal("37.05")),
        (CostKind.OTHER, Decimal("40.00")),
    ]
    assert problems == []


def test_a_third_of_an_hour_is_rounded_once_at_the_end_and_half_a_cent_goes_up() -> None:
    twenty_minutes = LaborEntry("t1", KIM, Decimal(1200), Decimal("100.01"), "time entry")
    facts, _ = cost(work_order(labor=(twenty_minutes,), parts=(), other=(OtherCost("c", "", "", Decimal("0.005")),)), (), DAY, "USD")
    assert [f.amount for f in facts] == [Decimal("33.34"), Decimal("0.01")]


def test_yen_have_no_cents() -> None:
    facts, _ = cost(work_order(labor=(), parts=(), other=(OtherCost("c", "", "", Decimal("99.5")),)), (), DAY, "JPY")
    assert facts[0].amount == Decimal(100)


def test_time_without_a_rate_is_held_and_so_is_a_rate_of_zero() -> None:
    for per_hour in (None, Decimal(0)):
        facts, problems = cost(work_order(labor=(LaborEntry("t1", KIM, Decimal(60), per_hour),), parts=(), other=()), (), DAY, "USD")
        assert facts == []
        assert [p.code for p in problems] == ["LABOR_WITHOUT_RATE"]


def test_a_part_without_a_price_is_held_and_a_free_part_costs_nothing() -> None:
    unpriced = PartUsage("u1", PUMP_SEAL, Decimal(1), None)
    free = PartUsage("u2", PUMP_SEAL, Decimal(1), Decimal(0))
    facts, problems = cost(work_order(labor=(), parts=(unpriced, free), other=()), (), DAY, "USD")
    assert [p.code for p in problems] == ["PART_WITHOUT_PRICE"]
    assert [f.amount for f in facts] == [Decimal(0)]


def test_every_unpriced_actual_is_told_not_just_the_first() -> None:
    labor = tuple(LaborEntry(f"t{n}", None, Decimal(60)) for n in range(3))
    _, problems = cost(work_order(labor=labor, parts=(PartUsage("u", PUMP_SEAL, Decimal(1), None),)), (), DAY, "USD")
    assert len(problems) == 4


def test_an_amount_that_no_ledger_line_can_carry_is_held() -> None:
    _, problems = cost(work_order(other=(OtherCost("c", "", "", Decimal("10000000000.00")),)), (), DAY, "USD")
    assert [p.code for p in problems] == ["AMOUNT_TOO_LARGE"]


def test_the_labor_total_counts_only_where_there_is_no_time_log() -> None:
    with_log, _ = cost(work_order(labor_total=Decimal(99)), (), DAY, "USD")
    without, _ = cost(work_order(labor=(), labor_total=Decimal("67.50"), parts=(), other=()), (), DAY, "USD")
    assert sum(f.amount for f in with_log if f.kind is CostKind.LABOR) == Decimal("67.50")
    assert [f.amount for f in without] == [Decimal("67.50")]


def test_the_rate_in_force_is_the_workers_own_latest_one_before_that_day() -> None:
    rates = (
        rate("40", date(2025, 1, 1)),
        rate("50", date(2025, 1, 1), "KIM@example.com"),
        rate("55", date(2026, 1, 1), "kim@example.com"),
        rate("60", date(2026, 2, 1), "kim@example.com"),
    )
    assert rate_in_force(KIM, DAY, rates) == rates[2]
    assert rate_in_force(Reference("u2", "lee"), DAY, rates) == rates[0]
    assert rate_in_force(KIM, date(2024, 1, 1), rates) is None


def test_a_returned_part_is_a_negative_cost() -> None:
    facts, _ = cost(work_order(labor=(), other=(), parts=(PartUsage("u", PUMP_SEAL, Decimal(-2), Decimal("5.00")),)), (), DAY, "USD")
    assert facts[0].amount == Decimal("-10.00")


def test_an_entry_without_time_and_a_part_without_quantity_cost_nothing_and_need_no_price() -> None:
    idle = LaborEntry("t1", None, Decimal(0), None, "")
    unused = PartUsage("u1", PUMP_SEAL, Decimal(0), None, "")
    facts, problems = cost(work_order(labor=(idle,), parts=(unused,), other=()), (), date(2026, 1, 6), "USD")
    assert (facts, problems) == ([], [])
