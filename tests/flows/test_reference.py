"""The ledger's lists are kept and brought up to date, and a kept copy never leads to another account than the mapping names."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.reference import ListKind
from connector.flows.check import check
from connector.flows.prove import prove
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.quickbooks import lists
from connector.store import reference
from tests.stage import Stage

BOTH = pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
PLAIN = plain_mapping_text("USD")
TRACKED = PLAIN.replace("credits:", "tracking: {department: {default: Plant}}\ncredits:")
# What asks for lists: the company's settings, its lists, what changed.
QUICKBOOKS_LISTS = ("preferences", "companyinfo", "cdc")
# The sweep asks what changed too.
ABOUT_DOCUMENTS = re.compile("JournalEntry|Invoice")
XERO_DOCUMENTS = ("ManualJournals", "Invoices", "CreditNotes")


def asked(stage: Stage) -> Counter[str]:
    """What the last run asked about the ledger's lists, and how often; forgotten by asking."""
    found: Counter[str] = Counter()
    for entry in stage.shell.log:
        what = entry["path"].strip("/").split("/")
        if stage.ledger == "xero" and what[0] == "api.xro" and what[2] not in XERO_DOCUMENTS:
            found[what[2]] += 1
        elif what[:2] == ["v3", "company"] and what[3] in QUICKBOOKS_LISTS and not ABOUT_DOCUMENTS.search(entry["query"]):
            found[what[3]] += 1
    stage.shell.log.clear()
    return found


def queried(stage: Stage) -> Counter[str]:
    """The lists that QuickBooks was asked for as a whole, from now on."""
    found: Counter[str] = Counter()
    told = stage.vendor._queried

    def watched(query: Any) -> Any:
        found[query.entity] += not query.conditions or query.conditions[0].property == "active"
        return told(query)

    stage.vendor._queried = watched
    return found


def later(stage: Stage, **much: int) -> None:
    """So much time passes, and the person who enters work orders signs in to UpKeep again."""
    stage.clock.advance(timedelta(**much).total_seconds())
    vendor = stage.sandbox.vendors.upkeep
    del stage.upkeep.headers["Session-Token"]
    answer = stage.upkeep.post("/api/v2/auth", json={"email": vendor.email, "password": vendor.password})
    stage.upkeep.headers["Session-Token"] = answer.json()["result"]["sessionToken"]


def problem_of(stage: Stage, number: str) -> tuple[str, str]:
    """Why the work order is held: the code, and what is said of it."""
    with stage.world() as world:
        held = world.store.find(number)
    assert held is not None
    return (held.problems[0].code, f"{held.problems[0].message} {held.problems[0].next_step}") if held.problems else ("", "")


def debited(stage: Stage) -> list[str]:
    """The account that each document debits, by its number."""
    return [line["number"] for document in stage.documents() for line in document["lines"] if line["debit"] != "0.00"]


# --- what it costs ------------------------------------------------------------------------------------------------------------


