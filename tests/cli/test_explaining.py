"""explain on the screen, as JSON and as a page: from a work order, and from a document back; no service is asked for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from tests.stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.work_order("1002")
    stage.sync()
    config = tmp_path / "config.yaml"
    config.write_text(config.read_text("utf-8").replace("quickbooks-journal_entry.db", "connector.db"), "utf-8")
    return stage


def explain(stage: Stage, *words: str) -> Result:
    return CliRunner().invoke(app, ["explain", *words, "--config", str(stage.folder / "config.yaml")])


def told(stage: Stage, *words: str) -> Any:
    result = explain(stage, *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["connections"][0]


def test_a_document_leads_back_to_its_work_order_by_whatever_a_person_has(stage: Stage) -> None:
    row = told(stage, "1002")
    assert "document" not in row
    address = f"https://app.qbo.intuit.com/app/journal?txnId={row['document_id']}"
    for words in ((row["marker"],), (address,), (row["document_id"], "--document")):
        back = told(stage, *words)
        assert (back["number"], back["document"]["number"], back["lines"]) == ("1002", row["marker"], row["lines"])
    shown = explain(stage, address).output
    assert f"journal entry {row['marker']} of 2026-02-20, 100.00 USD:" in shown
    assert "account 'Repairs and maintenance': called 6100 Repairs and maintenance in the ledger" in shown


def test_what_is_not_known_is_said_and_needs_a_person(stage: Stage) -> None:
    for words, said in (
        (("9",), "Work order 9 is not known here"),
        (("9", "--document"), "9 is no document that was made here"),
        (("https://example.com",), "https://example.com is no document that was made here"),
    ):
        result = explain(stage, *words)
        assert (result.exit_code, said in result.output) == (1, True)


def test_the_page_is_one_file(stage: Stage, tmp_path: Path) -> None:
    file = tmp_path / "why.html"
    result = explain(stage, "1002", "--html", str(file))
    assert result.exit_code == 0
    assert f"wrote {file}" in result.output
    page = file.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "6100 Repairs and maintenance" in page
    assert "<form" not in page
