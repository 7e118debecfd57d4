"""Rows become one work order: its times, parts and costs, each once; where rows contradict each other, it is held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.upkeep.csv.desk import HEADER, ROW, Desk, codes


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_several_rows_are_one_work_order_with_a_time_a_part_and_a_cost(desk: Desk) -> None:
    rows = "w1,150,Leaking pump,2026-02-20T17:00:00Z,1:30,Kim,,,,\n" + "w1,,,,,,P-7,2,3.50,\n" + "w1,150,Leaking pump,,,,,,,100.00\n"
    desk.put(HEADER + rows)
    read = desk.work_order()
    assert (read.id, read.number, read.title, read.status) == ("w1", "150", "Leaking pump", "complete")
    assert [(str(one.worker), one.seconds) for one in read.labor] == [("Kim", Decimal(5400))]
    assert [(one.part.id, one.quantity, one.unit_cost) for one in read.parts] == [("P-7", Decimal(2), Decimal("3.50"))]
    assert [one.amount for one in read.other] == [Decimal("100.00")]


def test_the_order_of_the_rows_changes_nothing(desk: Desk) -> None:
    rows = ["w1,150,Pump,2026-02-20,1:30,Kim,,,,\n", "w1,150,Pump,2026-02-20,2:00,Lee,,,,\n", "w1,150,Pump,2026-02-20,,,,,,9.00\n"]
    desk.put(HEADER + "".join(rows))
    first = desk.one()
    desk.put(HEADER + "".join(reversed(rows)))
    assert desk.sync() == {}
    assert desk.source.read(first.head) == first


def test_rows_that_disagree_about_the_work_order_hold_it_and_name_both_lines(desk: Desk) -> None:
    desk.put(HEADER + ROW + "w1,150,Other job,2026-02-20T17:00:00Z,,,,,,50.00\n" + ROW.replace("w1,150", "w2,151"))
    read = desk.sync()
    assert codes(read["w1"]) == ["CSV_ROWS_DISAGREE work order 150, inbox/a.csv:3"]
    assert "'Leaking pump' on line 2, 'Other job' on line 3" in read["w1"].problems[0].message
    assert read["w2"].problems == ()


def test_the_same_row_twice_is_held_because_it_may_be_the_same_money_twice(desk: Desk) -> None:
    desk.put(HEADER + ROW + ROW)
    assert codes(desk.one()) == ["CSV_ROW_TWICE work order 150, inbox/a.csv:3"]


def test_a_bookkeeper_may_say_that_equal_rows_are_different_money(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, additional_cost: Cost}\nrepeated_rows: count\n")
    desk.put(HEADER + ROW + ROW)
    assert [one.amount for one in desk.work_order().other] == [Decimal("100.00")] * 2


def test_equal_rows_without_money_are_no_doubt(desk: Desk) -> None:
    desk.put(HEADER + ROW + "w1,150,,,,,,,,\n" * 2)
    assert len(desk.work_order().other) == 1


def test_a_cost_of_the_whole_work_order_is_counted_once_although_each_row_repeats_it(tmp_path: Path) -> None:
    desk = Desk(
        tmp_path, "columns: {id: ID, completed: Done, labor_cost: Labor, additional_cost_total: Extra, part_name: Part, quantity: Qty}\n"
    )
    desk.put("ID,Done,Labor,Extra,Part,Qty\nw1,2026-02-20,80.00,40.00,Seal,1\nw1,2026-02-20,80.00,40.00,Belt,2\n")
    read = desk.work_order()
    assert (read.labor_total, [one.amount for one in read.other]) == (Decimal("80.00"), [Decimal("40.00")])


def test_a_time_with_its_own_rate_goes_before_the_labor_cost_of_the_work_order(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, labor_cost: Labor, labor_minutes: Min, labor_rate: Rate}\n")
    desk.put("ID,Done,Labor,Min,Rate\nw1,2026-02-20,80.00,90,40\nw2,2026-02-20,80.00,90,\n")
    read = {key: one.work_order for key, one in desk.sync().items()}
    first, second = read["w1"], read["w2"]
    assert first is not None
    assert second is not None
    assert ([entry.rate_per_hour for entry in first.labor], first.labor_total) == ([Decimal(40)], None)
    assert (second.labor, second.labor_total) == ((), Decimal("80.00"))


def test_the_day_of_a_time_is_that_of_the_exports_zone(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, labor_seconds: S, worked: On, assigned: Who}\n")
    desk.put("ID,Done,S,On,Who\nw1,2026-02-20,600,2026-02-19 23:30,Kim\n")
    (entry,) = desk.work_order().labor
    assert (entry.worked_on, str(entry.worker)) == (date(2026, 2, 19), "Kim")


def test_custom_fields_and_names_are_there_for_the_mapping(tmp_path: Path) -> None:
    columns = (
        "columns: {id: ID, completed: Done, asset: A, location: L, team: T, category: C, priority: P, status: S}\nfields: {Building: B}\n"
    )
    desk = Desk(tmp_path, columns)
    desk.put("ID,Done,A,L,T,C,P,S,B\nw1,2026-02-20,Pump,Roof,Day,HVAC,High,Complete,North\n")
    read = desk.work_order()
    assert [str(read.asset), str(read.location), str(read.team)] == ["Pump", "Roof", "Day"]
    assert (read.category, read.priority, read.status, dict(read.fields)) == ("HVAC", "High", "Complete", {"Building": "North"})


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("w1,,Pump,2026-02-20,,,,,,1.00", "MISSING_KEY"),
        ("w1,15\x000,Pump,2026-02-20,,,,,,1.00", "UNREADABLE_WORK_ORDER"),
        ("w1,150,Pump,soon,,,,,,1.00", "UNREADABLE_DATE"),
        ("w1,150,Pump,2026-02-20,an hour,,,,,", "UNREADABLE_NUMBER"),
        ("w1,150,Pump,2026-02-20,-2,,,,,", "NEGATIVE_TIME"),
        ("w1,150,Pump,2026-02-20,,,,,,about 40", "UNREADABLE_NUMBER"),
        ("w1,150,Pump,2026-02-20,,,,,,\"1,234\"", "UNREADABLE_NUMBER"),
        ("w1,150,Pump,2026-02-20,,,,,,9999999999999", "AMOUNT_TOO_LARGE"),
        ("w1,150,Pump,2026-02-20,,,P-7,,3.50,", "MISSING_KEY"),
        ("w1,150,Pump,2026-02-20,,,,2,3.50,", "MISSING_KEY"),
        ("w1,150,Pump,2026-02-20,,,,,\x00,1.00\x00", "UNREADABLE_NUMBER"),
        ("w1,150,Pump,2026-02-20,,,", "CSV_ROW_LENGTH"),
        ("w1,150,Pump, new,2026-02-20,,,,,,100.00", "CSV_ROW_LENGTH"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_holds_its_work_order_with_the_line_and_no_other(desk: Desk, row: str, code: str) -> None:
    desk.put(HEADER + row + "\n" + ROW.replace("w1,150", "w2,151"))
    read = desk.sync()
    assert f"{code} work order {read['w1'].head.number}, inbox/a.csv:2" in codes(read["w1"])
    assert all(problem.message and problem.next_step for problem in read["w1"].problems)
    assert read["w2"].problems == ()


def test_empty_cells_beyond_the_header_are_nothing(desk: Desk) -> None:
    desk.put(HEADER + ROW.replace("\n", ",,,\n"))
    assert desk.work_order().number == "150"


def test_a_complete_work_order_without_its_date_is_held(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, status: S, additional_cost: Cost}\n")
    desk.put("ID,Done,S,Cost\nw1,,Complete,5.00\nw2,,Open,5.00\nw3,2026-02-20,,5.00\n")
    read = desk.sync()
    assert {key: codes(one)[:1] for key, one in read.items()} == {
        "w1": ["MISSING_KEY work order w1, inbox/a.csv:2"],
        "w2": [],
        "w3": ["MISSING_KEY work order w3, inbox/a.csv:4"],
    }


def test_amounts_in_another_currency_are_held(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, currency: Cur, additional_cost: Cost}\n")
    desk.put("ID,Done,Cur,Cost\nw1,2026-02-20,EUR,5.00\nw2,2026-02-20,usd,5.00\n")
    read = desk.sync()
    assert codes(read["w1"]) == ["CSV_OTHER_CURRENCY work order w1, inbox/a.csv:2"]
    assert read["w2"].problems == ()


def test_labor_entered_as_an_additional_cost_beside_logged_time_is_held(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, labor_hours: H, additional_cost: Cost, additional_cost_category: Kind}\n")
    desk.put("ID,Done,H,Cost,Kind\nw1,2026-02-20,2,80.00,Labor\n")
    assert codes(desk.one()) == ["LABOR_COUNTED_TWICE work order w1, inbox/a.csv:2"]


def test_a_column_that_is_no_id_shows_as_too_many_rows(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: Kind, completed: Done, additional_cost: Cost}\n")
    desk.put("Kind,Done,Cost\n" + "Repair,2026-02-20,1.00\n" * 5_001)
    assert codes(desk.one()) == ["CSV_TOO_MANY_ROWS work order Repair, inbox/a.csv:2"]


def test_a_time_of_zero_is_no_time_and_a_rate_below_zero_is_no_rate(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "columns: {id: ID, completed: Done, labor_hours: H, labor_rate: Rate}\n")
    desk.put("ID,Done,H,Rate\nw1,2026-02-20,0:00,40\nw2,2026-02-20,1:00,-40\nw3,2026-02-20,9999999999999,40\n")
    read = desk.sync()
    assert read["w1"].work_order is not None
    assert read["w1"].work_order.labor == ()
    assert [codes(read[key]) for key in ("w1", "w2", "w3")] == [
        [],
        ["UNREADABLE_NUMBER work order w2, inbox/a.csv:3"],
        ["UNREADABLE_NUMBER work order w3, inbox/a.csv:4"],
    ]
