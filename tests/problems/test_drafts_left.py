"""Drafts of Xero's manual journals that stay behind: none is left beside what is posted, and every other one is named."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from connector.flows.reconcile import Reconciliation, reconcile
from connector.sandbox.faults import Fault
from tests.stage import Stage


def posted(folder: Path) -> Stage:
    stage = Stage(folder, "xero", "journal_entry")
    stage.work_order("1")
    assert stage.sync().posted == 1
    return stage


def copy_as_draft(stage: Stage) -> None:
    """A person copies the posted journal in Xero, narration and all, and leaves the copy as a draft."""
    books = stage.vendor.books
    (document,) = stage.documents()
    shelf = next(shelf for shelf in books.shelves.values() if document["id"] in shelf.by_id)
    books.commit(replace(shelf.by_id[document["id"]], id=books.guid("copy"), status="DRAFT"))


def reconciled(stage: Stage) -> Reconciliation:
    with stage.world() as world:
        return reconcile(world)


def test_a_draft_beside_what_is_posted_is_deleted_and_recorded(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    copy_as_draft(stage)
    assert len(stage.vendor.drafts()) == 1
    report = reconciled(stage)
    assert (report.findings, report.difference, stage.vendor.drafts(), len(stage.documents())) == ([], 0, [], 1)
    with closing(sqlite3.connect(stage.database_path)) as records:
        assert records.execute("SELECT work_order, after FROM audit WHERE event = 'draft_deleted'").fetchall() == [("1", "posted")]


@pytest.mark.parametrize("kind", ["5xx", "drop_before_commit", "429"])
def test_a_draft_that_cannot_be_deleted_is_named(kind: str, tmp_path: Path) -> None:
    stage = posted(tmp_path)
    copy_as_draft(stage)
    stage.plan(Fault(kind, method="POST", path="*/ManualJournals/*"))  # type: ignore[arg-type]
    (finding,) = reconciled(stage).findings
    assert (finding.code, finding.number) == ("DRAFT_LEFT", "1")
    stage.clock.advance(400)  # Until then Xero repeats its answer to the same key.
    assert (reconciled(stage).findings, stage.vendor.drafts()) == ([], [])


def test_a_draft_without_a_record_is_named_and_left_to_a_person(tmp_path: Path) -> None:
    stage = posted(tmp_path)
    copy_as_draft(stage)
    stage.vendor.void(stage.documents()[0]["id"])
    for path in tmp_path.glob("connector.db*"):
        path.unlink()
    findings = {finding.code: finding for finding in reconciled(stage).findings}
    assert "no record of it is here" in findings["DRAFT_LEFT"].message
    assert len(stage.vendor.drafts()) == 1


def test_the_draft_of_a_held_work_order_is_named_and_posted_when_it_is_released(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "journal_entry")
    stage.work_order("1")
    stage.plan(Fault("429", method="POST", path="*/ManualJournals/*", times=20))
    stage.sync()
    stage.shell.plan.clear()
    stage.clock.advance(3600)
    stage.vendor.set_lock(date(2026, 2, 28))
    assert stage.sync().held == 1
    findings = {finding.code: finding for finding in reconciled(stage).findings}
    assert "Release the work order" in findings["DRAFT_LEFT"].next_step
    stage.vendor.set_lock(None)
    with stage.world() as world:
        assert world.store.release("1")
    assert (stage.sync().standing, stage.vendor.drafts()) == ({"posted": 1}, [])
