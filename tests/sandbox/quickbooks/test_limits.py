"""What one app may ask of one company in a second, a minute and a month, and what is refused beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from connector.sandbox.wire import Response
from tests.sandbox.quickbooks.test_rules import Caller


def batch(caller: Caller, number: int, items: int = 1) -> Response:
    entries = [{"bId": f"b{i}", "operation": "create", "JournalEntry": caller.journal(DocNumber=f"{number}-{i}")} for i in range(items)]
    return caller.call("POST", "batch", {"BatchItemRequest": entries}, f"requestid=r{number}")


def in_a_minute(caller: Caller, count: int, call: Any) -> list[int]:
    """That many calls, spread so that no second has more than ten."""
    statuses = []
    for number in range(count):
        statuses.append(call(number).status)
        caller.clock.advance(0.11)
    return statuses


@pytest.mark.parametrize(("counted", "refused"), [("call", 0), ("each", 4)])
def test_the_items_of_a_batch_count_against_the_five_hundred_a_minute_by_a_switch(counted: str, refused: int) -> None:
    caller = Caller(enforce_limits=True, batch_items=counted)
    assert in_a_minute(caller, 20, lambda n: batch(caller, n, 30)).count(429) == refused


def test_a_batch_that_cannot_be_read_counts_as_one_call() -> None:
    caller = Caller(enforce_limits=True, batch_items="each")
    assert [caller.call("POST", "batch", b"x").status for _ in range(11)] == [400] * 10 + [429]


def test_five_hundred_calls_a_minute_and_no_more() -> None:
    caller = Caller(enforce_limits=True)
    statuses = in_a_minute(caller, 503, lambda n: caller.call("GET", "preferences"))
    assert (statuses[:500].count(200), statuses[500:].count(429)) == (500, 3)
    assert caller.vendor.over_limit() == {"second": 0, "minute": 3, "batch": 0, "batch of all apps": 0, "month": 0}


def test_other_apps_use_up_the_batches_of_the_company() -> None:
    caller = Caller(enforce_limits=True, batches_of_other_apps=119)
    assert [batch(caller, n).status for n in range(2)] == [200, 429]
    assert caller.vendor.over_limit()["batch of all apps"] == 1


def test_reads_beyond_the_month_s_are_refused_until_the_next_and_creates_are_not() -> None:
    caller = Caller(enforce_limits=True, reads_per_month=2)
    read = lambda: caller.call("GET", "preferences").status  # noqa: E731
    assert caller.call("GET", "journalentry/999").status == 400  # Only what is answered well is metered.
    assert [read(), read(), read()] == [200, 200, 429]
    assert caller.call("POST", "query", b"select * from Account").status == 429
    assert caller.post(caller.journal()).status == 200
    assert caller.vendor.limits.reads == {"2026-03": 2}
    caller.clock.advance(30 * 86_400)
    caller.access = caller.sign_in_again()
    assert read() == 200


@pytest.mark.parametrize(("told", "seconds"), [(None, 60), (7, 7)])
def test_who_calls_during_the_pause_after_a_429_is_not_careful(told: int | None, seconds: int) -> None:
    caller = Caller(enforce_limits=True, retry_after_seconds=told, throttle_body="json")
    answers = [caller.call("GET", "preferences") for _ in range(11)]
    assert answers[-1].headers.get("retry-after") == (None if told is None else str(told))
    assert (answers[-1].status, caller.vendor.violations) == (429, [])
    caller.clock.advance(seconds - 1)
    caller.call("GET", "preferences")
    assert caller.vendor.violations == ["call during the pause after a 429"]
    caller.clock.advance(1)
    caller.call("GET", "preferences")
    assert len(caller.vendor.violations) == 1
