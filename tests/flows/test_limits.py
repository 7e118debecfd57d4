"""A job that is larger than the vendor's limits: it waits, it parks, it goes on, and nobody is called once too often."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.config.settings import LedgerConfig, Secret
from connector.flows.status import Status, status
from connector.ledgers.ledger import LimitReachedError
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from tests.stage import Stage, write_fault

HOURS = 3600


def limited(folder: Path, ledger: str, document: str = "journal_entry", *, reads_per_month: int = 500_000, **switches: Any) -> Stage:
    """A stage whose ledger refuses what is beyond its limits, and a connector that keeps to them by a file beside the database."""
    stage = Stage(folder, ledger, document, company=Company(switches={**switches, "reads_per_month": reads_per_month}))
    stage.vendor.enforce_limits = True
    company = stage.vendor.realm_id if ledger == "quickbooks" else stage.vendor.tenant_id
    address, nothing = "https://ledger.test", Secret("")
    stage.limits = LedgerConfig(ledger, address, address, company, "app", nothing, nothing, reads_per_month=reads_per_month)
    return stage


def work_orders(stage: Stage, count: int) -> None:
    for number in range(1, count + 1):
        stage.work_order(str(number))


def standing(stage: Stage) -> Status:
    with stage.world() as world:
        return status(world)


def is_within(stage: Stage) -> bool:
    """Whether the vendor refused nothing, and saw nothing that a careful client would not have done."""
    return not any(stage.vendor.over_limit().values()) and stage.vendor.violations == []


@pytest.mark.parametrize(("ledger", "document", "seconds"), [("quickbooks", "invoice", 6), ("xero", "journal_entry", 60)])
def test_more_documents_than_the_limits_allow_at_once_take_their_time(ledger: str, document: str, seconds: int, tmp_path: Path) -> None:
    stage = limited(tmp_path, ledger, document)
    work_orders(stage, 55)
    begun = stage.clock.now()
    assert stage.sync().posted == 55
    assert set(stage.numbers().values()) == {1}
    assert is_within(stage), (stage.vendor.over_limit(), stage.vendor.violations)
    assert (stage.clock.now() - begun).total_seconds() >= seconds


@pytest.mark.parametrize("windows", ["fixed", "sliding"])
def test_a_day_s_calls_that_are_used_up_park_the_company_and_a_later_run_goes_on(windows: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, "xero", day_limit=70, limit_windows=windows)
    work_orders(stage, 55)
    begun = stage.clock.now()
    first = stage.sync()
    assert first.stopped == ["Xero throttled the request (day)"]
    assert (stage.clock.now() - begun).total_seconds() < 300  # Nobody sat and waited for the day to end.
    asked = stage.shell.counts.total()
    with pytest.raises(LimitReachedError, match="Xero's calls of this day are used up"):
        stage.sync()
    assert stage.shell.counts.total() == asked
    told = standing(stage)
    assert told.limits.pause is not None
    assert told.limits.day_left == 0
    for _ in range(3):
        pause = standing(stage).limits.pause
        stage.clock.set(pause.until if pause else stage.clock.now())
        stage.sync()
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 55
    assert stage.vendor.violations == []


@pytest.mark.parametrize("body", ["xml", "json"])
def test_a_throttled_call_pauses_every_process_until_the_time_that_was_told(body: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks", throttle_body=body, retry_after_seconds=300)
    with stage.world() as one, stage.world() as two:
        one.ledger.period_lock()
        stage.plan(Fault("429", path="*/preferences"))
        with pytest.raises(LimitReachedError):
            one.ledger.period_lock()
        asked = stage.shell.counts.total()
        with pytest.raises(LimitReachedError, match="QuickBooks throttled the request"):
            two.ledger.period_lock()
        assert stage.shell.counts.total() == asked
        stage.clock.advance(300)
        two.ledger.period_lock()
    assert is_within(stage)


@pytest.mark.parametrize("kind", ["read", "write"])
def test_a_call_that_is_throttled_without_a_time_is_waited_for_a_minute_and_goes_on(kind: str, tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks")
    work_orders(stage, 3)
    stage.plan(write_fault(stage, "429") if kind == "write" else Fault("429", path="*/query"))
    begun = stage.clock.now()
    assert stage.sync().posted == 3
    assert is_within(stage)
    assert 60 <= (stage.clock.now() - begun).total_seconds() < 70


def test_status_counts_the_reads_of_the_month_by_company(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks")
    work_orders(stage, 3)
    stage.sync()
    told = standing(stage)
    (used,) = stage.vendor.limits.reads.values()
    assert (told.limits.reads, told.limits.reads_left) == (used, 500_000 - used)
    assert told.to_json()["limits"] == {
        "paused_until": None,
        "reason": "",
        "reads": {"month": "2026-03", "used": used, "used_by_all_companies": used, "allowance": 500_000, "left": 500_000 - used},
        "calls_left_today": None,
        "calls_left_told_at": None,
    }


def test_a_month_whose_reads_are_used_up_is_told_and_nothing_is_lost_until_the_next(tmp_path: Path) -> None:
    stage = limited(tmp_path, "quickbooks", reads_per_month=12)
    work_orders(stage, 3)
    stage.sync()
    stage.work_order("4")
    with pytest.raises(LimitReachedError) as told:
        stage.sync()
    assert "12 of the 12 reads of 2026-03 are used, so it may refuse reads until the month ends" in str(told.value)
    assert [problem.code for problem in standing(stage).problems] == ["READS_LOW"]
    stage.clock.advance(30 * 24 * HOURS)
    stage.sync()
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 4
