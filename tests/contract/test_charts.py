"""Names and tax rates against what real companies have: Xero's demo company, and sandbox companies of QuickBooks."""

from __future__ import annotations

from collections import Counter
from typing import Any

from connector.core.mapping import Fact
from connector.core.reference import ListKind
from connector.ledgers.exact_json import decode
from connector.ledgers.names import Resolver
from connector.ledgers.quickbooks import chart as quickbooks
from connector.ledgers.quickbooks.entries import entry_of
from connector.ledgers.xero import chart as xero
from connector.ledgers.xero import entries
from tests.contract.reference import SHARED, needs_reference
from tests.contract.test_quickbooks_recordings import rows_of

pytestmark = needs_reference

CHARTS = SHARED / "data" / "charts"


def told(name: str) -> Any:
    return decode((CHARTS / f"{name}.json").read_bytes())


def test_a_recorded_customer_is_found_by_its_full_name_and_by_a_short_one_that_it_alone_has() -> None:
    rows = rows_of("Customer")
    chart = quickbooks.chart_of({ListKind.CUSTOMERS: [entry_of(ListKind.CUSTOMERS, row) for row in rows]})
    full = {row["FullyQualifiedName"].casefold(): row["Id"] for row in rows}
    short = Counter(row["DisplayName"].casefold() for row in rows)
    assert any(":" in name for name in full)
    for row in rows:
        assert chart.customers[row["FullyQualifiedName"].casefold()] == row["Id"]
        name = row["DisplayName"].casefold()
        expected = full.get(name) or (row["Id"] if short[name] == 1 else None)
        assert chart.customers.get(name) == expected


def test_a_recorded_customer_under_another_one_knows_which() -> None:
    under = [row for row in rows_of("Customer") if row.get("Job")]
    assert under
    for row in under:
        entry = entry_of(ListKind.CUSTOMERS, row)
        assert (entry.parent, entry.leaf, entry.name) == (row["ParentRef"]["value"], row["DisplayName"], row["FullyQualifiedName"])


def test_every_real_account_of_quickbooks_is_found_by_its_name() -> None:
    rows = told("qbo_sandbox_accounts")
    chart = quickbooks.chart_of({ListKind.ACCOUNTS: [entry_of(ListKind.ACCOUNTS, row) for row in rows]})
    for row in rows:
        resolver = Resolver(chart, "QuickBooks")
        found = resolver.account(Fact(row["FullyQualifiedName"], ""), {}, journal=False)
        assert found is not None
        assert found.id == row["Id"]


def test_a_real_rate_is_taken_on_the_real_accounts_that_it_is_for_and_on_no_other() -> None:
    accounts = [entries.account(row) for row in told("demo_global_accounts")["Accounts"]]
    rows = told("demo_global_taxrates")["TaxRates"]
    chart = xero.chart_of({ListKind.ACCOUNTS: accounts, ListKind.TAX_CODES: [entries.tax_rate(row) for row in rows]})
    words = {"ASSET": "Assets", "EQUITY": "Equity", "EXPENSE": "Expenses", "LIABILITY": "Liabilities", "REVENUE": "Revenue"}
    verdicts = set()
    for row in rows:
        for account in chart.accounts:
            resolver = Resolver(chart, "Xero")
            resolver.check_tax(row["TaxType"], Fact(row["Name"], ""), {"AccountID": account.id})
            assert bool(resolver.problems) is not row[f"CanApplyTo{words[account.group]}"], (row["TaxType"], account.name)
            verdicts.add((account.group, bool(resolver.problems)))
    assert {("REVENUE", True), ("REVENUE", False), ("EXPENSE", True), ("EXPENSE", False)} <= verdicts
