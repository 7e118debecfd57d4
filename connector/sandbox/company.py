"""The invented company whose books the sandbox keeps: one chart of accounts, told to both ledgers in their own shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

AccountKind = Literal["bank", "receivable", "asset", "payable", "liability", "tax", "equity", "income", "expense", "rounding"]


@dataclass(frozen=True, slots=True)
class AccountSeed:
    """One account of the chart: its number, name, kind, and whether it is still in use."""

    number: str
    name: str
    kind: AccountKind
    active: bool = True


@dataclass(frozen=True, slots=True)
class ItemSeed:
    """One product or service, with the number of the income account that it sells into."""

    code: str
    name: str
    income_account: str


CHART: tuple[AccountSeed, ...] = (
    AccountSeed("1010", "Operating bank", "bank"),
    AccountSeed("1100", "Accounts receivable", "receivable"),
    AccountSeed("1300", "MRO parts inventory", "asset"),
    AccountSeed("2000", "Accounts payable", "payable"),
    AccountSeed("2100", "Accrued maintenance", "liability"),
    AccountSeed("2150", "Maintenance labor applied", "liability"),
    AccountSeed("2200", "Sales tax payable", "tax"),
    AccountSeed("3900", "Retained earnings", "equity"),
    AccountSeed("4100", "Maintenance labor revenue", "income"),
    AccountSeed("4200", "Maintenance parts revenue", "income"),
    AccountSeed("4300", "Other maintenance revenue", "income"),
    AccountSeed("6100", "Repairs and maintenance", "expense"),
    AccountSeed("6110", "HVAC repairs", "expense"),
    AccountSeed("6120", "Electrical repairs", "expense"),
    AccountSeed("6130", "Plumbing repairs", "expense"),
    AccountSeed("6140", "Equipment repairs", "expense"),
    AccountSeed("6150", "Preventive maintenance", "expense"),
    AccountSeed("6190", "Repairs before 2020", "expense", active=False),
    AccountSeed("8600", "Rounding", "rounding"),
)

ITEMS: tuple[ItemSeed, ...] = (
    ItemSeed("LABOR", "Maintenance labor", "4100"),
    ItemSeed("PARTS", "Maintenance parts", "4200"),
    ItemSeed("OTHER", "Maintenance other", "4300"),
)

CUSTOMERS: tuple[str, ...] = ("Riverside Apartments", "Harbor Mall", "Northgate Clinic", "Internal departments")

# The neutral dimension is a class in QuickBooks, a location there is a department; both are tracking categories in Xero.
DEPARTMENTS: tuple[str, ...] = ("Riverside", "Harbor", "Northgate", "Plant")
CLASSES: tuple[str, ...] = ("Facilities", "Production", "Tenants")


@dataclass(slots=True)
class Company:
    """Facts about the sandbox company that a test may choose: currency, country, time zone and period lock."""

    name: str = "Sandbox Maintenance Co"
    currency: str = "USD"
    country: Literal["US", "AU", "CA", "GB"] = "US"
    timezone: str = "America/Chicago"
    last_locked_day: date | None = None
    tax_percent: str = "8"
    chart: tuple[AccountSeed, ...] = CHART
    items: tuple[ItemSeed, ...] = ITEMS
    customers: tuple[str, ...] = CUSTOMERS
    departments: tuple[str, ...] = DEPARTMENTS
    classes: tuple[str, ...] = CLASSES
    switches: dict[str, object] = field(default_factory=dict)
