"""The main flow on both ledgers with both documents: what a controller would say of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.core.posting import Posting
from connector.flows.sync import sync
from connector.flows.world import World
from tests.rig.child import kind_of
from tests.stage import Stage, write_fault

WAYS = [(ledger, document) for ledger in ("quickbooks", "xero") for document in ("journal_entry", "invoice")]
pytestmark = pytest.mark.parametrize(("ledger", "document"), WAYS)


def test_each_completed_work_order_becomes_one_document_and_a_second_sync_posts_nothing(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    for number in range(1, 8):
        stage.work_order(str(number))
    first = stage.sync()
    assert (first.posted, first.adopted, first.held, first.uncertain) == (7, 0, 0, 0)
    assert first.amount_posted == {"USD": Decimal("700.00")}
    assert not first.needs_a_person()
    again = stage.sync()
    assert (again.posted, again.adopted, again.pulled) == (0, 0, 0)
    assert stage.total() == Decimal("700.00")
    assert set(stage.numbers().values()) == {1}


@pytest.mark.parametrize("kind", ["drop_after_commit", "garbled", "5xx_after_commit"])
def test_a_lost_answer_is_looked_up_and_never_sent_again(kind: str, ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, kind))
    stage.sync()
    stage.sync()
    assert list(stage.numbers().values()) == [1]
    assert stage.total() == Decimal("100.00")


@pytest.mark.parametrize("kind", ["drop_before_commit", "5xx", "refuse", "429", "html"])
def test_what_never_arrived_is_sent_again_after_proof(kind: str, ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, kind))
    for _ in range(3):
        stage.sync()
    assert list(stage.numbers().values()) == [1]


def test_a_commit_that_comes_late_is_still_the_only_one(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.plan(write_fault(stage, "commit_late", seconds=0.4))
    for _ in range(3):
        stage.sync()
    assert list(stage.numbers().values()) == [1]


def test_an_empty_database_finds_every_document_and_posts_none_again(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    for number in range(1, 6):
        stage.work_order(str(number))
    stage.sync()
    for path in tmp_path.glob("connector.db*"):
        path.unlink()
    report = stage.sync()
    assert (report.posted, report.adopted) == (0, 5)
    assert set(stage.numbers().values()) == {1}


def test_yesterdays_database_restored_posts_nothing_again(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.sync()
    backup = stage.back_up()
    stage.work_order("2")
    stage.sync()
    stage.restore(backup)
    report = stage.sync()
    assert (report.posted, report.adopted) == (0, 1)
    assert set(stage.numbers().values()) == {1}


def test_one_bad_work_order_never_costs_the_others(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.work_order("2", additionalCosts=[{"description": "?", "cost": "N/A"}])
    stage.work_order("3", additionalCosts=[])
    stage.work_order("4", title="🔧" * 300 + "\x00\x07", description="x" * 200_000)
    report = stage.sync()
    assert (report.posted, report.held, report.excluded) == (2, 1, 1)
    with stage.world() as world:
        held = world.store.find("2")
        excluded = world.store.find("3")
    assert held is not None
    assert held.codes == ("UNREADABLE_NUMBER",)
    assert excluded is not None
    assert excluded.codes == ("NOTHING_TO_POST",)
    assert report.needs_a_person()


def test_a_closed_period_is_held_and_posted_once_it_is_opened(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.vendor.set_lock(date(2026, 2, 28))
    assert stage.sync().held == 1
    assert stage.documents() == []
    stage.vendor.set_lock(None)
    assert stage.sync().posted == 1


def test_a_closed_period_moves_the_date_when_the_configuration_says_so(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document, config_change=("closed_period: hold", "closed_period: next_open_day"))
    stage.work_order("1")
    stage.vendor.set_lock(date(2026, 2, 28))
    assert stage.sync().posted == 1
    assert [d["date"] for d in stage.documents()] == ["2026-03-01"]
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    assert row.moved_from == date(2026, 2, 20)


def test_a_change_after_posting_is_a_finding_and_never_a_second_document(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    one = stage.work_order("1")
    two = stage.work_order("2")
    stage.sync()
    stage.change(one, additionalCosts=[{"description": "Crane", "cost": "130.00"}])
    stage.change(two, title="Only the title changed")
    report = stage.sync()
    assert (report.posted, report.findings) == (0, 1)
    with stage.world() as world:
        finding = world.store.findings()[0]
    assert finding.code == "CHANGED_AFTER_POSTING"
    assert "100.00" in finding.message
    assert "130.00" in finding.message
    assert stage.total() == Decimal("200.00")


def test_a_reopened_work_order_is_a_finding(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    one = stage.work_order("1")
    stage.sync()
    stage.change(one, status="inProgress")
    assert stage.sync().findings == 1


def test_a_rehearsal_writes_nothing_anywhere(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    report = stage.sync(dry_run=True)
    assert len(report.would_post) == 1
    assert stage.documents() == []
    with stage.world() as world:
        assert world.store.find("1") is None


def test_a_document_voided_by_a_person_is_a_finding_and_never_posted_again(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.sync()
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    if ledger == "quickbooks" and document == "journal_entry":
        stage.vendor.delete("journal_entry", row.remote_id)
    else:
        stage.vendor.void(row.remote_id)
    from connector.flows.reconcile import reconcile

    with stage.world() as world:
        found = reconcile(world)
    assert [f.code for f in found.findings] in (["VOIDED"], ["MISSING"])
    assert stage.sync().posted == 0
    assert stage.documents() == []


class StandingStill:
    """The real store in a process that stands still right after every lease, for longer than the lease."""

    def __init__(self, world: World) -> None:
        self._store, self._clock = world.store, world.clock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def lease(self, posting: Posting, seconds: float) -> Posting | None:
        leased = self._store.lease(posting, seconds)
        self._clock.sleep(seconds + 1)
        return leased


def test_a_process_that_stood_still_past_its_lease_sends_nothing(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    with stage.world() as world:
        sync(replace(world, store=StandingStill(world)))
    assert [entry for entry in stage.shell.log if kind_of(entry["method"], entry["path"]) == "create"] == []
    assert stage.sync().posted == 1
    assert list(stage.numbers().values()) == [1]
