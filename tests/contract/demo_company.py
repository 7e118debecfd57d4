"""The books of real companies in the stand-ins: Xero's Demo Company, and a QuickBooks sandbox company, as both vendors told them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connector.ledgers.exact_json import decode
from connector.sandbox.quickbooks import QuickBooksSandbox
from connector.sandbox.xero import XeroSandbox
from connector.sandbox.xero.books import Account, Category, Item, TaxComponent, TaxRate
from tests.contract.reference import SHARED

CHARTS = SHARED / "data" / "charts"
GROUPS = {"ASSET": "Assets", "EQUITY": "Equity", "EXPENSE": "Expenses", "LIABILITY": "Liabilities", "REVENUE": "Revenue"}


def told(name: str) -> Any:
    """One of the files with its numbers as Decimals."""
    return decode((CHARTS / f"{name}.json").read_bytes())


def open_demo_company(vendor: XeroSandbox) -> None:
    """Put the Demo Company's chart, tax rates and tracking in place of the invented ones; items are sold into its accounts."""
    books = vendor.books
    books.accounts = [_account(row) for row in told("demo_global_accounts")["Accounts"]]
    books.tax_rates = {row["TaxType"]: _tax_rate(row) for row in told("demo_global_taxrates")["TaxRates"]}
    books.categories = [
        Category(row["TrackingCategoryID"], row["Name"], tuple((one["TrackingOptionID"], one["Name"]) for one in row["Options"]))
        for row in told("demo_tracking")["TrackingCategories"]
    ]
    for code, number in (("LABOR", "200"), ("PARTS", "200"), ("OTHER", "260")):
        known, account = books.items[code.lower()], books.account(number)
        assert account is not None
        books.items[code.lower()] = Item(known.id, known.code, known.name, account, known.updated)


def _account(row: dict[str, Any]) -> Account:
    milliseconds = int(row["UpdatedDateUTC"].removeprefix("/Date(").partition("+")[0])
    return Account(
        row["AccountID"],
        row["Code"],
        row["Name"],
        row["Type"],
        row["Class"],
        row["TaxType"],
        row.get("SystemAccount") or "",
        row["Status"],
        datetime.fromtimestamp(milliseconds / 1000, UTC),
    )


def _tax_rate(row: dict[str, Any]) -> TaxRate:
    groups = frozenset(group for group, word in GROUPS.items() if row[f"CanApplyTo{word}"])
    components = tuple(TaxComponent(one["Name"], Decimal(one["Rate"]), one["IsCompound"]) for one in row["TaxComponents"])
    return TaxRate(row["TaxType"], row["Name"], Decimal(row["EffectiveRate"]), groups, components)


def open_sandbox_company(vendor: QuickBooksSandbox) -> None:
    """Put a real chart in place of the invented one. It has no receivables yet, which QuickBooks adds by itself; the tax agency's stays."""
    books = vendor.books
    rows = {row["Id"]: row for row in told("qbo_sandbox_accounts")}
    kept = {key: entry for key, entry in books.lists["Account"].items() if entry.get("AcctNum") in ("1100", "2200")}
    assert not rows.keys() & kept.keys()
    books.lists["Account"] = {**rows, **kept}
    by_name = {row["Name"]: row["Id"] for row in rows.values()}
    for item, name in zip(books.lists["Item"].values(), ("Services", "Sales of Product Income", "Services"), strict=True):
        item["IncomeAccountRef"] = {"value": by_name[name]}
