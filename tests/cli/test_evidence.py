"""What a person sees of evidence: in the sync's report, in status, in explain, and in the configuration's problems."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.cli.books import _print_status, _print_sync
from connector.cli.explaining import _print_explanation
from connector.config.settings import load_config
from connector.core.evidence import Wanted
from connector.flows.explain import explain
from connector.flows.status import status
from tests.flows.test_evidence import asked, later, stage_of, upload_fault
from tests.stage import Stage


def test_the_screen_says_what_is_on_its_document_and_what_waits_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stage = stage_of(tmp_path)
    stage.work_order("4711")
    stage.plan(upload_fault(stage, "refusal", code="6041", status=400))
    stage.sync()
    with stage.world() as world:
        _print_status(status(world))
    told = " ".join(capsys.readouterr().out.split())
    assert "evidence: 1 waiting" in told
    assert "tried 1 time, 6041: Invalid Uploaded File" in told
    _print_sync(later(stage))
    assert "put 1 piece of evidence on documents" in capsys.readouterr().out
    with stage.world() as world:
        found = explain(world, "4711")
        (piece,) = world.evidence.of("4711")
        assert status(world).to_json()["evidence"] == {"counts": {"attached": 1}, "failing": []}
    assert found is not None
    _print_explanation("plant", found)
    told = " ".join(capsys.readouterr().out.split())
    assert f"evidence work-order-{piece.marker}.pdf: attached, ledger id {piece.remote_id}" in told
    assert f"SHA-256 {piece.checksum}" in told.replace("- ", "-")


def read(stage: Stage, wanted: str) -> tuple[Wanted | None, list[str]]:
    file = stage.folder / "config.yaml"
    old, new = asked(wanted)
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")
    config, problems = load_config(file, {})
    return (config.connections[0].evidence if config else None), [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("ledger", "wanted", "expected"),
    [
        ("quickbooks", "summary: true", (Wanted(summary=True), [])),
        ("quickbooks", "", (Wanted(), [])),
        ("xero", "summary: true, attachments: true, history_note: true", (Wanted(True, True, True), [])),
        ("xero", "summary: false", (Wanted(), [])),
        ("quickbooks", "history_note: true", (None, ["CONFIG_UNKNOWN_KEY"])),
        ("xero", "summary: yes", (None, ["CONFIG_BAD_CHOICE"])),
        ("xero", "pictures: true", (None, ["CONFIG_UNKNOWN_KEY"])),
    ],
)
def test_what_is_wanted_is_written_and_a_history_is_xeros_alone(
    ledger: str, wanted: str, expected: tuple[Wanted | None, list[str]], tmp_path: Path
) -> None:
    assert read(Stage(tmp_path, ledger), wanted) == expected


def test_nothing_is_wanted_that_is_not_written(tmp_path: Path) -> None:
    config, _ = load_config(Stage(tmp_path).folder / "config.yaml", {})
    assert config is not None
    assert config.connections[0].evidence == Wanted()
