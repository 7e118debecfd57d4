"""The company's chart, tax rates, contacts, items and dimensions as the vendor keeps them."""

from __future__ import annotations

from decimal import Decimal

from connector.sandbox.company import AccountKind
from connector.sandbox.xero.books import Account, Books, Category, Contact, Item, TaxRate

# kind -> (type, group, system account)
_KINDS: dict[AccountKind, tuple[str, str, str]] = {
    "bank": ("BANK", "ASSET", ""),
    "receivable": ("CURRENT", "ASSET", "DEBTORS"),
    "asset": ("CURRENT", "ASSET", ""),
    "payable": ("CURRLIAB", "LIABILITY", "CREDITORS"),
    "liability": ("CURRLIAB", "LIABILITY", ""),
    "tax": ("CURRLIAB", "LIABILITY", "GST"),
    "equity": ("EQUITY", "EQUITY", "RETAINEDEARNINGS"),
    "income": ("REVENUE", "REVENUE", ""),
    "expense": ("EXPENSE", "EXPENSE", ""),
    "rounding": ("EXPENSE", "EXPENSE", "ROUNDING"),
}
_ALL = frozenset({"ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE"})


def open_books(books: Books) -> None:
    """Fill empty books with the company's lists."""
    _tax_rates(books)
    _accounts(books)
    now = books.clock.now()
    for name in books.company.customers:
        contact = Contact(books.guid("contact"), name, updated=now)
        books.contacts[contact.id] = contact
    for seed in books.company.items:
        account = books.account(seed.income_account)
        if account is not None:
            books.items[seed.code.lower()] = Item(books.guid("item"), seed.code, seed.name, account, updated=now)
    for title, names in (("Department", books.company.departments), ("Class", books.company.classes)):
        options = tuple((books.guid("option"), name) for name in names)
        books.categories.append(Category(books.guid("category"), title, options))


def _tax_rates(books: Books) -> None:
    sales, purchases = _ALL - {"EXPENSE"}, _ALL - {"REVENUE"}
    if books.company.country == "AU":
        rates = [
            TaxRate("OUTPUT", "GST on Income", Decimal(10), sales),
            TaxRate("INPUT", "GST on Expenses", Decimal(10), purchases),
            TaxRate("EXEMPTOUTPUT", "GST Free Income", Decimal(0), sales),
            TaxRate("BASEXCLUDED", "BAS Excluded", Decimal(0), _ALL),
        ]
    else:
        percent = Decimal(books.company.tax_percent)
        rates = [
            TaxRate("OUTPUT", "Tax on Sales", percent, sales),
            TaxRate("INPUT", "Tax on Purchases", percent, purchases),
            TaxRate("NONE", "Tax Exempt", Decimal(0), _ALL),
        ]
    books.tax_rates = {rate.tax_type: rate for rate in rates}


def _accounts(books: Books) -> None:
    for seed in books.company.chart:
        kind, group, system = _KINDS[seed.kind]
        tax = {"REVENUE": "OUTPUT", "EXPENSE": "INPUT"}.get(group, books.no_tax())
        if seed.kind == "rounding":
            tax = books.no_tax()
        status = "ACTIVE" if seed.active else "ARCHIVED"
        books.accounts.append(Account(books.guid("account"), seed.number, seed.name, kind, group, tax, system, status, books.clock.now()))
