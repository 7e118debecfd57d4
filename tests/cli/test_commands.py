"""The commands as a person meets them: exit codes, JSON on standard output, every mistake at once, and no secret anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=18)) as running:
        yield running


def connector(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_check_sync_status_explain_held_and_reconcile_tell_one_story(ledger: str, running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(tmp_path / f"{ledger}-")), "utf-8")
    on = ("--config", str(config))
    checked = connector("check", *on)
    assert checked.exit_code == 0, checked.output
    synced = connector("sync", *on, "--json")
    told = json.loads(synced.stdout)
    assert synced.exit_code == 1  # Some are held: a person is needed.
    assert told["posted"] + told["held"] + told["excluded"] == 18
    status = connector("status", *on, "--json")
    assert json.loads(status.stdout)["connections"][0]["work_orders"]["posted"]["count"] == told["posted"]
    held = json.loads(connector("held", "list", *on, "--json").stdout)["held"]
    assert len(held) == told["held"]
    explained = connector("explain", "1001", *on)
    assert explained.exit_code == 0
    assert "mapping.yaml" in explained.output
    reconciled = json.loads(connector("reconcile", *on, "--json").stdout)
    assert (reconciled["difference"], reconciled["duplicates"], reconciled["findings"]) == ("0.00", 0, [])
    assert connector("held", "release", held[0]["work_order"], *on).exit_code == 0


def test_every_mistake_in_a_configuration_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("databse: x.db\nconnections:\n  - name: a\n    timezone: Mars/Olympus\n    currency: usd\n", "utf-8")
    shown = connector("sync", "--config", str(config))
    assert shown.exit_code == 2
    for words in ("config.yaml:1:1: CONFIG_UNKNOWN_KEY", "config.yaml:4:15: CONFIG_BAD_TIMEZONE", "config.yaml:5:15: CONFIG_BAD_CURRENCY"):
        assert words in shown.output.replace("\n", " ")


def test_a_service_that_is_not_there_ends_with_code_3(running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    text = running.config["xero"].replace(running.addresses["xero"], "http://127.0.0.1:9")
    config.write_text(text.replace(str(running.folder / "xero-"), str(tmp_path / "xero-")), "utf-8")
    assert connector("sync", "--config", str(config)).exit_code == 3


def test_no_secret_is_in_any_output_or_file_that_we_write(running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(running.config["quickbooks"].replace(str(running.folder / "quickbooks-"), str(tmp_path / "books-")), "utf-8")
    outputs = [connector(*words, "--config", str(config)).output for words in (("check",), ("sync",), ("status",), ("reconcile",))]
    vendors = running.sandbox.vendors
    secrets = [vendors.upkeep.password, vendors.quickbooks.client_secret, vendors.quickbooks.first_refresh_token, "sandbox-access-", "r:"]
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("books-") and path.suffix != ".key")
    for secret in secrets[:4]:
        assert secret.encode() not in written
    for secret in secrets[:4]:
        assert all(secret not in output for output in outputs)


def test_the_mistakes_of_a_file_are_told_from_top_to_bottom(capsys: pytest.CaptureFixture[str]) -> None:
    from connector.cli.output import print_problems
    from connector.core.problem import Problem

    print_problems([Problem("B", "config.yaml:12", "b.", "b"), Problem("A", "config.yaml:4", "a.", "a")])
    told = capsys.readouterr().err
    assert told.index("config.yaml:4") < told.index("config.yaml:12")


@pytest.mark.parametrize(("count", "told"), [(0, "0 work orders"), (1, "1 work order"), (2, "2 work orders")])
def test_a_count_is_told_as_it_is_read_aloud(count: int, told: str) -> None:
    from connector.cli.output import counted

    assert counted(count, "work order") == told
