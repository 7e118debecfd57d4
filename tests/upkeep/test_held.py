"""Bad work orders on their way through a whole sync: each is held with its reason, and the good ones beside them are posted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox.faults import Fault
from tests.stage import Stage

BAD: dict[str, dict[str, Any]] = {
    "UNREADABLE_NUMBER": {"additionalCosts": [{"cost": "see invoice"}]},
    "AMOUNT_TOO_LARGE": {"additionalCosts": [{"cost": "9" * 29}]},
    "UNREADABLE_DATE": {"dateCompleted": "2026-02-20"},
    "NEGATIVE_TIME": {"timeLogs": [{"duration": -5}]},
    "LABOR_WITHOUT_RATE": {"timeLogs": [{"duration": 5}]},
    "PART_WITHOUT_PRICE": {"parts": [{"id": "gone", "quantity": 1}]},
    "UNREADABLE_WORK_ORDER": {"timeLogs": {"duration": 5}, "parts": "p1"},
}


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_every_bad_work_order_is_held_with_its_reason_and_the_good_ones_are_posted(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("good-1", title="🔧👨‍👩‍👧 Müller \x02\x00\x1b[31m half \ud83d", description="🔧" * 2_500_000)
    for code, fields in BAD.items():
        stage.work_order(code, **fields)
    stage.work_order("good-2")
    report = stage.sync()
    assert (report.posted, report.held, report.excluded) == (2, len(BAD), 0)
    assert stage.total() == Decimal("200.00")
    with stage.world() as world:
        rows = {code: world.store.find(code) for code in BAD}
    assert {code: set(row.codes) if row else None for code, row in rows.items()} == {code: {code} for code in BAD}


def test_a_bad_work_order_that_is_corrected_is_posted(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    identifier = stage.work_order("1", dateCompleted="yesterday")
    assert stage.sync().held == 1
    stage.change(identifier, dateCompleted="2026-02-20T17:00:00.000Z")
    assert stage.sync().posted == 1


@pytest.mark.parametrize("kind", ["429", "5xx", "drop_before_commit", "refuse", "html"])
def test_an_outage_at_upkeep_that_passes_is_not_noticed(kind: Any, tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sandbox.upkeep.plan.plan([Fault(kind=kind, method="GET", path="*/work-orders*", times=3)])
    assert stage.sync().posted == 1


@pytest.mark.parametrize(
    "switches", [{"unknown_filters": "ignored"}, {"unknown_filters": "400"}, {"moving_sort": 4}, {"token_calls": 2}, {"limit_cap": 3}]
)
def test_each_is_posted_once_however_upkeep_pages(switches: dict[str, Any], tmp_path: Path) -> None:
    stage = Stage(tmp_path, upkeep_switches=switches)
    stage.upkeep.headers["Session-Token"] = stage.sandbox.vendors.upkeep.organization_token
    for number in range(1, 9):
        stage.work_order(str(number))
    reports = [stage.sync() for _ in range(3)]
    assert sum(report.posted for report in reports) == 8
    assert set(stage.numbers().values()) == {1}
    assert stage.total() == Decimal("800.00")
