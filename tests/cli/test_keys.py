"""keys rotate as a person gives it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from typer.testing import CliRunner, Result

from connector.cli.app import app
from tests.sign_in import change_config, connected, parts_of
from tests.stage import Stage


def ready(folder: Path) -> Stage:
    stage = Stage(folder)
    change_config(stage, "database: .*", f'database: "{stage.database_path}"')
    connected(stage)
    return stage


def rotated(stage: Stage) -> Result:
    return CliRunner().invoke(app, ["keys", "rotate", "--config", str(stage.folder / "config.yaml")])


def test_the_key_beside_the_database_changes_and_is_not_shown(tmp_path: Path) -> None:
    stage = ready(tmp_path)
    before = (tmp_path / "connector.db.key").read_text("ascii")
    shown = rotated(stage)
    after = (tmp_path / "connector.db.key").read_text("ascii")
    assert (shown.exit_code, before != after, "1 sign-in is encrypted with the new key" in shown.stdout) == (0, True, True)
    assert before not in shown.output
    assert after not in shown.output
    with parts_of(stage) as parts:
        assert parts.vault.load() is not None


def test_the_environments_other_keys_may_be_removed_afterwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("CONNECTOR_KEY", old)
    stage = ready(tmp_path)
    monkeypatch.setenv("CONNECTOR_KEY", f"{new},{old}")
    shown = rotated(stage)
    assert (shown.exit_code, "the other keys may be removed" in shown.stdout) == (0, True)
    assert re.search(f"{re.escape(old)}|{re.escape(new)}", shown.output) is None
    monkeypatch.setenv("CONNECTOR_KEY", new)
    with parts_of(stage) as parts:
        assert parts.vault.load() is not None
