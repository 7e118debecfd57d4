"""`connector mapping`: a mapping is judged before it is used, with the same exit codes as everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.config.mapping_schema import mapping_schema
from tests.cli.test_screen import configured, connector

GOOD = "defaults: {account: Repairs}\ncredits: {labor: Applied, parts: Inventory, other: Accrued}\n"


def written(folder: Path, text: str) -> str:
    (folder / "mapping.yaml").write_text(text, "utf-8")
    return str(folder / "mapping.yaml")


def test_a_file_is_checked_without_any_account(tmp_path: Path) -> None:
    shown = connector("mapping", "check", written(tmp_path, GOOD))
    assert (shown.exit_code, shown.output.strip()) == (0, f"{tmp_path / 'mapping.yaml'}: 4 facts, nothing is wrong with the file itself")


def test_a_file_that_cannot_be_used_ends_with_code_2(tmp_path: Path) -> None:
    shown = connector("mapping", "check", written(tmp_path, GOOD + "credit: x\n"), "--json")
    assert shown.exit_code == 2
    assert [(one["code"], one["place"]) for one in json.loads(shown.stdout)["problems"]] == [
        ("MAP_UNKNOWN_KEY", f"{tmp_path / 'mapping.yaml'}:3:1")
    ]


def test_a_file_with_a_fact_for_nobody_ends_with_code_1(tmp_path: Path) -> None:
    text = GOOD + "facts:\n  - {when: {bill_to: Harbour}, tax_code: GST}\n"
    shown = connector("mapping", "check", written(tmp_path, text))
    assert (shown.exit_code, "MAP_FACT_UNREACHABLE" in shown.output, "1 problem" in shown.output) == (1, True, True)


def test_what_a_file_overrides_is_counted(tmp_path: Path) -> None:
    (tmp_path / "common.yaml").write_text(GOOD, "utf-8")
    file = written(tmp_path, "include: common.yaml\ndefaults: {account: Ours}\n")
    assert "1 fact of included files overridden" in connector("mapping", "check", file).output
    [pair] = json.loads(connector("mapping", "check", file, "--json").stdout)["overridden"]
    assert (pair["gives"], pair["place"]) == ("account", f"{tmp_path / 'common.yaml'}:1")


def test_the_schema_for_editors_is_printed() -> None:
    shown = connector("mapping", "schema")
    assert (shown.exit_code, json.loads(shown.stdout)) == (0, mapping_schema())


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=18)) as running:
        yield running


@pytest.mark.sockets
def test_the_live_chart_and_the_held_work_orders_are_asked(running: RunningSandbox, tmp_path: Path) -> None:
    on = ("--config", configured(running, tmp_path, "xero"))
    shown = connector("mapping", "check", *on)
    assert (shown.exit_code, "nothing is wrong" in shown.output) == (0, True), shown.output
    plain = (running.folder / "mapping.yaml").read_text("utf-8") if (running.folder / "mapping.yaml").exists() else ""
    assert "against the chart of" in shown.output, plain


@pytest.mark.sockets
def test_a_ledger_that_is_not_there_ends_with_code_3(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path, "xero", (running.addresses["xero"], "http://127.0.0.1:9"))
    assert connector("mapping", "check", "--config", config).exit_code == 3


@pytest.mark.sockets
def test_codes_without_an_account_are_listed_with_their_money(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path, "quickbooks")
    text = Path(config).read_text("utf-8")
    mapping = next(line.split(": ", 1)[1].strip('"') for line in text.splitlines() if line.strip().startswith("mapping:"))
    less = Path(mapping).read_text("utf-8").replace("  HVAC:", "  HVAK:").replace("  account: Repairs", "  parts: Repairs")
    Path(config).write_text(text.replace(mapping, written(tmp_path, less)), "utf-8")
    connector("sync", "--config", config)
    shown = connector("mapping", "check", "--config", config)
    assert (shown.exit_code, "cost code 'HVAC'" in shown.output, "hvak" in shown.output) == (1, True, True), shown.output
    [told] = json.loads(connector("mapping", "check", "--config", config, "--json").stdout)["connections"]
    assert {one["key"] for one in told["unmapped"]} == {"cost_code"}
    assert all(one["work_orders"] for one in told["unmapped"])
