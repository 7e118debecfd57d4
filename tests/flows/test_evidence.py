"""What lies beside a posted document: put there once, on its own, and never a reason to touch the document."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.core.evidence import EvidenceKind, EvidenceState
from connector.core.identity import Identity, marker
from connector.flows.sync import SyncReport
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.xero.attachments import told
from tests.stage import Stage

BOTH = ("quickbooks", "xero")
WAYS = [(ledger, document) for ledger in BOTH for document in ("journal_entry", "invoice")]


def asked(wanted: str) -> tuple[str, str]:
    return ("    settle_seconds:", f"    evidence: {{{wanted}}}\n    settle_seconds:")


def stage_of(folder: Path, ledger: str = "quickbooks", document: str = "journal_entry", wanted: str = "summary: true", **more: Any) -> Stage:
    if "switches" in more:
        more["company"] = Company(switches=more.pop("switches"))
    return Stage(folder, ledger, document, config_change=asked(wanted), **more)


def on_documents(stage: Stage) -> list[dict[str, str]]:
    """What the ledger holds beside its documents, asked past its API."""
    return stage.vendor.files.told() if stage.ledger == "quickbooks" else told(stage.vendor.books)


def upload_fault(stage: Stage, kind: str, **more: Any) -> Fault:
    if stage.ledger == "quickbooks":
        return Fault(kind=kind, method="POST", path="*/upload", **more)  # type: ignore[arg-type]
    return Fault(kind=kind, method="PUT", path="*/Attachments/*", **more)  # type: ignore[arg-type]


def later(stage: Stage, hours: float = 1) -> SyncReport:
    stage.clock.advance(hours * 3600)
    return stage.sync()


def pieces(stage: Stage, number: str = "4711") -> list[Any]:
    with stage.world() as world:
        return world.evidence.of(number)


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_posted_document_gets_the_summary_of_its_work_order_once(ledger: str, document: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, document)
    stage.work_order("4711", title="Rooftop unit does not cool")
    report = stage.sync()
    assert (report.posted, report.attached, report.findings) == (1, 1, 0)
    (found,) = on_documents(stage)
    (piece,) = pieces(stage)
    assert (found["document"], found["name"]) == (stage.documents()[0]["id"], f"work-order-{piece.marker}.pdf")
    assert piece.state is EvidenceState.ATTACHED
    assert (piece.checksum, piece.remote_id) == (found["sha256"], found["id"])
    again = later(stage)
    assert (again.attached, len(on_documents(stage)), len(stage.documents())) == (0, 1, 1)
    assert stage.vendor.violations == []
