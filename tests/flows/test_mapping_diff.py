"""The time machine: a month under another mapping, beside what was posted, to the cent and without a trace."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.cli.mapping_diff import to_json
from connector.cli.sandbox_config import plain_mapping_text
from connector.config.mapping_file import load_mapping
from connector.core.period import Month
from connector.flows.mapping_diff import Compared, MappingDiff, mapping_diff
from tests.everyday import a_few
from tests.stage import Stage

PLAIN = plain_mapping_text("USD")
FEBRUARY = Month(date(2026, 2, 1), date(2026, 2, 28))
WAYS = [("quickbooks", "journal_entry"), ("xero", "invoice"), ("xero", "journal_entry"), ("quickbooks", "invoice")]
every_way = pytest.mark.parametrize(("ledger", "document"), a_few(WAYS, 2))
HVAC_MOVED = "defaults:\n  account: Repairs and maintenance\ncost_codes: {HVAC: HVAC repairs}\n"


def under(stage: Stage, new: str, old: str = PLAIN, month: Month = FEBRUARY) -> MappingDiff:
    """The month under a new mapping; the stage's own file has the old one."""
    (stage.folder / "mapping.yaml").write_text(old, "utf-8")
    (stage.folder / "new.yaml").write_text(new, "utf-8")
    mapping, problems = load_mapping(stage.folder / "new.yaml")
    assert mapping is not None, problems
    with stage.world(mapping) as world:
        return mapping_diff(world, mapping, month)