def test_a_run_with_work_at_an_unchanged_quickbooks_company_asks_for_settings_and_changes_only(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    whole = queried(stage)
    stage.work_order("1")
    stage.sync()
    assert +whole == dict.fromkeys(("Account", "Item", "Customer", "Vendor", "Class", "Department", "Term", "TaxCode", "TaxRate"), 1)
    # Once to decide, once more before the sends.
    assert asked(stage) == {"preferences": 2, "companyinfo": 1}
    whole.clear()
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert (+whole, asked(stage)) == ({}, {"preferences": 2, "cdc": 1})


def test_a_run_with_work_at_an_unchanged_xero_organisation_asks_for_less(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero")
    stage.work_order("1")
    stage.sync()
    lists_of_xero = ("Accounts", "Items", "Contacts", "TaxRates", "TrackingCategories", "Currencies")
    assert asked(stage) == {**dict.fromkeys(lists_of_xero, 1), "Organisation": 3}  # twice before the two phases of the journal
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert asked(stage) == {"Organisation": 3, "Accounts": 1}


@BOTH
def test_a_run_with_nothing_to_decide_asks_nothing(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.work_order("2", status="inProgress")
    stage.sync()
    stage.clock.advance(1200)  # The sweep looks back some minutes: after that it finds nothing that we posted ourselves.
    stage.sync()
    asked(stage)
    stage.work_order("3", status="open")
    stage.sync()
    assert asked(stage) == {}


@BOTH
def test_what_the_invoices_of_the_mapping_need_is_brought_up_to_date_with_them(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice", mapping_text=TRACKED)
    whole = queried(stage) if ledger == "quickbooks" else Counter[str]()
    stage.work_order("1")
    stage.sync()
    asked(stage)
    whole.clear()
    stage.work_order("2")
    assert stage.sync().posted == 1
    told = asked(stage)
    if ledger == "quickbooks":  # The changes of all lists come in one answer; those of the taxes have none.
        assert (+whole, told) == ({"TaxCode": 1, "TaxRate": 1}, {"preferences": 2, "cdc": 1})
    else:
        assert told == {"Organisation": 2, **dict.fromkeys(("Accounts", "Items", "Contacts", "TaxRates", "TrackingCategories"), 1)}


def test_the_lists_of_the_taxes_are_asked_for_once_a_day_where_nothing_needs_them(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    whole = queried(stage)
    later(stage, hours=25)
    stage.work_order("2")
    stage.sync()
    assert +whole == {"TaxCode": 1, "TaxRate": 1}


@BOTH
def test_every_list_is_read_as_a_whole_once_a_week(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    for days, is_whole in ((6, False), (2, True)):
        later(stage, days=days)
        with stage.world() as world:
            before = world.store.reference()[ListKind.ACCOUNTS].whole_at
        stage.work_order(f"after {days} days")
        assert stage.sync().posted == 1
        with stage.world() as world:
            assert (world.store.reference()[ListKind.ACCOUNTS].whole_at > before) is is_whole


def test_a_held_work_order_costs_three_questions_a_run_and_not_eleven(tmp_path: Path) -> None:
    """Its account is unknown: settings, what changed, and its list once more before it is called unknown again."""
    stage = Stage(tmp_path, mapping_text=PLAIN.replace("account: Repairs and maintenance", "account: Roof repairs"))
    stage.work_order("1")
    stage.sync()
    asked(stage)
    whole = queried(stage)
    stage.sync()
    assert (+whole, asked(stage)) == ({"Account": 1}, {"preferences": 1, "cdc": 1})


# --- people change the lists --------------------------------------------------------------------------------------------------


def renamed(stage: Stage, old: str, new: str) -> None:
    stage.clock.advance(60)
    stage.vendor.rename_account(old, new)


@BOTH
def test_a_mapping_that_has_an_old_name_is_told_the_new_one(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    renamed(stage, "Repairs and maintenance", "Building repairs")
    stage.work_order("2")
    assert stage.sync().held == 1
    code, says = problem_of(stage, "2")
    assert code == "ACCOUNT_UNKNOWN"
    assert "'Repairs and maintenance': it is called '6100 Building repairs' now." in says
    with stage.world() as world:
        assert [problem.code for problem in check(world).problems] == ["ACCOUNT_UNKNOWN"]
        assert "it is called '6100 Building repairs' now" in check(world).problems[0].message
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("Repairs and maintenance", "Building repairs"), "utf-8")
    assert stage.sync().posted == 1
    assert debited(stage) == ["6100", "6100"]


@BOTH
def test_two_accounts_that_exchange_their_names_exchange_what_is_posted_to_them(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    renamed(stage, "Repairs and maintenance", "For a moment")
    renamed(stage, "HVAC repairs", "Repairs and maintenance")
    renamed(stage, "For a moment", "HVAC repairs")
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert debited(stage) == ["6100", "6110"]


@BOTH
def test_changes_are_asked_for_by_the_ledgers_clock_and_not_by_ours(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, ahead=timedelta(hours=20))
    stage.work_order("1")
    stage.sync()
    renamed(stage, "Repairs and maintenance", "Building repairs")
    stage.ahead = timedelta(hours=-3)
    stage.work_order("2")
    stage.sync()
    assert problem_of(stage, "2")[0] == "ACCOUNT_UNKNOWN"


@BOTH
def test_an_account_that_is_made_inactive_is_told_as_that(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    stage.clock.advance(60)
    deactivated(stage)
    stage.work_order("2")
    stage.sync()
    assert problem_of(stage, "2")[0] == "ACCOUNT_ARCHIVED"


def untold(stage: Stage, code: str) -> Any:
    """An account of Xero whose change does not count as one."""
    account = stage.vendor.books.account(code)
    account.updated -= timedelta(days=9)
    return account


def deactivated(stage: Stage) -> None:
    if stage.ledger == "quickbooks":
        stage.vendor.deactivate_account("Repairs and maintenance")
    else:
        stage.vendor.archive_account("6100")


@BOTH
def test_a_copy_that_the_ledger_contradicts_is_read_anew_and_posts_nowhere_else(ledger: str, tmp_path: Path) -> None:
    """The change is told by nobody: the ledger refuses, and the next run reads everything."""
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    if ledger == "quickbooks":
        stage.vendor.switches["cdc_lag_seconds"] = 10_000_000
        deactivated(stage)
    else:
        untold(stage, "6100").status = "ARCHIVED"
    stage.clock.advance(2 * 3600)
    stage.work_order("2")
    assert stage.sync().held == 1
    assert problem_of(stage, "2")[0] == "ACCOUNT_UNUSABLE"
    stage.sync()
    assert problem_of(stage, "2")[0] == "ACCOUNT_ARCHIVED"
    assert debited(stage) == ["6100"]


@BOTH
def test_a_refusal_for_another_reason_has_the_lists_read_anew_once_an_hour_at_most(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    path = "*/journalentry" if ledger == "quickbooks" else "*/ManualJournals"
    stage.sync()
    with stage.world() as world:
        first = world.store.reference()[ListKind.ACCOUNTS].whole_at
    refuse_everything(stage)
    for _ in range(3):
        stage.work_order(f"2{_}")
        stage.sync()
    with stage.world() as world:
        kept = world.store.reference()[ListKind.ACCOUNTS]
    assert (kept.whole_at, bool(kept.as_of)) == (first, True)
    assert len([entry for entry in stage.shell.log if entry["path"].endswith(path.removeprefix("*"))]) > 1


def refuse_everything(stage: Stage) -> None:
    """The books are closed between the look at the lock and the send."""
    told = stage.vendor.handle

    def closing(request: Any) -> Any:
        is_write = request.method in ("PUT", "POST") and request.path.endswith(("journalentry", "ManualJournals"))
        stage.vendor.set_lock(date(2026, 12, 31) if is_write else None)
        return told(request)

    stage.shell.vendor = type(
        "Closing", (), {"__getattr__": lambda _, name: closing if name == "handle" else getattr(stage.vendor, name)}
    )()


@BOTH
def test_a_name_that_nobody_told_us_of_is_found_by_one_fresh_look(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    if ledger == "quickbooks":
        stage.vendor.switches["cdc_lag_seconds"] = 10_000_000
        stage.vendor.rename_account("HVAC repairs", "Roof repairs")
    else:
        untold(stage, "6110").name = "Roof repairs"
    stage.clock.advance(3600)
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(PLAIN.replace("Repairs and maintenance", "Roof repairs"), "utf-8")
    stage.work_order("2")
    assert stage.sync().posted == 1
    assert debited(stage) == ["6100", "6110"]


# --- how much changed, and since when -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", ["cut", "refuse"])
def test_more_changes_than_quickbooks_tells_have_the_lists_read_as_a_whole(behaviour: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, company=Company(switches={"cdc_too_many": behaviour}))
    stage.work_order("1")
    stage.sync()
    for number in range(1100):  # The accounts come first in the answer, so that the one below stands behind what is cut.
        stage.vendor.books.add("Account", f"Site {number}", AcctNum="", Classification="Expense", AccountType="Expense")
    renamed(stage, "Repairs and maintenance", "Building repairs")
    whole = queried(stage)
    stage.work_order("2")
    stage.sync()
    assert whole["Account"] >= 1
    assert problem_of(stage, "2")[0] == "ACCOUNT_UNKNOWN"


@pytest.mark.parametrize("behaviour", ["cut", "refuse"])
def test_a_copy_that_is_older_than_quickbooks_looks_back_is_read_anew(behaviour: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, company=Company(switches={"cdc_too_old": behaviour}))
    stage.work_order("1")
    stage.sync()
    renamed(stage, "Repairs and maintenance", "Building repairs")
    later(stage, days=32)
    asked(stage)
    stage.work_order("2", dateCompleted="2026-04-01T17:00:00.000Z")
    stage.sync()
    assert asked(stage)["cdc"] == 0
    assert problem_of(stage, "2")[0] == "ACCOUNT_UNKNOWN"


@pytest.mark.parametrize("is_told", [True, False])
def test_an_entry_under_a_renamed_one_has_another_full_name(is_told: bool, tmp_path: Path) -> None:
    mapping = PLAIN.replace("account: Repairs and maintenance", "account: Buildings:Roofs")
    stage = Stage(tmp_path, mapping_text=mapping, company=Company(switches={"cdc_tells_children": is_told}))
    accounts = stage.vendor.books.lists["Account"]
    parent, child = (next(a for a in accounts.values() if a["AcctNum"] == number) for number in ("6140", "6150"))
    child |= {"SubAccount": True, "ParentRef": {"value": parent["Id"]}}
    lists.rename(stage.vendor.books, "Account", "Preventive maintenance", "Roofs")
    lists.rename(stage.vendor.books, "Account", "Equipment repairs", "Buildings")
    stage.work_order("1")
    assert stage.sync().posted == 1
    renamed(stage, "Buildings", "Halls")
    stage.work_order("2")
    stage.sync()
    assert problem_of(stage, "2")[0] == "ACCOUNT_UNKNOWN"
    assert "it is called '6150 Halls:Roofs' now" in problem_of(stage, "2")[1]


def test_an_account_that_was_merged_into_another_is_known_no_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    stage.clock.advance(60)
    lists.merge(stage.vendor.books, "Account", "Repairs and maintenance", "HVAC repairs")
    stage.work_order("2")
    stage.sync()
    assert problem_of(stage, "2")[0] == "ACCOUNT_UNKNOWN"


@pytest.mark.parametrize("status", [200, 304])
def test_an_organisation_that_says_that_nothing_was_modified_is_believed(status: int, tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", company=Company(switches={"nothing_modified": status}))
    stage.work_order("1")
    stage.sync()
    stage.clock.advance(3600)
    for number in ("2", "3"):
        asked(stage)
        stage.work_order(number)
        assert stage.sync().posted == 1
        assert asked(stage)["Accounts"] == 1
    renamed(stage, "Repairs and maintenance", "Building repairs")
    stage.work_order("4")
    stage.sync()
    assert problem_of(stage, "4")[0] == "ACCOUNT_UNKNOWN"


# --- what is kept -------------------------------------------------------------------------------------------------------------


@BOTH
def test_a_copy_of_another_shape_is_never_used(ledger: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    monkeypatch.setattr(reference, "SHAPE", 99)
    with stage.world() as world:
        assert world.store.reference() == {}
    stage.work_order("2")
    assert stage.sync().posted == 1
    with stage.world() as world:
        assert world.store.reference().keys() == world.ledger.lists


@BOTH
def test_a_rehearsal_uses_the_copy_and_keeps_nothing(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    assert len(stage.sync(dry_run=True).would_post) == 1
    with stage.world() as world:
        assert world.store.reference() == {}
    stage.sync()
    with stage.world() as world:
        before = world.store.reference()
    renamed(stage, "Repairs and maintenance", "Building repairs")
    stage.work_order("2")
    assert len(stage.sync(dry_run=True).would_hold) == 1
    with stage.world() as world:
        assert world.store.reference() == before


@BOTH
def test_a_proof_reads_the_lists_anew_whatever_the_copy_says(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    with stage.world() as world:
        kept = world.store.reference()
        accounts = kept[ListKind.ACCOUNTS]
        renamed_in_the_copy = {key: replace(entry, names=(f"Not {entry.name}",)) for key, entry in accounts.entries.items()}
        world.store.keep_reference(kept, {ListKind.ACCOUNTS: replace(accounts, entries=renamed_in_the_copy)})
        assert prove(world).is_proven


@BOTH
def test_a_ledger_that_does_not_answer_leaves_the_copy_as_it_was(ledger: str, tmp_path: Path) -> None:
    from connector.ledgers.ledger import ServiceUnreachableError

    stage = Stage(tmp_path, ledger)
    stage.work_order("1")
    stage.sync()
    with stage.world() as world:
        before = world.store.reference()
    stage.work_order("2")
    stage.plan(Fault("5xx", times=20))
    with pytest.raises(ServiceUnreachableError):
        stage.sync()
    with stage.world() as world:
        assert world.store.reference() == before
