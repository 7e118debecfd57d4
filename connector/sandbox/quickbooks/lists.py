"""New entries of the company's lists, as a program may create them: customers, items, classes, departments and accounts."""

from __future__ import annotations

from connector.sandbox.quickbooks.books import Books, Entity
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.posting import reference

CREATABLE = {name.lower(): name for name in ("Customer", "Item", "Class", "Department", "Account")}
NAME_LENGTH_MAX = {"Customer": 500, "Item": 100, "Class": 100, "Department": 100, "Account": 100}
# Items that are not stocked; inventory items would need quantities, which this stand-in does not keep.
ITEM_TYPES = frozenset({"Service", "NonInventory"})
CLASSIFICATIONS = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset", "Other Asset": "Asset",
    "Accounts Payable": "Liability", "Credit Card": "Liability", "Other Current Liability": "Liability", "Long Term Liability": "Liability",
    "Equity": "Equity", "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense",
}  # fmt: skip


def create_entry(books: Books, kind: str, entity: Entity) -> Entity:
    """Check a new entry and put it into its list; its names must be new."""
    if entity.get("Id"):
        raise Refusal("2010", "this stand-in does not change entries of lists", "Id")
    element = "DisplayName" if kind == "Customer" else "Name"
    name = str(entity.get(element) or "").strip()
    if not name:
        raise Refusal("2020", f"Required parameter {element} is missing in the request", element)
    if len(name) > NAME_LENGTH_MAX[kind]:
        raise Refusal("2050", f"Field {element} is longer than {NAME_LENGTH_MAX[kind]}", element)
    if any(str(other.get(element)).casefold() == name.casefold() for other in books.lists[kind].values()):
        raise Refusal("6240", f"The name supplied already exists. : {name}", element)
    return {"Customer": _customer, "Item": _item, "Account": _account}.get(kind, _plain)(books, kind, name, entity)


def _plain(books: Books, kind: str, name: str, _entity: Entity) -> Entity:
    return books.add(kind, name)


def _customer(books: Books, kind: str, name: str, entity: Entity) -> Entity:
    currency = entity.get("CurrencyRef") or {"value": books.company.currency}
    if currency.get("value") != books.company.currency:
        raise Refusal("6000", "Business Validation Error: Multi-currency is not enabled for this company.")
    return books.add_customer(name)


def _item(books: Books, kind: str, name: str, entity: Entity) -> Entity:
    if entity.get("Type") not in ITEM_TYPES:
        raise Refusal("2020", "Required parameter Type is missing or not known to this stand-in", "Type")
    income = reference(books, "Account", entity.get("IncomeAccountRef"), "IncomeAccountRef")
    return books.add(kind, name, Sku=str(entity.get("Sku") or ""), Type=entity["Type"], IncomeAccountRef={"value": income["Id"]})


def _account(books: Books, kind: str, name: str, entity: Entity) -> Entity:
    account_type = str(entity.get("AccountType") or "")
    if account_type not in CLASSIFICATIONS:
        raise Refusal("2020", "Required parameter AccountType is missing or invalid", "AccountType")
    number = str(entity.get("AcctNum") or "")
    return books.add(kind, name, AcctNum=number, Classification=CLASSIFICATIONS[account_type], AccountType=account_type)
