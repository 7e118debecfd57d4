"""A work order that shows under another site of its company: nothing is posted twice, and it is told on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.core.disposition import Disposition, Finding, Remembered
from connector.flows.intake import take_in
from connector.flows.reference import ReferenceData
from tests.stage import Stage
from tests.upkeep.test_sites import at_second_site


def staged(folder: Path, ledger: str) -> tuple[Stage, str]:
    """Two work orders at the first site of two."""
    stage = Stage(folder, ledger, upkeep_switches={"sites": 2})
    identifier = stage.work_order("1")
    stage.work_order("2")
    return stage, identifier


def move(stage: Stage, identifier: str) -> None:
    """UpKeep shows the same record at the second site from now on."""
    first, second = stage.sandbox.vendors.upkeep.sites
    record: dict[str, Any] = first.by_kind["work-orders"][identifier]
    first.delete("work-orders", record)
    second.by_kind["work-orders"][identifier] = record
    second.change("work-orders", record, {})


def at_first_site(stage: Stage) -> None:
    stage.config_change = ("", "")
    stage._write_files()


def at_second(stage: Stage) -> None:
    at_second_site(stage, stage.sandbox.vendors.upkeep.site_users[1])


def known(stage: Stage, number: str) -> tuple[Remembered | None, list[Finding]]:
    with stage.world() as world:
        return world.store.find(number), world.store.findings()


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_posted_work_order_that_moves_is_held_at_its_new_site_and_told_at_the_old_one(ledger: str, tmp_path: Path) -> None:
    stage, identifier = staged(tmp_path, ledger)
    assert stage.sync().posted == 2
    move(stage, identifier)
    at_second(stage)
    report = stage.sync(window=True)
    assert (report.posted, report.held, len(stage.documents())) == (0, 1, 2)
    held, _ = known(stage, "1")
    assert held is not None
    [problem] = held.problems
    assert problem.code == "MOVED_BETWEEN_SITES"
    assert "of the company's first site it was work order 1, with document 1-" in problem.message
    assert stage.sync().posted == 0
    at_first_site(stage)
    stage.sync(window=True)
    _, [finding] = known(stage, "1")
    assert (finding.code, "was moved to site 'second' in UpKeep" in finding.message) == ("CHANGED_AFTER_POSTING", True)


def test_a_work_order_that_was_not_posted_before_it_moved_is_posted_at_its_new_site_alone(tmp_path: Path) -> None:
    stage, identifier = staged(tmp_path, "quickbooks")
    stage.change(identifier, status="onHold")
    assert stage.sync().posted == 1
    move(stage, identifier)
    stage.sandbox.vendors.upkeep.sites[1].by_kind["work-orders"][identifier] |= {
        "status": "complete",
        "dateCompleted": "2026-02-20T17:00:00.000Z",
    }
    at_second(stage)
    assert stage.sync().posted == 1
    assert sorted(stage.numbers().values()) == [1, 1]


def test_a_work_order_on_its_way_when_it_moves_leaves_once(tmp_path: Path) -> None:
    """What is on its way for one ledger company is sent by whichever of its connections runs next."""
    stage, identifier = staged(tmp_path, "quickbooks")
    with stage.world() as world, world.store.writer():
        take_in(world, ReferenceData(world))
    move(stage, identifier)
    at_second(stage)
    report = stage.sync()
    assert (report.held, sorted(stage.numbers().values())) == (1, [1, 1])
    at_first_site(stage)
    stage.sync(window=True)
    at_second(stage)
    stage.sync(window=True)
    assert sorted(stage.numbers().values()) == [1, 1]


def test_a_work_order_withdrawn_at_the_old_site_is_posted_at_the_new_one(tmp_path: Path) -> None:
    stage, identifier = staged(tmp_path, "quickbooks")
    with stage.world() as world, world.store.writer():
        take_in(world, ReferenceData(world))
    move(stage, identifier)
    # The comparison comes before the sends: what moved is withdrawn, the other one is posted.
    assert stage.sync(window=True).posted == 1
    before, _ = known(stage, "1")
    assert before is not None
    assert before.disposition is Disposition.OPEN
    at_second(stage)
    assert stage.sync().posted == 1
    assert sorted(stage.numbers().values()) == [1, 1]


def test_the_same_number_with_another_id_is_no_move(tmp_path: Path) -> None:
    stage, _ = staged(tmp_path, "quickbooks")
    stage.sync()
    second = stage.sandbox.vendors.upkeep.sites[1]
    done = {"status": "complete", "dateCompleted": "2026-02-20T17:00:00.000Z", "additionalCosts": [{"cost": "5.00"}]}
    second.create("work-orders", {"title": "Another", "workOrderNo": "1", **done})
    at_second(stage)
    assert stage.sync().posted == 1
