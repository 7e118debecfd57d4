"""Whatever UpKeep answers, a work order is read as far as it can be, and every doubt about money is a problem, never a guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.work_order import WorkOrder
from connector.upkeep.parse import parse_work_order
from connector.upkeep.source import WorkOrderHead

HEAD = WorkOrderHead("a1", "4711", "complete", datetime(2026, 3, 1, tzinfo=UTC))


@dataclass
class Book:
    """UpKeep's lists, as far as a work order refers to them."""

    users: dict[str, dict[str, Any]] = field(default_factory=lambda: {"u1": {"email": "kim@example.com", "hourlyRate": "40.00"}})
    parts: dict[str, dict[str, Any]] = field(default_factory=lambda: {"p1": {"name": "Seal", "cost": "12.35"}})

    def named(self, kind: str, identifier: str) -> str:
        return f"{kind} {identifier}"

    def user(self, identifier: str) -> dict[str, Any]:
        return self.users.get(identifier, {})

    def part(self, identifier: str) -> dict[str, Any]:
        return self.parts.get(identifier, {})


def read(unit: str = "minutes", **changed: Any) -> tuple[WorkOrder, set[str]]:
    raw = {"id": "a1", "workOrderNo": "4711", "status": "complete", "dateCompleted": "2026-02-20T17:00:00.000Z"} | changed
    work_order, problems = parse_work_order(raw, HEAD, Book(), unit)
    assert work_order is not None
    assert all(p.place.startswith("work order 4711") and p.message and p.next_step for p in problems)
    return work_order, {p.code for p in problems}


@pytest.mark.parametrize(
    ("written", "amount"), [("12.50", "12.50"), (" 7 ", "7"), (Decimal("0.1"), "0.1"), (3, "3"), ("-4.00", "-4.00"), ("0", "0")]
)
def test_a_number_is_read_exactly_however_it_is_written(written: Any, amount: str) -> None:
    work_order, codes = read(additionalCosts=[{"description": "Crane", "cost": written}])
    assert [cost.amount for cost in work_order.other] == [Decimal(amount)]
    assert codes == set()


@pytest.mark.parametrize("written", ["N/A", "", None, "NaN", "Infinity", "1e999999", [1], {"a": 1}, True, "12,50 or so", "\x00"])
def test_a_number_that_is_none_is_a_problem_and_never_zero(written: Any) -> None:
    work_order, codes = read(additionalCosts=[{"description": "Crane", "cost": written}])
    assert codes == {"UNREADABLE_NUMBER"}
    assert work_order.other == ()


@pytest.mark.parametrize(("unit", "seconds"), [("minutes", 5400), ("hours", 324_000), ("seconds", 90)])
def test_time_is_read_in_the_unit_that_the_configuration_names(unit: str, seconds: int) -> None:
    work_order, _ = read(unit, timeLogs=[{"duration": 90, "user": "u1"}])
    (entry,) = work_order.labor
    assert (entry.seconds, entry.rate_per_hour, str(entry.worker)) == (Decimal(seconds), Decimal("40.00"), "kim@example.com")


def test_a_rate_on_the_entry_wins_over_the_workers() -> None:
    work_order, _ = read(timeLogs=[{"duration": 60, "user": "u1", "hourlyRate": "55"}])
    assert (work_order.labor[0].rate_per_hour, work_order.labor[0].rate_basis) == (Decimal(55), "time entry")


def test_without_a_time_log_upkeeps_own_labor_cost_counts_and_else_the_total_time() -> None:
    assert read(laborCost="80.00", time=120)[0].labor_total == Decimal("80.00")
    (entry,) = read(time=120, completedByUser="u1")[0].labor
    assert (entry.seconds, entry.rate_per_hour) == (Decimal(7200), Decimal("40.00"))


@pytest.mark.parametrize("log", [[7], ["an hour"], [None], [{"duration": "an hour"}]])
def test_a_time_entry_that_cannot_be_read_is_a_problem(log: Any) -> None:
    assert read(timeLogs=log)[1] == {"UNREADABLE_NUMBER"}


@pytest.mark.parametrize(
    "parts",
    [
        {"parts": [{"id": "p1", "name": "Seal", "quantity": 2, "cost": "12.35"}]},
        {"parts": [{"id": "p1", "quantity": "2"}]},
        {"parts": ["p1"], "respectivePartQuantityUsed": [2]},
    ],
)
def test_a_part_is_priced_in_each_shape_that_upkeep_may_show(parts: dict[str, Any]) -> None:
    work_order, codes = read(**parts)
    (usage,) = work_order.parts
    assert (usage.quantity, usage.unit_cost, usage.part.name) == (Decimal(2), Decimal("12.35"), "Seal")
    assert codes == set()


def test_a_part_of_unknown_price_has_none() -> None:
    assert read(parts=[{"id": "p9", "quantity": 1}])[0].parts[0].unit_cost is None


@pytest.mark.parametrize("told", ["yesterday", {"a": 1}, "2026-13-45"])
def test_a_completion_that_is_no_moment_is_a_problem(told: Any) -> None:
    assert read(dateCompleted=told)[1] == {"UNREADABLE_DATE"}


def test_a_completion_without_a_zone_is_taken_as_utc() -> None:
    assert read(dateCompleted="2026-02-20T17:00:00")[0].completed_at == datetime(2026, 2, 20, 17, tzinfo=UTC)


def test_a_work_order_in_progress_needs_no_completion() -> None:
    assert read(status="inProgress", dateCompleted=None)[1] == set()


def test_ten_megabytes_of_text_are_cut_and_emoji_and_control_characters_survive_reading() -> None:
    work_order, codes = read(title="🔧\x00\x07" + "x" * 10_000_000, description="y" * 10_000_000)
    assert codes == set()
    assert len(work_order.title) < 100_000


def test_references_are_read_as_ids_or_as_objects() -> None:
    for told in ("l1", {"id": "l1"}):
        location = read(location=told)[0].location
        assert location is not None
        assert (location.id, location.name) == ("l1", "locations l1")
    location = read(objectLocationForWorkOrder={"id": "l1", "name": "Riverside"})[0].location
    assert location is not None
    assert location.name == "Riverside"


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=True),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "cost", "duration", "user", "name"]), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = ["parts", "timeLogs", "additionalCosts", "time", "laborCost", "cost", "location", "asset", "customFields", "dateCompleted", "status"]


@given(st.dictionaries(st.sampled_from([*KEYS, "title", "completedByUser", "respectivePartQuantityUsed", "workOrderNo"]), JUNK, max_size=6))
def test_no_answer_however_odd_stops_the_run(raw: dict[str, Any]) -> None:
    work_order, problems = parse_work_order(raw, HEAD, Book(), "minutes")
    assert work_order is not None
    assert all(problem.code for problem in problems)
