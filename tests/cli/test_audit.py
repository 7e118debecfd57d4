"""The record of every decision, as a person asks for it."""

from __future__ import annotations

import json
import os
import pwd
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.person import person
from tests.stage import Stage


def connector(stage: Stage, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(stage.folder / "config.yaml")])


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """One posted and one held work order."""
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.work_order("2", additionalCosts=[{"description": "?", "cost": "N/A"}])
    config = tmp_path / "config.yaml"
    config.write_text(re.sub('database: ".*"', f'database: "{stage.database_path}"', config.read_text("utf-8")), "utf-8")
    stage.sync()
    return stage


def test_a_whole_audit_ends_with_0_and_its_head_proves_against_it_later(stage: Stage) -> None:
    first = connector(stage, "audit", "verify", "--json")
    told = json.loads(first.stdout)
    assert (first.exit_code, told["intact"], told["problem"], told["database_found_restored"]) == (0, True, None, [])
    assert told["head"].startswith(f"{told['entries']}:")
    stage.work_order("3")
    stage.sync()
    shown = connector(stage, "audit", "verify", "--head", told["head"])
    assert shown.exit_code == 0
    assert "The audit is whole" in shown.output
    other = connector(stage, "audit", "verify", "--head", f"{told['entries']}:{'0' * 64}")
    assert other.exit_code == 1
    assert "AUDIT_BROKEN" in other.output
    assert connector(stage, "audit", "verify", "--head", "yesterday").exit_code == 2


def test_an_audit_without_its_newest_entries_ends_with_1(stage: Stage) -> None:
    Path(f"{stage.database_path}.audit").write_text(f"99:{'a' * 64}", "utf-8")
    broken = connector(stage, "audit", "verify", "--json")
    told = json.loads(broken.stdout)
    assert (broken.exit_code, told["intact"], told["problem"]["code"]) == (1, False, "AUDIT_CUT_OFF")
    assert told["problem"]["next_step"]
    stage.sync()  # It is found, recorded, and told from then on.
    shown = connector(stage, "audit", "verify")
    assert shown.exit_code == 0
    assert "put back from a backup" in shown.output


def test_the_way_of_one_work_order_is_listed_with_who_and_why(stage: Stage) -> None:
    assert connector(stage, "held", "release", "2").exit_code == 0
    listed = json.loads(connector(stage, "audit", "list", "2", "--json").stdout)["entries"]
    assert [(entry["event"], entry["after"]) for entry in listed] == [("decided", "held"), ("released", "held")]
    assert "UNREADABLE_NUMBER" in listed[0]["reason"]
    assert listed[0]["mapping"]
    assert listed[1]["actor"] == person() == pwd.getpwuid(os.getuid()).pw_name
    shown = connector(stage, "audit", "list").output
    assert "ledger id" in shown
    assert connector(stage, "audit", "list", "--limit", "1", "--json").stdout.count('"number"') == 1


def test_a_sync_that_finds_nothing_to_do_records_nothing(stage: Stage) -> None:
    entries = json.loads(connector(stage, "audit", "verify", "--json").stdout)["entries"]
    stage.sync()
    stage.sync()
    assert json.loads(connector(stage, "audit", "verify", "--json").stdout)["entries"] == entries


def test_a_user_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_000)
    assert person() == "user 4000000000"
