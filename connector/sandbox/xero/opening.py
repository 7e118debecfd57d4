"""The company's chart, tax rates, contacts, items and dimensions as the vendor keeps them."""

from __future__ import annotations

from decimal import Decimal

from connector.sandbox.company import AccountKind
from connector.sandbox.xero.books import Account, Books, Category, Contact, Item
from connector.sandbox.xero.tax import ACCOUNT_TYPES, tax_rates

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


def open_books(books: Books) -> None:
    """Fill empty books with the company's lists."""
    books.tax_rates = tax_rates(books.company.country, Decimal(books.company.tax_percent))
    _accounts(books)
    now = books.clock.now()
    for name in books.company.customers:
        contact = Contact(books.guid("contact"), name, updated=now)
        books.contacts[contact.id] = contact
    for seed in books.company.items:
        account = books.account(seed.income_account)
        if account is not None:
            books.items[seed.code.lower()] = Item(books.guid("item"), seed.code, seed.name, account, updated=now)
    books.themes = {books.guid("theme"): name for name in ("Standard", "Tenants")}
    for title, names in (("Department", books.company.departments), ("Class", books.company.classes)):
        options = tuple((books.guid("option"), name) for name in names)
        books.categories.append(Category(books.guid("category"), title, options))


def _accounts(books: Books) -> None:
    for seed in books.company.chart:
        kind, group, system = _KINDS[seed.kind]
        sales, purchases = ACCOUNT_TYPES.get(books.company.country, ("OUTPUT", "INPUT"))
        tax = {"REVENUE": sales, "EXPENSE": purchases}.get(group, books.no_tax())
        if seed.kind == "rounding":
            tax = books.no_tax()
        status = "ACTIVE" if seed.active else "ARCHIVED"
        books.accounts.append(Account(books.guid("account"), seed.number, seed.name, kind, group, tax, system, status, books.clock.now()))
