"""A backlog leaves in batches: fewer calls, and still one document for each work order, whatever becomes of a call."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.stage import Stage, batches_from

WAYS = [("quickbooks", "invoice"), ("xero", "journal_entry"), ("quickbooks", "journal_entry"), ("xero", "invoice")]
FULL = {"quickbooks": 30, "xero": 50}
ORDERS = 12
Backlog = Callable[..., Stage]


@pytest.fixture
def backlog(tmp_path: Path) -> Backlog:
    """So many completed work orders, none of them posted; a few are enough for a batch."""

    def begin(ledger: str, document: str = "journal_entry", orders: int = ORDERS, batch_from: int = 2, **switches: object) -> Stage:
        folder = tmp_path / str(batch_from)
        folder.mkdir()
        stage = Stage(folder, ledger, document, company=Company(switches=switches), config_change=batches_from(batch_from))
        for number in range(1, orders + 1):
            stage.work_order(str(number))
        return stage

    return begin


def batch_fault(stage: Stage, kind: str, **more: object) -> Fault:
    """A fault for the next call that creates."""
    path = "*/batch" if stage.ledger == "quickbooks" else "*/ManualJournals" if stage.document == "journal_entry" else "*/Invoices"
    return Fault(kind=kind, method="POST" if stage.ledger == "quickbooks" else "PUT", path=path, **more)  # type: ignore[arg-type]


def writes(stage: Stage) -> int:
    """Calls that created or changed something at the ledger."""
    is_write = {"quickbooks": ("/batch", "/journalentry", "/invoice"), "xero": ("/ManualJournals", "/Invoices")}[stage.ledger]
    return sum(
        1
        for entry in stage.shell.log
        if entry["method"] in ("POST", "PUT") and any(part in entry["path"] for part in is_write) and "query" not in entry["path"]
    )


def settled(stage: Stage) -> None:
    """A few more runs, each after the time in which a lost request may still arrive."""
    for _ in range(4):
        stage.clock.advance(600)
        stage.sync()


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_backlog_takes_as_few_calls_as_the_ledger_allows(ledger: str, document: str, backlog: Backlog) -> None:
    stage = backlog(ledger, document, orders=FULL[ledger] + 1)
    assert stage.sync().posted == FULL[ledger] + 1
    phases = 2 if (ledger, document) == ("xero", "journal_entry") else 1
    assert writes(stage) == 2 * phases
    assert set(stage.numbers().values()) == {1}
    assert stage.vendor.violations == []


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_batch_makes_the_same_documents_as_single_calls_do(ledger: str, document: str, backlog: Backlog) -> None:
    together, alone = backlog(ledger, document, orders=4), backlog(ledger, document, orders=4, batch_from=0)
    together.sync()
    alone.sync()
    assert writes(together) < writes(alone)
    assert without_ids(together) == without_ids(alone)


def without_ids(stage: Stage) -> list[str]:
    return sorted(json.dumps({name: value for name, value in one.items() if name != "id"}, default=str) for one in stage.documents())


def test_a_few_documents_leave_each_alone(backlog: Backlog) -> None:
    stage = backlog("quickbooks", orders=3, batch_from=4)
    stage.sync()
    assert writes(stage) == 3


def test_an_operator_may_switch_batches_off(backlog: Backlog) -> None:
    stage = backlog("quickbooks", orders=ORDERS, batch_from=0)
    stage.sync()
    assert writes(stage) == ORDERS


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
@pytest.mark.parametrize("kind", ["drop_after_commit", "drop_before_commit", "garbled", "5xx", "half_commit", "400_after_commit", "429"])
def test_a_batch_that_goes_wrong_leaves_one_document_for_each_work_order(ledger: str, document: str, kind: str, backlog: Backlog) -> None:
    stage = backlog(ledger, document)
    stage.plan(batch_fault(stage, kind))
    stage.sync()
    settled(stage)
    assert sorted(Counter(stage.numbers().values()).items()) == [(1, ORDERS)]
    assert stage.total() == Decimal(100 * ORDERS)
    with stage.world() as world:
        assert world.store.findings() == []


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_after_a_lost_batch_what_is_proven_absent_goes_alone(ledger: str, document: str, backlog: Backlog) -> None:
    stage = backlog(ledger, document, orders=4)
    stage.plan(batch_fault(stage, "half_commit"))
    stage.sync()
    stage.shell.log.clear()
    settled(stage)
    phase_two = 2 if (ledger, document) == ("xero", "journal_entry") else 0
    # Two were made by the first half; of a manual journal's two drafts, each is posted as it is found.
    assert writes(stage) <= 2 + phase_two + (2 if phase_two else 0)
    assert not any(entry["path"].endswith("/batch") for entry in stage.shell.log)
    assert set(stage.numbers().values()) == {1}


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_one_document_that_is_refused_costs_no_other(ledger: str, backlog: Backlog) -> None:
    stage = backlog(ledger, orders=3)
    stage.work_order("9", category="Plumbing", dateCompleted="2025-11-20T17:00:00.000Z")
    lock = stage.shell.handle

    def close_the_year_before_the_batch(request: object) -> object:
        path, method = request.path, request.method  # type: ignore[attr-defined]
        if path.endswith("/batch") or (method == "PUT" and path.endswith("/ManualJournals")):
            stage.vendor.set_lock("2025-12-31")
        return lock(request)

    stage.shell.handle = close_the_year_before_the_batch
    report = stage.sync()
    if ledger == "quickbooks":
        assert (report.posted, report.held) == (3, 1)
    settled(stage)
    assert sorted(stage.numbers().values()) == [1, 1, 1]
    assert stage.total() == Decimal(300)


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_answers_in_another_order_are_paired_by_name(ledger: str, document: str, backlog: Backlog) -> None:
    stage = backlog(ledger, document, shuffle_batch=True)
    assert stage.sync().posted == ORDERS
    numbers = {one["id"]: one["number"] for one in stage.documents()}
    with stage.world() as world:
        named = [(posting.marker, numbers[posting.remote_id]) for posting in world.store.every_posting()]
    assert len(named) == ORDERS
    assert all(marker in number for marker, number in named)


def test_a_day_whose_batches_are_throttled_again_and_again_ends_the_run_and_loses_nothing(backlog: Backlog) -> None:
    stage = backlog("quickbooks")
    stage.plan(batch_fault(stage, "429", times=5))
    report = stage.sync()
    settled(stage)
    assert report.uncertain == 0
    assert sorted(Counter(stage.numbers().values()).items()) == [(1, ORDERS)]
