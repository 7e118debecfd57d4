"""The example mappings post against the charts, rates and tracking of real companies: only their `names:` say what is called what there."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.ledgers.exact_json import decode
from tests.contract.demo_company import open_demo_company, open_sandbox_company, told
from tests.contract.reference import needs_reference
from tests.sandbox.xero.caller import Caller
from tests.stage import Stage

pytestmark = needs_reference

MAPPINGS = Path(__file__).parents[2] / "mappings"
NAMES = {
    "xero": """\
names:
  xero:
    accounts:
      HVAC repairs: "473"
      Electrical repairs: Light, Power, Heating
      Plumbing repairs: Cleaning
      Equipment repairs: 449 Motor Vehicle Expenses
      Preventive maintenance: General Expenses
      Repairs and maintenance: Repairs and Maintenance
      Maintenance labor applied: Wages and Salaries
      MRO parts inventory: "620"
      Accrued maintenance: Clearing Account
      Maintenance labor revenue: "200"
      Maintenance parts revenue: Sales
      Other maintenance revenue: Other Revenue
    items: {Maintenance labor: LABOR, Maintenance parts: PARTS, Maintenance other: OTHER}
    tax_codes: {Sales tax: Tax on Goods, No tax: NONE}
    tracking: {department: customer, Riverside: North, Harbor: Eastside, Northgate: South, Plant: West Coast}
""",
    "quickbooks": """\
names:
  quickbooks:
    accounts:
      HVAC repairs: Repair & Maintenance
      Electrical repairs: Utilities
      Plumbing repairs: Supplies
      Equipment repairs: Tools
      Preventive maintenance: 5900 Misc Costs
      Repairs and maintenance: Miscellaneous
      Maintenance labor applied: "7214 Travel - Subsistence"
      MRO parts inventory: Inventory Asset
      Accrued maintenance: Prepaid Expenses
    tax_codes: {Sales tax: State sales tax, No tax: NON}
""",
}


def stage_of(folder: Path, ledger: str, document: str) -> Stage:
    example = {"journal_entry": "journal-entries.yaml", "invoice": "invoices.yaml"}[document]
    facts = (MAPPINGS / example).read_text("utf-8").partition("\nnames:\n")[0]
    stage = Stage(folder, ledger, document, mapping_text=f"{facts}\n{NAMES[ledger]}")
    (open_demo_company if ledger == "xero" else open_sandbox_company)(stage.vendor)
    for number, (category, place) in enumerate(
        [("HVAC", "Riverside"), ("Electrical", "Harbor"), ("Plumbing", "Northgate"), ("Equipment", "Yard"), ("Preventive", "Harbor")], 1
    ):
        location = stage.upkeep.post("/api/v2/locations", json={"name": place}).json()["result"]["id"]
        part = stage.upkeep.post("/api/v2/parts", json={"name": "Seal", "cost": "10.00", "quantity": 9}).json()["result"]["id"]
        stage.work_order(
            str(number),
            category=category,
            location=location,
            timeLogs=[{"duration": 90, "hourlyRate": "40.00", "dateStarted": "2026-02-20T17:00:00.000Z"}],
            parts=[{"id": part, "quantity": 1, "cost": "10.00"}],
        )
    return stage


def balances(stage: Stage) -> dict[str, Decimal]:
    """What was booked to each account by its name, debits above zero."""
    rows = stage.vendor.trial_balance()["accounts"]
    found = {row["name"]: Decimal(row["debit"]) - Decimal(row["credit"]) for row in rows}
    return {name: amount for name, amount in found.items() if amount}


JOURNALS = {
    "xero": {
        "Repairs and Maintenance": "170.00",
        "Light, Power, Heating": "170.00",
        "Cleaning": "170.00",
        "Motor Vehicle Expenses": "170.00",
        "General Expenses": "170.00",
        "Wages and Salaries": "-300.00",
        "Prepayments": "-50.00",
        "Clearing Account": "-500.00",
    },
    "quickbooks": {
        "Repair & Maintenance": "170.00",
        "Utilities": "170.00",
        "Supplies": "170.00",
        "Tools": "170.00",
        "5900 Misc Costs": "170.00",
        "7214 Travel - Subsistence": "-300.00",
        "Inventory Asset": "-50.00",
        "Prepaid Expenses": "-500.00",
    },
}


@pytest.mark.parametrize(("ledger", "expected"), JOURNALS.items())
def test_the_example_of_journals_posts_to_a_real_chart(ledger: str, expected: dict[str, str], tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, "journal_entry")
    report = stage.sync()
    assert (report.posted, report.held) == (5, 0)
    assert balances(stage) == {name: Decimal(amount) for name, amount in expected.items()}


@pytest.mark.parametrize("ledger", ["xero", "quickbooks"])
def test_the_example_of_invoices_posts_to_a_real_chart_with_real_rates(ledger: str, tmp_path: Path) -> None:
    """Preventive work is excluded. Of each other one 60.00 of labor and 110.00 of the crane are untaxed; the part of 12.00 is taxed."""
    stage = stage_of(tmp_path, ledger, "invoice")
    report = stage.sync()
    assert (report.posted, report.held, report.excluded) == (4, 0, 1)
    percent = {"xero": Decimal("8.75"), "quickbooks": Decimal(8)}[ledger]  # Demo company: Tax on Goods, 4.5 % and 4.25 %.
    tax = (Decimal("12.00") * percent / 100).quantize(Decimal("0.01"))
    assert {document["total"] for document in stage.documents()} == {f"{Decimal('182.00') + tax:.2f}"}
    with stage.world() as world:
        assert list(world.store.findings()) == []
    names = {"xero": ("Sales", "Other Revenue"), "quickbooks": ("Sales of Product Income", "Services")}[ledger]
    assert sum(balances(stage)[name] for name in names) == -4 * Decimal("182.00")
    assert stage.sync().posted == 0


def test_a_posted_line_carries_an_option_of_the_demo_companys_tracking(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "journal_entry")
    stage.sync()
    used = {
        one["Option"]
        for journal in stage.vendor.books.shelves["journal_entry"].by_id.values()
        for line in journal.lines
        for one in line.tracking
    }
    assert used == {"North", "Eastside", "South", "West Coast"}


@pytest.mark.parametrize(
    ("path", "file", "unlike"),
    [
        ("Accounts", "demo_global_accounts", {"BankAccountNumber", "EnablePaymentsToAccount", "ShowInExpenseClaims", "UpdatedDateUTC"}),
        ("TaxRates", "demo_global_taxrates", set()),
        ("TrackingCategories", "demo_tracking", set()),
    ],
)
def test_the_stand_in_shows_the_demo_companys_lists_as_xero_did(path: str, file: str, unlike: set[str]) -> None:
    caller = Caller()
    open_demo_company(caller.vendor)
    shown = decode(caller.call("GET", path).body)[path]
    real = told(file)[path]
    assert len(shown) == len(real)
    for ours, theirs in zip(shown, real, strict=True):
        assert_alike(ours, theirs, unlike)


def assert_alike(ours: Any, theirs: Any, unlike: set[str]) -> None:
    """Whatever both have is the same; nothing of ours has a name that Xero does not use."""
    if isinstance(ours, list):
        for one, other in zip(ours, theirs, strict=True):
            assert_alike(one, other, unlike)
    elif isinstance(ours, dict):
        for name in ours.keys() - unlike:
            assert_alike(ours[name], theirs[name], unlike)
    else:
        assert ours == theirs
