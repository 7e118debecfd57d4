"""What an hour cost, and who said so: the line, UpKeep's labor cost, the user's rate, the company's dated table; overtime beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connector.core.cost_rules import CostRules, LaborInTotal, LaborTwice, Overtime
from connector.core.costing import CostFact, CostKind, cost, left_out
from connector.core.labor_rates import ALWAYS, LaborRate, rate_in_force
from connector.core.plausible_time import doubt_of_unit, durations_of, implausible_days, looks_like
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder
from tests.core.examples import KIM, PUMP_SEAL, rate, work_order

DAY = date(2026, 1, 6)
LEE = Reference("u2", "lee@example.com")
SEALS = Reference("v1", "Seals & Co")
OWN, USER = "time entry", "user"
CENTRAL = "America/Chicago"


def hours(key: str, many: str, per_hour: str = "", basis: str = USER, worker: Reference | None = KIM, **more: Any) -> LaborEntry:
    at = more.pop("at", None)
    worked_at = datetime.fromisoformat(at).replace(tzinfo=UTC) if at else None
    rate_per_hour = Decimal(per_hour) if per_hour else None
    day = worked_at.date() if worked_at else None
    return LaborEntry(key, worker, Decimal(many) * 3600, rate_per_hour, basis if per_hour else "", "", day, worked_at, **more)


def labor_of(
    *entries: LaborEntry, total: str = "", rates: tuple[LaborRate, ...] = (), **rules: Any
) -> tuple[list[CostFact], list[Problem]]:
    order = work_order(labor=entries, parts=(), other=(), labor_total=Decimal(total) if total else None)
    return cost(order, rates, DAY, "USD", CostRules(**rules))


def told(facts: list[CostFact]) -> list[tuple[str, str, str]]:
    return [(fact.key, str(fact.amount), fact.basis) for fact in facts]


# --- whose rate ------------------------------------------------------------------------------------------------------------------------


def test_the_workers_own_line_wins_then_the_vendors_then_the_trades_then_everyones() -> None:
    everyone = rate("40", date(2025, 1, 1))
    trade = LaborRate("", date(2025, 1, 1), Decimal(50), "m:2", trade="Electrician")
    vendor = LaborRate("", date(2025, 1, 1), Decimal(60), "m:3", vendor="seals & CO")
    own = rate("70", date(2025, 1, 1), "kim@example.com")
    table = (everyone, trade, vendor, own)
    assert rate_in_force(KIM, DAY, table, SEALS, "electrician") == own
    assert rate_in_force(LEE, DAY, table, SEALS, "electrician") == vendor
    assert rate_in_force(LEE, DAY, table, None, " Electrician ") == trade
    assert rate_in_force(None, DAY, table) == everyone
    assert rate_in_force(LEE, date(2024, 1, 1), table, SEALS) is None


def test_a_rate_says_from_when_it_is_and_one_without_a_day_says_nothing() -> None:
    dated, _ = labor_of(hours("t", "1"), rates=(rate("40", date(2025, 1, 1)),))
    always, _ = labor_of(hours("t", "1"), rates=(rate("40", ALWAYS),))
    assert [(f.basis, f.priced_at) for f in (*dated, *always)] == [
        ("rate table mapping.yaml:9", date(2025, 1, 1)),
        ("rate table mapping.yaml:9", None),
    ]


def test_the_rate_is_that_of_the_companys_day_and_not_of_utcs() -> None:
    new_year = (rate("40", date(2025, 1, 1)), rate("50", date(2026, 1, 1)))
    eve = hours("t", "1", at="2026-01-01T04:00:00")
    assert told(labor_of(eve, rates=new_year, timezone=CENTRAL)[0])[0][1] == "40.00"
    assert told(labor_of(eve, rates=new_year)[0])[0][1] == "50.00"


def test_a_price_says_when_it_was_that_price() -> None:
    at = datetime(2026, 1, 5, 8, tzinfo=UTC)
    own, undated, user = hours("a", "1", "50", OWN, at="2026-01-05T08:00:00"), hours("b", "1", "50", OWN), hours("c", "1", "50")
    facts, _ = labor_of(own, undated, replace(user, priced_at=at))
    assert [fact.priced_at for fact in facts] == [at, DAY, at]


# --- UpKeep's labor cost beside the lines -----------------------------------------------------------------------------------------------


def test_where_the_labor_cost_agrees_the_lines_are_kept_because_they_say_more() -> None:
    facts, problems = labor_of(hours("a", "0.333333", "50"), hours("b", "0.333333", "50"), total="33.33")
    assert told(facts) == [("a", "16.67", USER), ("b", "16.67", USER)]
    assert problems == []


def test_a_rate_that_changed_since_gives_way_to_the_labor_cost_of_the_work_order() -> None:
    facts, _ = labor_of(hours("a", "1", "60"), hours("b", "2", "60"), total="150.00")
    assert told(facts) == [("a", "50.00", "labor cost of the work order"), ("b", "100.00", "labor cost of the work order")]
    assert facts[0].unit_price == Decimal(50)


def test_lines_with_their_own_rate_keep_it_and_the_rest_of_the_labor_cost_is_the_others() -> None:
    facts, _ = labor_of(hours("a", "1", "80", OWN), hours("b", "1"), total="130.00", rates=(rate("99", ALWAYS),))
    assert told(facts) == [("a", "80.00", OWN), ("b", "50.00", "labor cost of the work order")]
    every_own, _ = labor_of(hours("a", "1", "80", OWN), total="130.00")
    assert told(every_own) == [("a", "80.00", OWN)]


def test_of_several_workers_or_an_odd_sum_only_the_whole_is_known() -> None:
    several, _ = labor_of(hours("a", "1"), hours("b", "2", worker=LEE), total="130.00")
    odd, _ = labor_of(hours("a", "0.000277"), hours("b", "700"), total="0.02")
    nobody, _ = labor_of(hours("a", "1", worker=None), total="50.00")
    assert told(several) == [("labor-total", "130.00", "labor cost of the work order")]
    assert told(odd) == [("labor-total", "0.02", "labor cost of the work order")]
    assert told(nobody) == [("a", "50.00", "labor cost of the work order")]


def test_a_contractor_beside_rated_users_is_priced_by_the_table_where_the_labor_cost_is_that_of_the_users() -> None:
    facts, _ = labor_of(hours("a", "1", "55"), hours("b", "2", worker=LEE), total="55.00", rates=(rate("72", ALWAYS, "lee@example.com"),))
    assert told(facts) == [("a", "55.00", USER), ("b", "144.00", "rate table mapping.yaml:9")]


@pytest.mark.parametrize(
    "entries",
    [
        (hours("a", "1", "55"), hours("b", "2", worker=LEE)),  # which of the two is the labor cost of?
        (hours("a", "2", "80", OWN), hours("b", "1")),  # less is left than nothing
    ],
)
def test_a_labor_cost_that_cannot_be_shared_out_is_held(entries: tuple[LaborEntry, ...]) -> None:
    _, problems = labor_of(*entries, total="90.00")
    assert [problem.code for problem in problems] == ["LABOR_COST_DIFFERS"]


# --- overtime --------------------------------------------------------------------------------------------------------------------------

WEEKEND = Overtime(Decimal(2), "m:5", weekdays=frozenset({5, 6}))
NIGHT = Overtime(Decimal("1.25"), "m:6", categories=frozenset({"night shift"}))
EIGHT = Overtime(Decimal("1.5"), "m:7", hours_a_day=Decimal(8))
TWELVE = Overtime(Decimal(2), "m:8", hours_a_day=Decimal(12))
FORTY = Overtime(Decimal("1.5"), "m:9", hours_a_week=Decimal(40))


def test_hours_above_eight_a_day_cost_half_as_much_again_beside_their_line() -> None:
    facts, problems = labor_of(
        hours("a", "6", "50", at="2026-01-06T14:00:00"),
        hours("b", "4", "50", at="2026-01-06T21:00:00"),
        overtime=(EIGHT,),
        timezone=CENTRAL,
    )
    assert told(facts) == [("a", "300.00", USER), ("b", "200.00", USER), ("b-overtime", "50.00", "overtime m:7")]
    assert (facts[2].kind, facts[2].quantity, facts[2].unit_price) == (CostKind.LABOR, Decimal(2), Decimal("25.0"))
    assert facts[2].description == "Overtime kim@example.com (× 1.5)"
    assert problems == []


def test_each_part_of_a_long_day_has_the_highest_multiplier_that_applies() -> None:
    facts, _ = labor_of(hours("a", "14", "50", at="2026-01-06T06:00:00"), overtime=(EIGHT, TWELVE))
    assert told(facts) == [("a", "700.00", USER), ("a-overtime", "100.00", "overtime m:7"), ("a-overtime-2", "100.00", "overtime m:8")]
    saturday, _ = labor_of(hours("a", "9", "50", at="2026-01-10T06:00:00"), overtime=(EIGHT, WEEKEND))
    assert told(saturday)[1:] == [("a-overtime", "450.00", "overtime m:5")]


def test_a_day_is_the_companys_and_one_workers() -> None:
    friday_evening = hours("a", "5", "50", at="2026-01-10T02:00:00")
    assert len(labor_of(friday_evening, overtime=(WEEKEND,), timezone=CENTRAL)[0]) == 1
    assert len(labor_of(friday_evening, overtime=(WEEKEND,))[0]) == 2
    two = (hours("a", "6", "50", at="2026-01-06T06:00:00"), hours("b", "6", "50", worker=LEE, at="2026-01-06T06:00:00"))
    assert len(labor_of(*two, overtime=(EIGHT,))[0]) == 2


def test_a_week_begins_on_monday() -> None:
    days = [hours(f"d{day}", "9", "10", at=f"2026-01-{day:02}T06:00:00") for day in (8, 9, 10, 11, 12)]  # Thursday to Monday
    facts, _ = labor_of(*days, hours("d7", "9", "10", at="2026-01-07T06:00:00"), overtime=(FORTY,))
    assert [key for key, _, _ in told(facts) if "overtime" in key] == ["d11-overtime"]
    assert next(fact.amount for fact in facts if fact.key == "d11-overtime") == Decimal("25.00")


def test_a_category_of_time_needs_no_day() -> None:
    night = LaborEntry("n", KIM, Decimal(3600), Decimal(40), USER, "Night Shift")
    assert told(labor_of(night, overtime=(NIGHT, EIGHT))[0]) == [("n", "40.00", USER), ("n-overtime", "10.00", "overtime m:6")]


def test_a_line_with_its_own_rate_has_no_overtime_and_the_table_has() -> None:
    saturday = "2026-01-10T12:00:00"
    assert len(labor_of(hours("a", "1", "80", OWN, at=saturday), overtime=(WEEKEND,))[0]) == 1
    table, _ = labor_of(hours("a", "1", at=saturday), overtime=(WEEKEND,), rates=(rate("40", ALWAYS),))
    assert [str(fact.amount) for fact in table] == ["40.00", "40.00"]


@pytest.mark.parametrize(
    ("entries", "rules", "is_held"),
    [
        ([hours("a", "1", "50")], (WEEKEND,), True),
        ([hours("a", "7", "50")], (EIGHT,), False),
        ([hours("a", "7", "50"), hours("b", "2", "50", at="2026-01-06T06:00:00")], (EIGHT,), True),
        ([hours("a", "41", "50")], (FORTY,), True),
        ([hours("a", "1", "50", OWN)], (WEEKEND,), False),
        ([replace(hours("a", "1", "50"), worked_on=date(2026, 1, 6))], (WEEKEND,), False),
    ],
)
def test_time_without_a_day_is_held_where_it_may_be_overtime(entries: list[LaborEntry], rules: tuple[Overtime, ...], is_held: bool) -> None:
    _, problems = labor_of(*entries, overtime=rules)
    assert [problem.code for problem in problems] == (["OVERTIME_UNKNOWN"] if is_held else [])


def test_a_labor_cost_alone_does_not_say_whether_overtime_is_in_it() -> None:
    assert [problem.code for problem in labor_of(total="50.00", overtime=(EIGHT,))[1]] == ["OVERTIME_UNKNOWN"]


# --- labor entered twice, totals, currencies --------------------------------------------------------------------------------------------

WELDER = OtherCost("c9", "Labor Cost", "Welder", Decimal("82.50"))
CRANE = OtherCost("c1", "Rental", "Crane", Decimal("40.00"))


def twice(rule: LaborTwice, **changed: Any) -> tuple[WorkOrder, CostRules]:
    facts = {"labor": (hours("t", "1.5", "55"),), "parts": (), "other": (CRANE, WELDER)} | changed
    return work_order(**facts), CostRules(labor_twice=rule)


@pytest.mark.parametrize(
    ("rule", "keys"), [(LaborTwice.TIME, ["t", "c1"]), (LaborTwice.ADDITIONAL_COST, ["c1", "c9"]), (LaborTwice.HOLD, ["t", "c1", "c9"])]
)
def test_the_mapping_says_which_of_two_labors_counts(rule: LaborTwice, keys: list[str]) -> None:
    order, rules = twice(rule)
    facts, problems = cost(order, (), DAY, "USD", rules)
    assert [fact.key for fact in facts] == keys
    assert [problem.code for problem in problems] == (["LABOR_COUNTED_TWICE"] if rule is LaborTwice.HOLD else [])
    assert left_out(order, rules) == ([WELDER] if rule is LaborTwice.TIME else [])


@pytest.mark.parametrize("category", ["Labor Cost", "Contract LABOUR"])
@pytest.mark.parametrize("labor", [{"labor": (hours("t", "1"),)}, {"labor": (), "labor_total": Decimal(55)}])
def test_labor_that_may_be_the_same_money_twice_is_held_unless_somebody_decided(category: str, labor: dict[str, Any]) -> None:
    order = work_order(**labor, parts=(), other=(replace(WELDER, category=category),))
    assert "LABOR_COUNTED_TWICE" in [problem.code for problem in cost(order, (), DAY, "USD")[1]]
    alone = work_order(labor=(hours("t", "0"),), parts=(), other=(replace(WELDER, category=category),))
    assert cost(alone, (), DAY, "USD")[1] == []


def test_time_that_does_not_count_needs_no_rate() -> None:
    order, rules = twice(LaborTwice.ADDITIONAL_COST, labor=(hours("t", "1"),))
    assert cost(order, (), DAY, "USD", rules)[1] == []


@pytest.mark.parametrize(
    ("setting", "total", "is_held"),
    [
        (LaborInTotal.YES, "132.05", False),
        (LaborInTotal.YES, "132.07", False),
        (LaborInTotal.YES, "77.05", True),
        (LaborInTotal.NO, "77.05", False),
        (LaborInTotal.NO, "132.05", True),
        (LaborInTotal.UNKNOWN, "77.05", False),
        (LaborInTotal.UNKNOWN, "132.05", False),
        (LaborInTotal.UNKNOWN, "90", True),
    ],
)
def test_the_total_that_upkeep_shows_is_compared_by_its_own_setting(setting: LaborInTotal, total: str, is_held: bool) -> None:
    contractor = hours("b", "2", worker=LEE)  # of whom UpKeep knows no rate: in our amount, not in its total
    order = work_order(labor=(hours("a", "1", "55"), contractor), total_told=Decimal(total))
    _, problems = cost(order, (rate("72", ALWAYS),), DAY, "USD", CostRules(labor_in_total=setting))
    assert [problem.code for problem in problems] == (["TOTAL_DIFFERS"] if is_held else [])


def test_an_amount_of_another_currency_is_none_of_ours() -> None:
    assert cost(work_order(currencies=frozenset({"usd", "USD "})), (), DAY, "USD")[1] == []
    problems = cost(work_order(currencies=frozenset({"CAD", "$", "USD"})), (), DAY, "USD")[1]
    assert [problem.code for problem in problems] == ["OTHER_CURRENCY"]
    assert "$, CAD" in problems[0].message


def test_a_part_says_when_it_cost_so_much() -> None:
    kept = datetime(2026, 1, 7, tzinfo=UTC)
    used = PartUsage("p1", PUMP_SEAL, Decimal(1), Decimal(5), "part usage")
    order = work_order(labor=(), other=(), parts=(used, replace(used, cost_basis="part then", priced_at=kept)))
    assert [fact.priced_at for fact in cost(order, (), DAY, "USD")[0]] == [order.completed_at, kept]


# --- the unit of time ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "unit", "other"),
    [(5400 * 60, "minutes", "seconds"), (90, "minutes", "hours"), (90 * 3600, "hours", "minutes"), (90, "seconds", "minutes"),
     (1, "seconds", "hours"), (40 * 3600 * 60, "hours", "seconds")],
)  # fmt: skip
def test_a_duration_in_the_wrong_unit_looks_like_the_right_one(seconds: int, unit: str, other: str) -> None:
    assert looks_like(Decimal(seconds), unit) == other


def test_a_day_of_one_worker_has_24_hours() -> None:
    day = [hours("a", "13", at="2026-01-06T06:00:00"), hours("b", "12", at="2026-01-06T06:00:00")]
    assert implausible_days(work_order(labor=(*day[:1], replace(day[1], worker=LEE))), CostRules()) == []
    (problem,) = implausible_days(work_order(labor=tuple(day)), CostRules())
    assert (problem.code, "25.00 hours on 2026-01-06" in problem.message) == ("TIME_IMPLAUSIBLE", True)
    assert "correct the time in UpKeep" in problem.next_step
    assert implausible_days(work_order(labor=(hours("a", "100"),)), CostRules()) == []
    (endless,) = implausible_days(work_order(labor=(hours("a", "5400", worker=None),)), CostRules(time_unit="hours"))
    assert "nobody named worked 5400.00 hours in all" in endless.message
    assert "time_unit: seconds" in endless.next_step


def test_the_middle_of_many_entries_doubts_the_unit_and_few_do_not() -> None:
    assert doubt_of_unit([Decimal(90)] * 19, "minutes") is None
    assert doubt_of_unit([Decimal(5400)] * 20, "minutes") is None
    short, long = doubt_of_unit([Decimal(90)] * 20, "minutes"), doubt_of_unit([Decimal(90 * 3600)] * 20, "hours")
    assert short is not None
    assert long is not None
    assert ("or less" in short.message, "or more" in long.message) == (True, True)
    assert doubt_of_unit([Decimal("0.0001")] * 20, "seconds") is None, "no unit makes it usual"
    assert durations_of([None, work_order(labor=(hours("a", "1"), hours("b", "0")))]) == [Decimal(3600)]
