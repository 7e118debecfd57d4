"""The nightly comparison of a window: what the increments missed is found, details are read of what differs only, nothing is doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.core.disposition import Disposition, Finding, Remembered
from connector.core.source_record import WindowResult
from connector.flows.status import status
from connector.flows.window import window_is_due
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.stage import START, Stage

LEDGERS = ["quickbooks", "xero"]
OLD = "2026-02-21T08:00:00.000Z"


def behind_its_back(stage: Stage, identifier: str, **fields: Any) -> None:
    """UpKeep's record changes, and its moment of change does not."""
    record = stage.sandbox.vendors.upkeep.records.by_kind["work-orders"][identifier]
    record.update({name: value for name, value in fields.items() if value is not None})
    for name in [name for name, value in fields.items() if value is None]:
        del record[name]


def result_of(stage: Stage) -> WindowResult:
    with stage.world() as world:
        found = status(world).window
    assert found is not None
    return found


def findings_of(stage: Stage) -> list[Finding]:
    with stage.world() as world:
        return world.store.findings()


def known(stage: Stage, number: str) -> Remembered:
    with stage.world() as world:
        found = world.store.find(number)
    assert found is not None
    return found


def details(stage: Stage) -> int:
    """How many work orders were read one by one so far."""
    return sum(entry["path"].startswith("/api/v2/work-orders/") and entry["method"] == "GET" for entry in stage.sandbox.upkeep.log)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_window_that_is_equal_costs_list_calls_only(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    for number in range(1, 6):
        stage.work_order(str(number), cost="100.00")
    stage.sync()
    before = details(stage)
    assert stage.sync(window=True).posted == 0
    assert details(stage) == before
    found = result_of(stage)
    assert (found.listed, found.here, found.differing) == (5, 5, 0)
    assert found.listed_total == found.here_total == Decimal("500.00")


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_row_that_came_late_with_an_old_moment_is_posted_once(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    stage.work_order("2", updatedAt=OLD, createdAt=OLD)
    assert stage.sync().posted == 0
    before = details(stage)
    assert stage.sync(window=True).posted == 1
    assert details(stage) == before + 1
    assert (result_of(stage).missed, set(stage.numbers().values())) == (1, {1})
    assert stage.sync(window=True).posted == 0
    assert result_of(stage).differing == 0


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_posted_work_order_whose_cost_changed_and_moment_did_not_is_told_and_not_posted_again(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    identifier = stage.work_order("1", cost="100.00")
    stage.sync()
    behind_its_back(stage, identifier, cost="130.00", additionalCosts=[{"description": "Crane", "cost": "130.00"}])
    assert stage.sync().findings == 0
    assert stage.sync(window=True).posted == 0
    [finding] = findings_of(stage)
    assert finding.code == "CHANGED_AFTER_POSTING"
    assert "posted 100.00 USD, now 130.00 USD" in finding.message
    assert (result_of(stage).changed, stage.total()) == (1, Decimal("100.00"))
    stage.sync(window=True)
    assert result_of(stage).changed == 0


def test_a_held_work_order_that_was_corrected_without_a_new_moment_is_posted(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    identifier = stage.work_order("1", additionalCosts=[{"cost": "?"}], cost="?")
    assert stage.sync().held == 1
    behind_its_back(stage, identifier, cost="70.00", additionalCosts=[{"cost": "70.00"}])
    assert stage.sync(window=True).posted == 1


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_deleted_work_order_is_told_once_and_its_document_stays(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    identifier, _ = stage.work_order("1"), stage.work_order("2")
    stage.sync()
    stage.upkeep.delete(f"/api/v2/work-orders/{identifier}")
    assert stage.sync().findings == 0
    stage.sync(window=True)
    [finding] = findings_of(stage)
    assert "is no longer in UpKeep" in finding.message
    assert len(stage.documents()) == 2
    with stage.world() as world:
        assert world.store.release("1")
    # The person has dealt with it: the next night does not ask again.
    before = details(stage)
    assert stage.sync(window=True).findings == 0
    assert details(stage) == before


def test_a_held_work_order_that_was_deleted_waits_for_nobody(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    identifier, _ = stage.work_order("1", additionalCosts=[{"cost": "?"}]), stage.work_order("2")
    assert stage.sync().standing["held"] == 1
    stage.upkeep.delete(f"/api/v2/work-orders/{identifier}")
    assert "held" not in stage.sync(window=True).standing


def test_a_reopened_work_order_is_told_also_when_its_moment_did_not_move(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    identifier, _ = stage.work_order("1"), stage.work_order("2")
    stage.sync()
    behind_its_back(stage, identifier, status="inProgress", dateCompleted=None)
    stage.sync(window=True)
    [finding] = findings_of(stage)
    assert "was reopened in UpKeep" in finding.message


@pytest.mark.parametrize("is_listed", [True, False])
def test_an_archived_work_order_stays_as_it_is(is_listed: bool, tmp_path: Path) -> None:
    """Whether the list shows what is archived is not documented."""
    stage = Stage(tmp_path, upkeep_switches={"archived": "listed" if is_listed else "hidden"})
    identifier, _ = stage.work_order("1"), stage.work_order("2")
    stage.sync()
    stage.change(identifier, archived=True)
    report = stage.sync(window=True)
    assert (report.posted, report.findings) == (0, 0)
    assert result_of(stage).gone == (0 if is_listed else 1)
    from connector.flows.reconcile import reconcile

    with stage.world() as world:
        assert reconcile(world).findings == []


@pytest.mark.parametrize(
    "switches", a_few([{"unknown_filters": "ignored"}, {"unknown_filters": "400"}, {"limit_cap": 2}, {"token_calls": 2}])
)
def test_the_window_is_compared_however_upkeep_lists(switches: dict[str, Any], tmp_path: Path) -> None:
    stage = Stage(tmp_path, upkeep_switches=switches)
    stage.upkeep.headers["Session-Token"] = stage.sandbox.vendors.upkeep.organization_token
    for number in range(1, 8):
        stage.work_order(str(number))
    stage.sync()
    stage.work_order("8", updatedAt=OLD, createdAt=OLD)
    stage.sync(window=True)
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 8
    assert result_of(stage).listed == 8


def test_a_list_that_is_suddenly_empty_is_not_believed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    records = stage.sandbox.vendors.upkeep.records
    records.by_kind["work-orders"].clear()
    records.by_change.clear()
    report = stage.sync(window=True)
    assert "UpKeep lists nothing completed since" in report.stopped[0]
    assert report.findings == 0


def test_an_outage_in_the_middle_of_the_comparison_loses_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for number in range(1, 4):
        stage.work_order(str(number))
    stage.sync()
    stage.work_order("4", updatedAt=OLD, createdAt=OLD)
    stage.sandbox.upkeep.plan.plan([Fault("5xx", method="GET", path="*/work-orders/*", times=4)])
    report = stage.sync(window=True)
    # UpKeep could not show this one: it is held, and read again by itself.
    assert (report.posted, report.held) == (0, 1)
    assert stage.sync().posted == 1
    assert set(stage.numbers().values()) == {1}


def test_a_work_order_older_than_the_window_is_left_alone(tmp_path: Path) -> None:
    stage = Stage(tmp_path, config_change=("      email:", "      window_days: 5\n      email:"))
    stage.work_order("1")
    stage.sync()
    stage.work_order("2", updatedAt=OLD, createdAt=OLD)
    assert stage.sync(window=True).posted == 0
    assert (result_of(stage).listed, known(stage, "1").disposition) == (0, Disposition.POSTED)


def test_the_comparison_is_due_once_a_night(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")

    def is_due() -> bool:
        with stage.world() as world:
            return window_is_due(world)

    assert is_due()
    stage.sync(window=True)
    assert not is_due()
    # 15:00 UTC on 2 March is the morning in Chicago; the next night begins there at 2:00, which is 8:00 UTC.
    assert datetime(2026, 3, 2, 15, tzinfo=UTC) == START
    stage.clock.advance(16 * 3600)
    assert not is_due()
    stage.clock.advance(3 * 3600)
    assert is_due()
    stage.sync(window=True)
    assert not is_due()
    stage.ahead = timedelta(days=-3)
    assert is_due()


def test_no_window_is_compared_where_none_is_wanted(tmp_path: Path) -> None:
    stage = Stage(tmp_path, config_change=("      email:", "      window_days: 0\n      email:"))
    with stage.world() as world:
        assert not window_is_due(world)
        assert window_is_due(replace(world, policy=replace(world.policy, window_days=1)))
