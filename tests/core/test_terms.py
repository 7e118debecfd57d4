"""When an invoice is due, on the calendar."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.terms import DueRule, Terms


@pytest.mark.parametrize(
    ("rule", "days", "invoiced", "due"),
    [
        ("after_invoice", 30, "2026-02-20", "2026-03-22"),
        ("after_invoice", 0, "2026-02-20", "2026-02-20"),
        ("after_month", 20, "2026-02-03", "2026-03-20"),
        ("after_month", 0, "2024-02-03", "2024-02-29"),
        ("of_current_month", 25, "2026-02-20", "2026-02-25"),
        ("of_current_month", 31, "2026-02-20", "2026-02-28"),
        ("of_current_month", 10, "2026-02-20", "2026-03-10"),
        ("of_following_month", 20, "2026-01-31", "2026-02-20"),
        ("of_following_month", 31, "2026-01-31", "2026-02-28"),
        ("of_following_month", 0, "2026-12-31", "2027-01-01"),
    ],
)
def test_each_rule_leads_to_its_day(rule: str, days: int, invoiced: str, due: str) -> None:
    assert Terms(DueRule(rule), days).due(date.fromisoformat(invoiced)).isoformat() == due


@given(st.sampled_from(DueRule), st.integers(0, 999), st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_no_invoice_is_due_before_its_own_day(rule: DueRule, days: int, invoiced: date) -> None:
    assert Terms(rule, days).due(invoiced) >= invoiced
