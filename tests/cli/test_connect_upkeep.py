"""connector connect upkeep: the second factor that only a person has, at a terminal and without one; over real sockets."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli import connecting_upkeep
from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from tests.upkeep.supergood_stage import source_block

pytestmark = pytest.mark.sockets


def configured(running: RunningSandbox, folder: Path, *, totp: bool) -> Path:
    before, rest = running.config["quickbooks"].split("    source:\n")
    _, after = rest.split("    ledger:\n")
    block = source_block(totp=totp).replace("http://127.0.0.1:4", running.addresses["supergood"])
    text = f"{before}{block}    ledger:\n{after}".replace(str(running.folder / "quickbooks-"), str(folder / "quickbooks-"))
    (folder / "config.yaml").write_text(text, "utf-8")
    return folder / "config.yaml"


def ran(config: Path, *words: str, **more: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(config)], **more)  # type: ignore[arg-type]


def test_a_code_that_was_sent_is_asked_for_once_and_the_sync_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_sandbox(Filling(orders=3)) as running:
        config = configured(running, tmp_path, totp=False)
        vendor = running.sandbox.vendors.supergood
        vendor.switches["mfa"] = "sms"
        shown = ran(config, "sync")
        assert (shown.exit_code, "SOURCE_CODE_NEEDED" in shown.stderr, "connector connect upkeep" in shown.stderr) == (3, True, True)
        assert "SOURCE_CODE_NEEDED" in ran(config, "status").output
        wrong = ran(config, "connect", "upkeep", "--code", "000000")
        assert (wrong.exit_code, "SOURCE_SIGN_IN_REFUSED" in wrong.stderr) == (1, True)
        assert "SOURCE_SIGN_IN_REFUSED" in ran(config, "check").output
        assert vendor.sign_in.attempts == 2
        monkeypatch.setattr(connecting_upkeep, "_ask", lambda methods: vendor.sign_in.sent[-1] if list(methods) == ["sms"] else "")
        monkeypatch.setattr(connecting_upkeep, "_is_terminal", lambda: True)
        shown = ran(config, "connect", "upkeep")
        assert (shown.exit_code, "signed in to UpKeep" in shown.stdout) == (0, True), shown.output
        assert ran(config, "sync").exit_code in (0, 1)
        assert vendor.sign_in.sent[-1] not in shown.output


def test_which_login_is_meant_must_be_clear(tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=0)) as running:
        config = tmp_path / "config.yaml"
        config.write_text(running.config["quickbooks"], "utf-8")
        shown = ran(config, "connect", "upkeep")
        assert (shown.exit_code, "USAGE No such connection has a source of kind supergood" in shown.stderr) == (2, True)
        running.sandbox.vendors.supergood.switches["mfa"] = "none"  # A second code would be half a minute away.
        config = configured(running, tmp_path, totp=False)
        assert ran(config, "connect", "upkeep").exit_code == 0
        assert ran(config, "connect", "upkeep", "--connection", "sandbox-quickbooks").exit_code == 0
        text = config.read_text("utf-8").replace(running.addresses["supergood"], "http://127.0.0.1:9")
        config.write_text(text, "utf-8")
        away = ran(config, "connect", "upkeep")
        assert (away.exit_code, "SOURCE_UNREACHABLE" in away.stderr) == (3, True)
