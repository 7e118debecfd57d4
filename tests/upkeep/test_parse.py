"""Whatever UpKeep answers, a work order is read as far as it goes, and what is wrong with it has a code, a place and a next step."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.problem import Problem
from connector.core.work_order import WorkOrder
from connector.upkeep.parse import WITHOUT_ID, parse_head, parse_work_order
from connector.upkeep.reading import parse_moment
from tests.upkeep.rig import DONE, HEAD, Records, order

KIM = {"u1": {"email": "kim@example.com", "hourlyRate": "55.00"}}
SEAL = {"p1": {"name": "Pump seal", "cost": Decimal("12.35")}}
RECORDS = Records(KIM, SEAL, {"a1": "Pump 7", "l1": "Riverside", "l2": "Harbor"})


def read(records: Records = RECORDS, unit: str = "minutes", **fields: Any) -> tuple[WorkOrder | None, list[Problem]]:
    return parse_work_order(order(**fields), HEAD, records, unit)


def readable(records: Records = RECORDS, **fields: Any) -> WorkOrder:
    work_order, problems = read(records, **fields)
    assert problems == []
    assert work_order is not None
    return work_order


def problems_of(**fields: Any) -> list[tuple[str, str]]:
    """Code and place within the work order; each problem has to say all that a person needs."""
    _, problems = read(**fields)
    assert all(problem.message and problem.next_step and problem.place.startswith("work order ") for problem in problems)
    return [(problem.code, problem.place.partition(", ")[2]) for problem in problems]


# --- what can be read ------------------------------------------------------------------------------------------------------------------


def test_a_whole_work_order_is_read() -> None:
    work_order = readable(
        description="x" * 10_000_000,
        category="Plumbing",
        priority=2,
        asset="a1",
        location="l1",
        completedByUser="u1",
        customFields=[{"name": "Department", "value": "Plant"}],
        timeLogs=[{"id": "t1", "user": "u1", "duration": 90, "dateStarted": "2026-02-19T23:00:00.000Z", "category": "Wrench Time"}],
        parts=[{"id": "p1", "quantity": 3, "cost": "10.00"}],
        additionalCosts=[{"id": "c1", "description": "Crane", "category": {"id": "x", "name": "Rental"}, "cost": Decimal("40.5")}],
    )
    assert (work_order.category, work_order.priority, str(work_order.asset), str(work_order.location)) == (
        "Plumbing",
        "2",
        "Pump 7",
        "Riverside",
    )
    assert dict(work_order.fields) == {"Department": "Plant"}
    entry, part, other = work_order.labor[0], work_order.parts[0], work_order.other[0]
    assert (entry.key, entry.seconds, entry.rate_per_hour, entry.rate_basis) == ("t1", Decimal(5400), Decimal("55.00"), "user")
    assert (entry.worked_on, entry.category, str(entry.worker)) == (date(2026, 2, 19), "Wrench Time", "kim@example.com")
    assert (str(part.part), part.quantity, part.unit_cost, part.cost_basis) == ("Pump seal", 3, Decimal("10.00"), "part usage")
    assert (other.category, other.amount) == ("Rental", Decimal("40.5"))


@pytest.mark.parametrize(
    ("raw", "amount"),
    [("12.50", "12.50"), (" 7 ", "7"), (7, "7"), (Decimal("0.005"), "0.005"), ("-25.00", "-25.00"), ("1e2", "100")],
)
def test_a_number_is_read_as_number_or_text(raw: Any, amount: str) -> None:
    assert readable(additionalCosts=[{"cost": raw}]).other[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "raw",
    ["1,234.50", "N/A", "see invoice", "NaN", float("nan"), float("inf"), Decimal("NaN"), Decimal("1E+999"), "1e999",
     None, True, [], {}, "",
     "١٢", "1_000", "9" * 31, "12,50", "$5"],
)  # fmt: skip
def test_what_is_no_number_is_a_problem_and_never_zero(raw: Any) -> None:
    assert problems_of(additionalCosts=[{"cost": raw}]) == [("UNREADABLE_NUMBER", "additional cost 1")]


def test_a_number_beyond_every_price_does_not_break_the_arithmetic() -> None:
    assert problems_of(additionalCosts=[{"cost": "9" * 28}]) == [("AMOUNT_TOO_LARGE", "additional cost 1")]


def test_one_line_that_cannot_be_read_leaves_the_others_readable() -> None:
    work_order, problems = read(additionalCosts=[{"cost": "10"}, {"cost": "N/A"}, "20", None])
    assert work_order is not None
    assert [cost.amount for cost in work_order.other] == [10, 20]
    assert [problem.place for problem in problems] == ["work order 150, additional cost 2", "work order 150, additional cost 4"]


# --- keys that are missing, null or of another kind ------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [None, ""])
@pytest.mark.parametrize(
    ("key", "code"),
    [("workOrderNo", "MISSING_KEY"), ("status", "MISSING_KEY"), ("updatedAt", "MISSING_KEY"), ("dateCompleted", "MISSING_KEY")],
)
def test_a_key_that_the_books_need_is_missed(key: str, code: str, missing: Any) -> None:
    assert problems_of(**{key: missing}) == [(code, key)]
    without = {name: value for name, value in order().items() if name != key}
    assert [problem.code for problem in parse_work_order(without, HEAD, RECORDS, "minutes")[1]] == [code]


def test_a_work_order_whose_status_cannot_be_read_is_not_passed_over_as_open() -> None:
    assert read(status=["complete"])[0] is None
    assert read(status=None)[0] is None
    assert readable(status="Waiting for parts", dateCompleted=None).status == "Waiting for parts"


@pytest.mark.parametrize("key", ["title", "description", "category", "priority", "asset", "location", "team", "completedByUser",
                                 "assignedToUser", "customFields", "timeLogs", "parts", "additionalCosts", "cost", "time", "laborCost",
                                 "objectLocationForWorkOrder", "archived"])  # fmt: skip
def test_what_is_null_is_as_good_as_absent(key: str) -> None:
    assert problems_of(**{key: None}) == []


@pytest.mark.parametrize("key", ["timeLogs", "timeEntries", "parts", "additionalCosts", "customFields", "respectivePartQuantityUsed"])
@pytest.mark.parametrize("told", [{"id": "x"}, "x", 3])
def test_a_list_that_is_none_may_be_money_and_is_a_problem(key: str, told: Any) -> None:
    assert problems_of(**{key: told}) == [("UNREADABLE_WORK_ORDER", key)]


@pytest.mark.parametrize("key", ["asset", "location", "team", "completedByUser", "assignedToUser", "objectLocationForWorkOrder"])
@pytest.mark.parametrize("told", [["a1"], {"name": "no id"}, True, "x" * 600, "half \ud83d"])
def test_a_reference_that_cannot_be_read_is_a_problem(key: str, told: Any) -> None:
    assert problems_of(**{key: told}) == [("UNREADABLE_WORK_ORDER", key)]


@pytest.mark.parametrize("key", ["category", "priority"])
def test_what_the_mapping_goes_by_is_text(key: str) -> None:
    assert problems_of(**{key: ["HVAC"]}) == [("UNREADABLE_WORK_ORDER", key)]


@pytest.mark.parametrize("raw", [None, [], "complete", 7])
def test_an_answer_that_is_no_work_order_is_held(raw: Any) -> None:
    work_order, problems = parse_work_order(raw, HEAD, RECORDS, "minutes")
    assert work_order is None
    assert [(problem.code, problem.place) for problem in problems] == [("UNREADABLE_WORK_ORDER", "work order 150, detail")]


@pytest.mark.parametrize(
    ("told", "archived"), [(True, True), ("true", True), (1, True), (False, False), ("false", False), ("0", False), (None, False)]
)
def test_archived_may_come_as_text(told: Any, archived: bool) -> None:
    assert readable(archived=told).archived is archived


def test_references_are_read_as_id_as_object_and_as_pointer() -> None:
    assert str(readable(asset={"id": "a1", "name": "Inlined"}).asset) == "Inlined"
    assert str(readable(asset={"__type": "Pointer", "objectId": "a1"}).asset) == "Pump 7"
    assert str(readable(asset="gone").asset) == "gone"
    assert str(readable(location="l1", objectLocationForWorkOrder="l2").location) == "Harbor"
    assert str(readable(completedByUser={"id": "u1", "email": "lee@example.com"}).completed_by) == "lee@example.com"


# --- moments ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("raw", [DONE, "2026-02-20T18:00:00+01:00", 1771606800000, "1771606800000", Decimal(1771606800000)])
def test_a_moment_is_read_in_every_spelling_that_was_met(raw: Any) -> None:
    assert readable(dateCompleted=raw).completed_at == datetime(2026, 2, 20, 17, tzinfo=UTC)


@pytest.mark.parametrize("raw", ["2026-02-20T17:00:00", "2026-02-20", "20.02.2026", "yesterday", True, [], {"iso": DONE}, "9" * 30, 12])
def test_a_moment_without_a_zone_or_sense_holds_the_work_order(raw: Any) -> None:
    assert problems_of(dateCompleted=raw) == [("UNREADABLE_DATE", "dateCompleted")]


def test_an_open_work_order_needs_no_completion_date() -> None:
    assert readable(status="inProgress", dateCompleted=None).completed_at is None


@given(st.one_of(st.text(), st.integers(), st.none(), st.booleans(), st.floats(), st.lists(st.integers())))
def test_no_moment_ever_raises(raw: Any) -> None:
    found = parse_moment(raw)
    assert found is None or found.tzinfo is UTC


# --- labor -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("unit", "duration"), [("minutes", 90), ("hours", Decimal("1.5")), ("seconds", 5400)])
def test_time_is_in_the_configured_unit(unit: str, duration: Any) -> None:
    work_order, problems = read(unit=unit, timeLogs=[{"user": "u1", "duration": duration}])
    assert problems == []
    assert work_order is not None
    assert work_order.labor[0].seconds == 5400


@pytest.mark.parametrize("fields", [{"timeLogs": [{"user": "u1", "duration": -5}]}, {"time": -5, "completedByUser": "u1"}])
def test_negative_time_is_not_paid_back(fields: dict[str, Any]) -> None:
    work_order, problems = read(**fields)
    assert work_order is not None
    assert work_order.labor == ()
    assert [problem.code for problem in problems] == ["NEGATIVE_TIME"]


@pytest.mark.parametrize("row", [None, "90", [90], 90])
def test_a_time_entry_that_is_none_is_a_problem(row: Any) -> None:
    assert problems_of(timeLogs=[row]) == [("UNREADABLE_NUMBER", "time entry 1")]


@pytest.mark.parametrize("duration", [None, "an hour", {}, ""])
def test_an_unreadable_duration_is_a_problem(duration: Any) -> None:
    assert problems_of(timeLogs=[{"user": "u1", "duration": duration}]) == [("UNREADABLE_NUMBER", "time entry 1")]


@pytest.mark.parametrize("rate", ["55,00", "N/A", -5, {}])
def test_an_unreadable_rate_does_not_fall_back_to_another(rate: Any) -> None:
    assert problems_of(timeLogs=[{"user": "u1", "duration": 60, "hourlyRate": rate}]) == [
        ("UNREADABLE_NUMBER", "time entry 1, hourly rate")
    ]
    records = Records({"u1": {"email": "kim@example.com", "hourlyRate": rate}})
    _, problems = read(records, timeLogs=[{"user": "u1", "duration": 60}])
    assert [(p.code, p.place) for p in problems] == [("UNREADABLE_NUMBER", "work order 150, hourly rate of kim@example.com")]


@pytest.mark.parametrize("rate", [0, "0.00", None, ""])
def test_a_rate_of_nothing_is_unknown(rate: Any) -> None:
    records = Records({"u1": {"hourlyRate": rate}})
    assert readable(records, timeLogs=[{"user": "u1", "duration": 60, "hourlyRate": rate}]).labor[0].rate_per_hour is None


def test_the_entrys_own_rate_comes_before_the_users() -> None:
    entry = readable(timeLogs=[{"user": "u1", "duration": 60, "hourlyRate": "70"}]).labor[0]
    assert (entry.rate_per_hour, entry.rate_basis) == (Decimal(70), "time entry")


def test_the_day_of_a_rate_is_never_guessed_from_a_date_that_cannot_be_read() -> None:
    assert problems_of(timeLogs=[{"user": "u1", "duration": 60, "dateStarted": "last week"}]) == [("UNREADABLE_DATE", "time entry 1")]


def test_without_a_time_log_the_labor_cost_counts_and_without_that_the_time() -> None:
    assert readable(time=90, laborCost="67.50", completedByUser="u1").labor_total == Decimal("67.50")
    for fields in (
        {"completedByUser": "u1"},
        {"assignedToUser": "u1"},
        {"completedByUser": "u1", "laborCost": 0},
        {"completedByUser": "u1", "timeLogs": []},
    ):
        entry = readable(time="90", **fields).labor[0]
        assert (entry.seconds, entry.rate_per_hour) == (5400, Decimal("55.00"))
    assert readable(timeLogs=[{"user": "u1", "duration": 60}], time=999, laborCost=999).labor_total == 999


def test_lines_with_the_same_id_stay_apart() -> None:
    work_order = readable(
        timeLogs=[{"id": "t", "user": "u1", "duration": 1}, {"id": "t", "user": "u1", "duration": 2}],
        additionalCosts=[{"id": "c", "cost": 1}, {"id": "c", "cost": 2}, {"id": "d", "cost": 3}],
    )
    assert [entry.key for entry in work_order.labor] == ["time-1", "time-2"]
    assert [cost.key for cost in work_order.other] == ["other-1", "other-2", "d"]


# --- parts and other costs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quantities", ["respectivePartQuantityUsed", "partQuantities"])
def test_parts_come_as_ids_with_quantities_beside_them(quantities: str) -> None:
    usage = readable(parts=["p1"], **{quantities: ["3"]}).parts[0]
    assert (usage.quantity, usage.unit_cost, usage.cost_basis) == (3, Decimal("12.35"), "part now")


def test_parts_and_quantities_that_do_not_pair_are_a_problem() -> None:
    assert problems_of(parts=["p1", "p1"], respectivePartQuantityUsed=[1]) == [("UNREADABLE_NUMBER", "part 2, quantity")]
    assert problems_of(parts=["p1"], respectivePartQuantityUsed=[1, 2]) == [("UNREADABLE_WORK_ORDER", "parts")]


@pytest.mark.parametrize("row", [None, "", {"quantity": 1}, ["p1"], {"id": None, "quantity": 1}])
def test_a_part_without_an_id_is_a_problem(row: Any) -> None:
    assert ("UNREADABLE_WORK_ORDER", "part 1") in problems_of(parts=[row], respectivePartQuantityUsed=[1])


def test_a_part_that_was_deleted_or_never_priced_has_no_cost() -> None:
    assert readable(parts=[{"id": "gone", "quantity": 1}]).parts[0].unit_cost is None
    assert problems_of(parts=[{"id": "p1", "quantity": 1, "cost": "free"}]) == [("UNREADABLE_NUMBER", "part 1, cost")]


def test_a_returned_part_is_negative() -> None:
    assert readable(parts=[{"id": "p1", "quantity": -2}]).parts[0].quantity == -2


@pytest.mark.parametrize("lines", [{}, {"additionalCosts": []}, {"additionalCosts": None}])
def test_the_total_of_additional_costs_counts_where_there_are_no_lines(lines: dict[str, Any]) -> None:
    assert [cost.amount for cost in readable(cost="40", **lines).other] == [40]
    assert problems_of(cost="forty", **lines) == [("UNREADABLE_NUMBER", "cost")]


def test_the_lines_come_before_their_total() -> None:
    assert [cost.amount for cost in readable(cost="40", additionalCosts=[{"cost": 15}, {"cost": 25}]).other] == [15, 25]


# --- texts -----------------------------------------------------------------------------------------------------------------------------


def test_a_title_keeps_its_emoji_and_loses_what_no_database_takes() -> None:
    assert readable(title="🔧👨‍👩‍👧 Müller \x00\x1b[31m\r\nnext").title == "🔧👨‍👩‍👧 Müller   [31m  next"
    assert readable(title="half \ud83d").title == "half \ufffd"
    assert len(readable(title="x" * 10_000_000).title) == 500


@pytest.mark.parametrize("number", ["7\x00", "7\n", "half \ud83d", "9" * 600])
def test_a_number_that_cannot_be_printed_is_not_mended_into_another(number: str) -> None:
    assert problems_of(workOrderNo=number) == [("UNREADABLE_WORK_ORDER", "workOrderNo")]


@pytest.mark.parametrize("number", ["001", "WO-ü-7", 150])
def test_a_number_stays_as_it_is(number: Any) -> None:
    assert readable(workOrderNo=number).number == str(number)


def test_a_problem_quotes_what_stands_there_short_and_printable() -> None:
    _, problems = read(additionalCosts=[{"cost": "\x1b]0;" + "A" * 100_000}])
    assert len(problems[0].message) < 100
    assert problems[0].message.isprintable()


# --- rows of the list ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw", [None, [], "row", {}, {"id": None}, {"id": {"x": 1}, "updatedAt": DONE}, {"id": "x" * 200}, {"id": "a\x00b"}]
)
def test_a_row_without_an_id_is_told_of_all_the_same(raw: Any) -> None:
    head = parse_head(raw, HEAD.updated_at)
    assert head.id.startswith(WITHOUT_ID)
    assert (head.number, head.updated_at) == (head.id, HEAD.updated_at)
    assert parse_head(raw, HEAD.updated_at) == head


def test_a_row_has_its_own_moment_where_it_can_be_read() -> None:
    head = parse_head({"id": "abc", "workOrderNo": 7, "updatedAt": "2026-02-20T17:00:00.123456Z"}, HEAD.updated_at)
    assert (head.number, head.status, head.updated_at.microsecond) == ("7", "", 123_000)
    assert parse_head({"id": "abc", "updatedAt": "soon"}, HEAD.updated_at).updated_at == HEAD.updated_at


# --- anything at all -------------------------------------------------------------------------------------------------------------------

scalars = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.decimals(), st.text(max_size=12), st.sampled_from(["u1", "p1", "12.5", DONE])
)
inner_keys = st.sampled_from(
    ["id", "name", "value", "email", "user", "duration", "hourlyRate", "quantity", "cost", "category", "dateStarted"]
)
anything = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(inner_keys, inner, max_size=4)),
    max_leaves=8,
)
KEYS = [*order(), "category", "priority", "asset", "location", "team", "completedByUser", "customFields", "timeLogs", "time", "laborCost",
        "parts", "respectivePartQuantityUsed", "additionalCosts", "cost", "archived", "currency", "totalCost",
        "additionalUsers"]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), anything, max_size=8))
def test_nothing_that_json_can_say_raises_or_goes_unnoticed(fields: dict[str, Any]) -> None:
    head = parse_head(order(**fields), HEAD.updated_at)
    work_order, problems = parse_work_order(order(**fields), head, RECORDS, "minutes")
    assert work_order is not None or problems
    assert all(problem.code and problem.message and problem.next_step for problem in problems)
    told = json.dumps([str(problem) for problem in problems] + [work_order.title, work_order.number] if work_order else [])
    assert "\\u0000" not in told
