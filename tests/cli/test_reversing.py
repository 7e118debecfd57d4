"""`connector reverse` as a person meets it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.person import person
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from tests.everyday import a_few

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=6, document="invoice")) as running:
        yield running


def connector(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("ledger", a_few(["quickbooks", "xero"]))
def test_an_invoice_is_taken_back_and_every_command_tells_of_it(ledger: str, running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(tmp_path / f"{ledger}-")), "utf-8")
    on = ("--config", str(config))
    connector("sync", *on)
    number = "1001"
    done = connector("reverse", number, "--because", "billed twice", *on)
    assert done.exit_code == 0, done.output
    assert "is taken back" in done.output
    again = json.loads(connector("reverse", number, "--because", "once more", *on, "--json").stdout)
    assert (again["reversed"], again["because"], again["by"], again["problems"]) == (True, "billed twice", person(), [])
    explained = connector("explain", number, *on).output
    assert f"because: billed twice ({person()}" in explained
    assert "1 invoice taken back" in connector("status", *on).output
    reconciled = json.loads(connector("reconcile", *on, "--json").stdout)
    assert (reconciled["difference"], reconciled["findings"]) == ("0.00", [])
    audit = connector("audit", "list", number, *on, "--json")
    assert "billed twice" in audit.output


def test_what_cannot_be_taken_back_is_told_with_its_next_step(running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(running.config["xero"].replace(str(running.folder / "xero-"), str(tmp_path / "xero-")), "utf-8")
    refused = connector("reverse", "nobody", "--because", "x", "--config", str(config))
    assert (refused.exit_code, "REVERSAL_OF_NOTHING" in refused.output) == (1, True)
    assert "nothing was written to the ledger" in refused.output
    blank = connector("reverse", "1001", "--because", "  ", "--config", str(config))
    assert (blank.exit_code, "USAGE" in blank.output) == (2, True)
