"""A locked period is never written to."""

from __future__ import annotations

from datetime import UTC, date, datetime

from connector.core.period import ClosedPeriodPolicy, Month, PeriodLock, completion_day, posting_date
from connector.core.problem import Problem

LOCK = PeriodLock(date(2026, 1, 31))


def test_an_open_day_is_kept_whatever_the_policy() -> None:
    for policy in ClosedPeriodPolicy:
        assert posting_date(date(2026, 2, 1), LOCK, policy, "work order 1") == date(2026, 2, 1)
        assert posting_date(date(1999, 1, 1), PeriodLock(), policy, "work order 1") == date(1999, 1, 1)


def test_a_closed_day_is_held_or_moved_to_the_first_open_day() -> None:
    held = posting_date(date(2026, 1, 31), LOCK, ClosedPeriodPolicy.HOLD, "work order 1")
    assert isinstance(held, Problem)
    assert held.code == "PERIOD_CLOSED"
    assert posting_date(date(2026, 1, 1), LOCK, ClosedPeriodPolicy.NEXT_OPEN_DAY, "work order 1") == date(2026, 2, 1)


def test_the_day_of_completion_is_that_of_the_company_not_of_greenwich() -> None:
    late = datetime(2026, 2, 1, 3, 0, tzinfo=UTC)
    assert completion_day(late, "America/Chicago") == date(2026, 1, 31)
    assert completion_day(late, "Australia/Perth") == date(2026, 2, 1)


def test_a_month_is_written_with_its_year_and_has_its_own_last_day() -> None:
    february = Month.parse("2024-02")
    assert february is not None
    assert (february.last, str(february)) == (date(2024, 2, 29), "2024-02")
    assert (date(2024, 2, 1) in february, date(2024, 2, 29) in february, date(2024, 3, 1) in february, None in february) == (
        True,
        True,
        False,
        False,
    )
    assert [Month.parse(text) for text in ("2024-13", "2024-2", "0000-01", "", "2024-02-01")] == [None] * 5
