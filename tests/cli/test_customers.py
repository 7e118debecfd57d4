"""customers, customers confirm and relink as the bookkeeper meets them: who it is, what waits, and what an answer will change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.person import person
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox

pytestmark = pytest.mark.sockets


@pytest.fixture
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=10, document="invoice")) as running:
        yield running


def configured(running: RunningSandbox, folder: Path, ledger: str = "quickbooks") -> Path:
    config = folder / "config.yaml"
    text = running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(folder / f"{ledger}-"))
    config.write_text(text.replace("confirm_customers: false", "confirm_customers: true"), "utf-8")
    return config


def connector(config: Path, *words: str, answer: str = "") -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(config)], input=answer)


def listed(config: Path) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in json.loads(connector(config, "customers", "--json").stdout)["customers"]}


def test_a_bookkeeper_confirms_posts_and_relinks(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path)
    first = json.loads(connector(config, "sync", "--json").stdout)
    assert first["posted"] == 0
    shown = connector(config, "customers")
    assert shown.exit_code == 1
    for words in ("Harbor Mall", "waiting", 'connector customers confirm "NAME"'):
        assert words in shown.output
    rows = listed(config)
    assert {row["state"] for row in rows.values()} == {"waiting"}
    assert sum(row["waiting"] for row in rows.values()) > 0

    one = connector(config, "customers", "confirm", "harbor mall")
    assert (one.exit_code, "'Harbor Mall' is " in one.output) == (0, True)
    everyone = json.loads(connector(config, "customers", "confirm", "--all", "--json").stdout)["confirmed"]
    assert {row["name"] for row in everyone} == rows.keys() - {"Harbor Mall"}
    assert "Nothing was left" in connector(config, "customers", "confirm", "--all").output
    assert json.loads(connector(config, "sync", "--json").stdout)["posted"] > 0
    done = listed(config)
    assert {(row["state"], row["confirmed_by"], row["waiting"]) for row in done.values()} == {("confirmed", person(), 0)}
    assert connector(config, "customers").exit_code == 0

    running.sandbox.vendors.quickbooks.change_customer("rename", "Harbor Mall", "Harbor Mall Ltd")
    running.sandbox.vendors.quickbooks.change_customer("merge", "Northgate Clinic", "Harbor Mall Ltd")
    target = done["Harbor Mall"]["id"]
    shown = connector(config, "customers")
    for words in (f"{target} Harbor Mall Ltd, was {target} Harbor Mall", "connector relink"):
        assert words in shown.output
    preview = json.loads(connector(config, "relink", "Northgate Clinic", "--to", target, "--json").stdout)
    assert (preview["done"], preview["after"]) == (False, {"id": target, "name": "Harbor Mall Ltd"})
    declined = connector(config, "relink", "Northgate Clinic", "--to", target, answer="n\n")
    assert (declined.exit_code, listed(config)["Northgate Clinic"]["id"]) == (1, preview["before"]["id"])
    for words in ("until now:", f"'Harbor Mall Ltd' (id {target})", "stay as they are", "go to the new one"):
        assert words in declined.output
    agreed = connector(config, "relink", "Northgate Clinic", "--to", "Harbor Mall Ltd", answer="y\n")
    assert (agreed.exit_code, listed(config)["Northgate Clinic"]["state"]) == (0, "confirmed")
    audit = json.loads(connector(config, "audit", "list", "--json").stdout)["entries"]
    (entry,) = [one for one in audit if "relinked by a person" in one["reason"]]
    assert (entry["actor"], entry["before"], entry["after"]) == (
        person(), f"{preview['before']['id']} (Northgate Clinic)", f"{target} (Harbor Mall Ltd)",
    )  # fmt: skip


def test_what_cannot_be_done_is_told_and_changes_nothing(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path, "xero")
    for words, said in (
        (("customers", "confirm"), "USAGE Name one customer"),
        (("customers", "confirm", "Harbor Mall", "--all"), "USAGE Name one customer"),
        (("customers", "confirm", "Nobody"), "CUSTOMER_ANSWER_REFUSED The mapping has no customer 'Nobody'"),
        (("relink", "Harbor Mall", "--to", "Northgate Clinic", "--yes"), "was never confirmed"),
    ):
        refused = connector(config, *words)
        assert (refused.exit_code, said in refused.output) == (2, True), refused.output
    assert {row["state"] for row in listed(config).values()} == {"waiting"}


def test_a_company_of_journals_has_no_customers(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path)
    config.write_text(config.read_text("utf-8").replace("document: invoice", "document: journal_entry"), "utf-8")
    shown = connector(config, "customers")
    assert (shown.exit_code, "no customers" in shown.output) == (0, True)
