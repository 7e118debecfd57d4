"""The company's lists, as a program or a person may change them: entries are made, renamed, moved, made inactive and merged.

Whether change data capture tells the entries under a renamed one too is documented nowhere, nor whether an entry that was merged is
deleted or made inactive: switches.
"""

from __future__ import annotations

from connector.sandbox.quickbooks.books import INACTIVE, Books, Entity
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.posting import reference

CREATABLE = {name.lower(): name for name in ("Customer", "Item", "Class", "Department", "Account", "Vendor")}
NAME_LENGTH_MAX = {"Customer": 500, "Vendor": 500, "Item": 100, "Class": 100, "Department": 100, "Account": 100}
# What says that an entry stands under another one.
UNDER = {"Customer": "Job", "Item": "SubItem", "Class": "SubClass", "Department": "SubDepartment", "Account": "SubAccount"}
# Items that are not stocked; inventory items would need quantities, which this stand-in does not keep.
ITEM_TYPES = frozenset({"Service", "NonInventory"})
CLASSIFICATIONS = {
    "Bank": "Asset", "Accounts Receivable": "Asset", "Other Current Asset": "Asset", "Fixed Asset": "Asset", "Other Asset": "Asset",
    "Accounts Payable": "Liability", "Credit Card": "Liability", "Other Current Liability": "Liability", "Long Term Liability": "Liability",
    "Equity": "Equity", "Income": "Revenue", "Other Income": "Revenue", "Cost of Goods Sold": "Expense", "Expense": "Expense",
    "Other Expense": "Expense",
}  # fmt: skip


def create_entry(books: Books, kind: str, entity: Entity) -> Entity:
    """Check an entry and put it into its list, or change the one with its id; its full name must be new."""
    if entity.get("Id"):
        return _change(books, kind, entity)
    element, name = _name_in(kind, entity)
    parent = _parent(books, kind, entity)
    _check_name(books, kind, name, parent, element)
    made = {"Customer": _customer, "Vendor": _vendor, "Item": _item, "Account": _account}.get(kind, _plain)(books, kind, name, entity)
    if parent:
        made |= {UNDER[kind]: True, "ParentRef": {"value": parent["Id"]}}
        _name(books, kind, made, name)
    return made


def _name_in(kind: str, entity: Entity) -> tuple[str, str]:
    element = _element(kind)
    name = str(entity.get(element) or "").strip()
    if not name:
        raise Refusal("2020", f"Required parameter {element} is missing in the request", element)
    if len(name) > NAME_LENGTH_MAX[kind]:
        raise Refusal("2050", f"Field {element} is longer than {NAME_LENGTH_MAX[kind]}", element)
    return element, name


def _element(kind: str) -> str:
    return "DisplayName" if kind in ("Customer", "Vendor") else "Name"


def _parent(books: Books, kind: str, entity: Entity) -> Entity | None:
    told = entity.get("ParentRef") or {}
    if not told.get("value"):
        return None
    if kind not in UNDER:
        raise Refusal("2010", f"a {kind} stands under nothing", "ParentRef")
    return reference(books, kind, told, "ParentRef")


def _full(parent: Entity | None, name: str) -> str:
    return f"{parent['FullyQualifiedName']}:{name}" if parent else name


def _check_name(books: Books, kind: str, name: str, parent: Entity | None, element: str, own_id: str = "") -> None:
    """The name of a customer or vendor is new among all of them; that of another entry among those under the same one."""
    whole = element == "DisplayName"
    wanted = (name if whole else _full(parent, name)).casefold()
    others = [other for other in books.lists[kind].values() if other["Id"] != own_id]
    if wanted in {str(other[element] if whole else other["FullyQualifiedName"]).casefold() for other in others}:
        raise Refusal("6240", f"The name supplied already exists. : {name}", element)


