"""One reproducer for each doubt about evidence: the document is as it should be, what lies beside it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from connector.sandbox.faults import Fault
from tests.flows.test_evidence import later, stage_of, with_files
from tests.stage import Stage


def codes(stage: Stage) -> list[str]:
    with stage.world() as world:
        return [finding.code for finding in world.store.findings()]


def test_a_file_that_no_ledger_takes_is_told(tmp_path: Path) -> None:
    stage, _ = with_files(tmp_path, ("run.exe", b"MZ"))
    assert stage.sync().findings == 1
    assert codes(stage) == ["EVIDENCE_NOT_ATTACHED"]
    with stage.world() as world:
        assert world.store.release("4711")
    assert later(stage).findings == 0


def test_a_summary_that_somebody_copied_is_told(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero")
    stage.work_order("4711")
    stage.plan(Fault(kind="drop_after_commit", method="PUT", path="*/Attachments/*"))
    stage.sync()
    document = next(iter(stage.vendor.books.shelves["journal_entry"].by_id.values()))
    document.files.append(replace(document.files[0], id="another"))
    later(stage)
    assert codes(stage) == ["EVIDENCE_TWICE"]