def changed(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def other_accounts(document: str) -> str:
    """The plain mapping with the Crane booked elsewhere: another debit, or another item and revenue account."""
    if document == "journal_entry":
        return changed(PLAIN, ("defaults:\n  account: Repairs and maintenance\n", HVAC_MOVED))
    return changed(
        PLAIN,
        ("other: Maintenance other}", "other: Maintenance parts}"),
        ("other: Other maintenance revenue}", "other: Maintenance parts revenue}"),
    )


def only(diff: MappingDiff) -> Compared:
    [one] = diff.differing
    return one


def nets(diff: MappingDiff, against: str = "posted") -> dict[str, str]:
    return {change.account.split(" ", 1)[-1]: str(change.now.net - change.before.net) for change in diff.accounts(against)}


def place_of(stage: Stage, name: str, words: str) -> str:
    """Where a mapping file says that."""
    lines = (stage.folder / name).read_text("utf-8").splitlines()
    return f"{stage.folder / name}:{next(number for number, line in enumerate(lines, 1) if words in line)}"


@every_way
def test_what_moves_is_told_to_the_cent_with_both_facts(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.work_order("2", category="Doors")
    stage.work_order("3", dateCompleted="2026-01-20T17:00:00.000Z")
    assert stage.sync().posted == 3
    diff = under(stage, other_accounts(document))
    assert (diff.work_orders, diff.posted, diff.unreadable) == (2, 2, 0)
    if document == "journal_entry":
        assert nets(diff) == nets(diff, "old") == {"HVAC repairs": "100.00", "Repairs and maintenance": "-100.00"}
        one = only(diff)
        [move] = one.moved
        assert move == one.moved_from_posted[0]
        assert move.before is not None and move.now is not None
        assert (one.number, one.change, move.now.what) == ("1", "moved", "Crane")
        assert (move.before.amount, move.now.amount) == (Decimal("100.00"), Decimal("100.00"))
        assert move.before.place == place_of(stage, "mapping.yaml", "account: Repairs and maintenance")
        assert move.now.place == place_of(stage, "new.yaml", "HVAC: HVAC repairs")
    else:
        assert nets(diff) == nets(diff, "old") == {"Other maintenance revenue": "200.00", "Maintenance parts revenue": "-200.00"}
        assert [(one.number, one.change) for one in diff.differing] == [("1", "moved"), ("2", "moved")]
        assert "item Maintenance parts" in str(diff.differing[0].moved[0].now)


@every_way
def test_the_same_file_makes_no_difference(ledger: str, document: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1", timeLogs=[{"duration": 90, "hourlyRate": "33.33"}])
    stage.sync()
    diff = under(stage, "# A comment.\n" + PLAIN)
    assert (diff.work_orders, diff.posted, diff.differing, diff.accounts("posted"), diff.accounts("old")) == (1, 1, [], [], [])


@pytest.mark.parametrize(("ledger", "document"), a_few(WAYS))
def test_nothing_is_written_anywhere(ledger: str, document: str, tmp_path: Path) -> None:
    """The ledger and UpKeep get no write, and no row of the database changes."""
    stage = Stage(tmp_path, ledger, document)
    stage.work_order("1")
    stage.sync()
    stage.work_order("2")
    before, documents = dumped(stage), stage.documents()
    stage.shell.log.clear()
    stage.sandbox.upkeep.log.clear()
    assert under(stage, other_accounts(document)).differing
    assert (dumped(stage), stage.documents()) == (before, documents)
    asked = [(entry["method"], entry["path"]) for entry in (*stage.shell.log, *stage.sandbox.upkeep.log)]
    assert asked
    assert [one for one in asked if one[0] != "GET" and not one[1].endswith(("/query", "/auth"))] == []


def dumped(stage: Stage) -> list[str]:
    with closing(sqlite3.connect(stage.database_path)) as database:
        return list(database.iterdump())


@pytest.mark.parametrize("ledger", a_few(["quickbooks", "xero"]))
def test_what_would_be_held_excluded_or_another_document_is_told(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, config_change=("    settle_seconds:", "    confirm_customers: false\n    settle_seconds:"))
    for number, category in enumerate(("HVAC", "Warranty", "Tenant", "Plain"), 1):
        stage.work_order(str(number), category=category)
    stage.sync()
    new = changed(
        PLAIN,
        (
            "cost_code: category\n",
            "exclude:\n  - {category: Warranty, because: the maker pays}\ndocuments:\n  - {category: Tenant, document: invoice}\n",
        ),
        ("defaults:\n", "cost_codes: {HVAC: No such account}\ndefaults:\n"),
    )
    diff = under(stage, new)
    assert {one.number: one.change for one in diff.differing} == {"1": "held", "2": "excluded", "3": "other_document"}
    [held], [excluded] = diff.with_change("held"), diff.with_change("excluded")
    assert [p.code for p in held.new.problems] == ["ACCOUNT_UNKNOWN"]
    assert excluded.new.problems[0].place == place_of(stage, "new.yaml", "the maker pays")
    moved = nets(diff)
    assert (moved["Repairs and maintenance"], moved["Accrued maintenance"]) == ("-300.00", "300.00")
    assert (moved["(receivable)"], moved["Other maintenance revenue"]) == ("100.00", "-100.00")


def test_what_the_old_file_holds_and_the_new_one_posts_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mapping_text=changed(PLAIN, ("account: Repairs and maintenance", "account: No such account")))
    stage.work_order("1")
    assert stage.sync().held == 1
    diff = under(stage, PLAIN, old=stage.mapping_text)
    assert (only(diff).change, only(diff).posted, diff.accounts("posted")) == ("posts", None, [])
    assert nets(diff, "old") == {"Repairs and maintenance": "100.00", "Accrued maintenance": "-100.00"}


@pytest.mark.parametrize("ledger", a_few(["xero", "quickbooks"]))
def test_what_was_posted_keeps_the_prices_of_then(ledger: str, tmp_path: Path) -> None:
    """A part that became dearer since moves no account, and neither does a worker's raise."""
    stage = Stage(tmp_path, ledger)
    part = stage.upkeep.post("/api/v2/parts", json={"name": "Seal", "cost": "10.00", "quantity": 9}).json()["result"]["id"]
    stage.work_order("1", additionalCosts=[], parts=[{"id": part, "quantity": 3}])
    assert stage.sync().posted == 1
    assert stage.upkeep.patch(f"/api/v2/parts/{part}", json={"cost": "17.50"}).status_code == 200
    assert under(stage, PLAIN).differing == []
    diff = under(stage, changed(PLAIN, ("account: Repairs and maintenance", "account: Plumbing repairs")))
    assert nets(diff) == {"Plumbing repairs": "30.00", "Repairs and maintenance": "-30.00"}


def test_what_only_the_new_file_goes_by_is_looked_up(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    asset = stage.upkeep.post("/api/v2/assets", json={"name": "Chiller 1", "category": "Chillers"}).json()["result"]["id"]
    stage.work_order("1", asset=asset)
    stage.sync()
    diff = under(stage, PLAIN + "facts:\n  - {when: {asset.category: Chillers}, account: HVAC repairs}\n")
    assert nets(diff) == {"HVAC repairs": "100.00", "Repairs and maintenance": "-100.00"}


def test_a_rate_of_the_mapping_is_a_difference(tmp_path: Path) -> None:
    rates = "labor_rates:\n  - {{rate_per_hour: {}}}\n"
    stage = Stage(tmp_path, mapping_text=PLAIN + rates.format(40))
    stage.work_order("1", additionalCosts=[], timeLogs=[{"duration": 90}])
    assert stage.sync().posted == 1
    diff = under(stage, PLAIN + rates.format(50), old=stage.mapping_text)
    assert nets(diff) == {"Repairs and maintenance": "15.00", "Maintenance labor applied": "-15.00"}


def test_a_work_order_of_another_month_is_not_read_again(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for number in range(4):
        stage.work_order(str(number), dateCompleted="2026-01-20T17:00:00.000Z")
    stage.work_order("9")
    stage.work_order("10", status="open", dateCompleted=None)
    stage.sync()
    stage.sandbox.upkeep.log.clear()
    assert under(stage, PLAIN).work_orders == 1
    assert len([entry for entry in stage.sandbox.upkeep.log if "/work-orders/" in entry["path"]]) == 1


def test_a_document_that_waits_is_compared_with_the_old_file_alone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    told: dict[str, Any] = to_json(under(stage, other_accounts("journal_entry")))
    assert (told["posted"], told["differs"], told["accounts"]["posted"]) == (0, True, [])
    row = next(row for row in told["accounts"]["old"] if row["account"] == "6100 Repairs and maintenance")
    assert row["debit"] == row["net"] == {"before": "100.00", "now": "0", "difference": "-100.00"}
    assert row["credit"] == {"before": "0", "now": "0", "difference": "0"}
    json.dumps(told)


def test_a_tax_code_that_changes_is_a_difference_although_no_account_is(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice")
    stage.work_order("1")
    stage.sync()
    new = changed(PLAIN, ("other: No tax}", "other: Free}"), ('{No tax: "NONE"}', '{No tax: "NONE", Free: "NONE"}'))
    one = only(under(stage, new))
    [move] = one.moved
    assert move.now is not None
    assert (one.change, move.now.beside) == ("moved", ("item Maintenance other", "tax code Free"))
    assert move.now.facts == (f"tax code Free: {place_of(stage, 'new.yaml', 'other: Free}')}",)