def _change(books: Books, kind: str, entity: Entity) -> Entity:
    """An update, full or sparse: the name, what it stands under, and whether it is in use; the rest stays as it is here."""
    known = books.lists[kind].get(str(entity["Id"]))
    if known is None:
        raise Refusal("610", "Object Not Found : Another user has deleted this entry.")
    if str(entity.get("SyncToken")) != known["SyncToken"]:
        raise Refusal("5010", f"Stale Object Error : You and another user were working on this at the same time. Entity={kind}")
    element, name = _name_in(kind, {_element(kind): known[_element(kind)]} | entity)
    parent = _parent(books, kind, {**known, **entity})
    is_active = bool(entity.get("Active", known["Active"]))
    _check_name(books, kind, name, parent, element, own_id=known["Id"])
    if known["Active"] and not is_active:
        name += INACTIVE
    above = {UNDER[kind]: True, "ParentRef": {"value": parent["Id"]}} if parent else {}
    if known | above | {"Active": is_active, element: name} != known:  # As recorded: what changes nothing counts as no change.
        known |= above | {"Active": is_active}
        _name(books, kind, known, name)
    return known


def _name(books: Books, kind: str, entry: Entity, name: str) -> None:
    """Give an entry its name, and all that stand under it their full ones."""
    entry[_element(kind)] = name
    if "PrintOnCheckName" in entry:
        entry["PrintOnCheckName"] = name
    if kind != "Vendor":
        entry["FullyQualifiedName"] = _full(books.lists[kind].get((entry.get("ParentRef") or {}).get("value", "")), name)
    books.touch(entry)
    for child in [other for other in books.lists[kind].values() if (other.get("ParentRef") or {}).get("value") == entry["Id"]]:
        child["FullyQualifiedName"] = f"{entry['FullyQualifiedName']}:{child[_element(kind)]}"
        if books.tells_children:
            books.touch(child)


def rename(books: Books, kind: str, old: str, new: str) -> None:
    """A person gives an entry another name."""
    _name(books, kind, _named(books, kind, old), new)


def deactivate(books: Books, kind: str, name: str) -> None:
    """A person makes an entry inactive, which puts a word behind its name."""
    entry = _named(books, kind, name)
    entry["Active"] = False
    _name(books, kind, entry, name + INACTIVE)


def merge(books: Books, kind: str, name: str, into: str) -> None:
    """A person merges an entry that nothing stands under into another one: what was booked to it, or billed, is the other one's."""
    gone, kept = _named(books, kind, name), _named(books, kind, into)
    if books.merge_leaves == "inactive":
        deactivate(books, kind, name)
    else:
        del books.lists[kind][gone["Id"]]
        books.tombstones[kind][gone["Id"]] = books.time()
    if kind == "Customer":
        books.move_customer(gone["Id"], kept["Id"])
    else:
        books.move_legs(gone["Id"], kept["Id"])
    books.touch(kept)


def change_customer(books: Books, what: str, name: str, other: str) -> None:
    """What a person does to a customer at the screen."""
    match what:
        case "rename":
            rename(books, "Customer", name, other)
        case "merge":
            merge(books, "Customer", name, other)
        case "deactivate":
            deactivate(books, "Customer", name)
        case "delete":
            _delete_customer(books, name)
        case _:
            raise ValueError(f"nobody can {what} a customer")


def _delete_customer(books: Books, name: str) -> None:
    """A customer goes for good, as when the company's own backup is restored: the screen and the API only make customers inactive."""
    gone = _named(books, "Customer", name)
    del books.lists["Customer"][gone["Id"]]
    books.tombstones["Customer"][gone["Id"]] = books.time()


def _named(books: Books, kind: str, name: str) -> Entity:
    return next(entry for entry in books.lists[kind].values() if entry.get(_element(kind)) == name)


def _plain(books: Books, kind: str, name: str, _entity: Entity) -> Entity:
    return books.add(kind, name)


def _customer(books: Books, kind: str, name: str, entity: Entity) -> Entity:
    currency = entity.get("CurrencyRef") or {"value": books.company.currency}
    if currency.get("value") != books.company.currency:
        raise Refusal("6000", "Business Validation Error: Multi-currency is not enabled for this company.")
    return books.add_customer(name)


def _vendor(books: Books, kind: str, name: str, _entity: Entity) -> Entity:
    names = {"DisplayName": name, "PrintOnCheckName": name, "Vendor1099": False, "CurrencyRef": books.currency_ref()}
    vendor = books.add(kind, name, **names)
    del vendor["Name"], vendor["FullyQualifiedName"]
    return vendor


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
