"""The company's books: lists, documents, and a double-entry ledger that every document posts to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.company import Company

Entity = dict[str, Any]
ZERO = Decimal(0)
Tell = Callable[[str, str, str], None]  # kind, id, what happened: created, updated, voided or deleted
INACTIVE = " (deleted)"  # what QuickBooks puts behind the name of an entry that is made inactive
CURRENCY_NAMES = {"USD": "United States Dollar", "AUD": "Australian Dollar", "CAD": "Canadian Dollar", "GBP": "British Pound Sterling"}

_KINDS = {"JournalEntry": "journal_entry", "Invoice": "invoice", "CreditMemo": "credit_memo"}
_TYPES = {
    "bank": ("Asset", "Bank"),
    "receivable": ("Asset", "Accounts Receivable"),
    "asset": ("Asset", "Other Current Asset"),
    "payable": ("Liability", "Accounts Payable"),
    "liability": ("Liability", "Other Current Liability"),
    "tax": ("Liability", "Other Current Liability"),
    "equity": ("Equity", "Equity"),
    "income": ("Revenue", "Income"),
    "expense": ("Expense", "Expense"),
    "rounding": ("Expense", "Other Expense"),
}


@dataclass(slots=True)
class Leg:
    """One leg of a document in the ledger; debit positive."""

    account_id: str
    amount: Decimal
    description: str = ""
    home: Decimal | None = None  # in the company's currency, where the document is in another


@dataclass(slots=True)
class Document:
    """A transaction: its JSON as the API shows it, its legs, and whether it is live."""

    kind: str
    entity: Entity
    legs: list[Leg]
    committed_at: datetime
    status: str = "live"


@dataclass(slots=True)
class Books:
    """Everything that QuickBooks knows of one company."""

    company: Company
    time: Callable[[], str]
    lists: dict[str, dict[str, Entity]] = field(default_factory=lambda: defaultdict(dict))
    documents: dict[str, Document] = field(default_factory=dict)
    by_number: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    by_kind: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    tombstones: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))  # by kind: when an id was deleted
    balances: dict[str, list[Decimal]] = field(default_factory=lambda: defaultdict(lambda: [ZERO, ZERO]))
    switches: dict[str, Any] = field(default_factory=dict)  # api.py's: what the company's settings and the vendor's secrets are
    next_id: int = 1
    tell: Tell = lambda kind, identifier, what: None
    tells_children: bool = True  # whether the entries under a renamed one count as changed too
    merge_leaves: str = "deleted"  # what becomes of an entry that was merged; or "inactive"

    def new_id(self) -> str:
        """Ids are numbers written as strings."""
        self.next_id += 1
        return str(self.next_id)

    def stock(self) -> None:
        """Fill the lists from the company's facts."""
        for seed in self.company.chart:
            classification, kind = _TYPES[seed.kind]
            name = seed.name if seed.active else seed.name + INACTIVE
            self.add("Account", name, AcctNum=seed.number, Classification=classification, AccountType=kind, Active=seed.active)
        for item in self.company.items:
            self.add(
                "Item", item.name, Sku=item.code, Type="Service", IncomeAccountRef={"value": self.account_by_number(item.income_account)}
            )
        for name in self.company.customers:
            self.add_customer(name)
        for name in self.company.classes:
            self.add("Class", name)
        for name in self.company.departments:
            self.add("Department", name)
        self.add("Term", "Net 30", DueDays=Decimal(30), Type="STANDARD")
        self.add("Term", "Due on receipt", DueDays=ZERO, Type="STANDARD")
        self.add("Term", "20th of the month", DayOfMonthDue=Decimal(20), DueNextMonthDays=Decimal(5), Type="DATE_DRIVEN")

    def add(self, kind: str, name: str, **more: Any) -> Entity:
        """A new entry of a list."""
        identifier = self.new_id()
        now = self.time()
        entity = {"Id": identifier, "SyncToken": "0", "Name": name, "FullyQualifiedName": name, "Active": True, "domain": "QBO", **more}
        entity |= {"sparse": False, "MetaData": {"CreateTime": now, "LastUpdatedTime": now}}
        if kind == "Account":
            entity |= {"SubAccount": False, "CurrencyRef": self.currency_ref()}
        self.lists[kind][identifier] = entity
        self.tell(kind, identifier, "created")
        return entity

    def add_customer(self, name: str) -> Entity:
        """A new customer, who has no Name but a DisplayName."""
        settings = {"Taxable": False, "Job": False, "BillWithParent": False, "PreferredDeliveryMethod": "Print"}
        names = {"DisplayName": name, "PrintOnCheckName": name}
        customer = self.add("Customer", name, CurrencyRef=self.currency_ref(), **settings, **names)
        del customer["Name"]
        return customer

    def currency_ref(self, code: str = "") -> Entity:
        """A currency as a reference, the company's own unless another is named."""
        code = code or self.company.currency
        return {"value": code, "name": CURRENCY_NAMES.get(code, code)}

    def next_number(self, kind: str) -> str:
        """The number that QuickBooks gives to a document which came without one."""
        number = 1001 + len(self.by_kind[kind])
        while self.has_number(kind, str(number)):
            number += 1
        return str(number)

    def receivable(self, currency: str) -> str:
        """The account of what customers owe in that currency; each currency has one of its own, made when it is first used."""
        if currency == self.company.currency:
            return self.account_of_type("Accounts Receivable")
        name = f"Accounts receivable - {currency}"
        known = next((account for account in self.lists["Account"].values() if account["Name"] == name), None)
        more = {"AcctNum": "", "Classification": "Asset", "AccountType": "Accounts Receivable"}
        made = known or self.add("Account", name, **more)
        made["CurrencyRef"] = {"value": currency}
        return str(made["Id"])

    def account_by_number(self, number: str) -> str:
        """The id of the account with that number."""
        return next(identifier for identifier, account in self.lists["Account"].items() if account.get("AcctNum") == number)

    def account_of_type(self, kind: str, number: str = "") -> str:
        """The first account of that type (and number)."""
        accounts = self.lists["Account"].items()
        return next(i for i, a in accounts if a["AccountType"] == kind and (not number or a.get("AcctNum") == number))

    # --- documents --------------------------------------------------------------------------------------------------------------

    def commit(self, document: Document) -> None:
        """Put a document into the books."""
        entity = document.entity
        self.documents[entity["Id"]] = document
        self.by_kind[document.kind].append(entity["Id"])
        if entity.get("DocNumber"):
            self.by_number[(document.kind, entity["DocNumber"].casefold())].append(entity["Id"])
        self.post(document.legs, 1)
        self.tell(document.kind, entity["Id"], "created")

    def post(self, legs: list[Leg], sign: int) -> None:
        """Add legs to the balances, or take them out again."""
        for leg in legs:
            side = 0 if leg.amount > 0 else 1
            self.balances[leg.account_id][side] += sign * abs(leg.amount if leg.home is None else leg.home)

    def move_legs(self, old: str, new: str) -> None:
        """Every leg on an account that was merged is one on the account that is left."""
        moved = [document for document in self.documents.values() if any(leg.account_id == old for leg in document.legs)]
        for document in moved:
            self.post(document.legs, -1)
            for leg in document.legs:
                leg.account_id = new if leg.account_id == old else leg.account_id
            for line in document.entity["Line"]:
                account = line.get("JournalEntryLineDetail", {}).get("AccountRef", {})
                account |= {"value": new} if account.get("value") == old else {}
            self.post(document.legs, 1)

    def move_customer(self, old: str, new: str) -> None:
        """Every document of a customer who was merged is one of the customer who is left; nothing else of it changes."""
        for document in self.documents.values():
            if (document.entity.get("CustomerRef") or {}).get("value") == old:
                document.entity["CustomerRef"] = {"value": new}

    def void(self, document: Document) -> None:
        """Void: amounts become zero, the document stays."""
        self.post(document.legs, -1)
        document.legs, document.status = [], "void"
        entity = document.entity
        self._count(entity)
        self.tell(document.kind, entity["Id"], "voided")
        note = entity.get("PrivateNote", "")
        entity["PrivateNote"] = f"Voided - {note}"[:4000] if note else "Voided"
        entity.update(TotalAmt=ZERO, Balance=ZERO, TxnTaxDetail={"TotalTax": ZERO})
        if "RemainingCredit" in entity:
            entity["RemainingCredit"] = ZERO
        for line in entity.get("Line", []):
            line["Amount"] = ZERO

    def delete(self, document: Document) -> None:
        """Delete: gone, and 610 from then on."""
        self.post(document.legs, -1)
        document.legs, document.status = [], "deleted"
        self.tombstones[document.kind][document.entity["Id"]] = self.time()
        self.tell(document.kind, document.entity["Id"], "deleted")

    def touch(self, entity: Entity) -> None:
        """A change counts, its moment is kept, and it is told."""
        self._count(entity)
        document = self.documents.get(entity["Id"])
        kinds = [document.kind] if document is not None and document.entity is entity else []
        kinds += [kind for kind, entries in self.lists.items() if entries.get(entity["Id"]) is entity]
        for kind in kinds:
            self.tell(kind, entity["Id"], "updated")

    def _count(self, entity: Entity) -> None:
        entity["SyncToken"] = str(int(entity.get("SyncToken", "0")) + 1)
        entity["MetaData"] = {**entity.get("MetaData", {}), "LastUpdatedTime": self.time()}

    def changed(self, kind: str, since: datetime, until: datetime) -> list[Entity]:
        """Entries or documents of that kind that were made or changed between two moments, then what was deleted."""
        rows = list(self.lists[kind].values()) or [self.documents[i].entity for i in self.by_kind[kind]]
        gone = self.tombstones[kind]

        def is_between(moment: str) -> bool:
            return since <= datetime.fromisoformat(moment) <= until

        found = [row for row in rows if row["Id"] not in gone and "MetaData" in row and is_between(row["MetaData"]["LastUpdatedTime"])]
        dead = [
            {"domain": "QBO", "status": "Deleted", "Id": i, "MetaData": {"LastUpdatedTime": m}} for i, m in gone.items() if is_between(m)
        ]
        return [*found, *dead]

    def has_number(self, kind: str, number: str) -> bool:
        """Whether a document that still exists carries that number."""
        return any(self.documents[i].status != "deleted" for i in self.by_number.get((kind, number.casefold()), ()))

    # --- the oracle -------------------------------------------------------------------------------------------------------------

    def oracle(self) -> list[dict[str, Any]]:
        """Live documents with their legs, money as decimal strings; payments are none, they settle documents."""
        # A copy: a server thread may be adding a document just now.
        return [self._told(one) for one in list(self.documents.values()) if one.status == "live" and one.kind in _KINDS]

    def _told(self, document: Document) -> dict[str, Any]:
        entity = document.entity
        return {
            "kind": _KINDS[document.kind],
            "id": entity["Id"],
            "number": entity.get("DocNumber", ""),
            "date": entity["TxnDate"],
            "currency": entity.get("CurrencyRef", {}).get("value", self.company.currency),
            "total": money(sum((leg.amount for leg in document.legs if leg.amount > 0), ZERO)),
            "status": document.status,
            "memo": entity.get("PrivateNote", ""),
            "lines": [self._leg(leg) for leg in document.legs],
        }

    def _leg(self, leg: Leg) -> dict[str, str]:
        account = self.lists["Account"][leg.account_id]
        debit, credit = max(leg.amount, ZERO), max(-leg.amount, ZERO)
        return {
            "account": account["Name"],
            "number": account.get("AcctNum", ""),
            "debit": money(debit),
            "credit": money(credit),
            "description": leg.description,
        }

    def trial_balance(self) -> dict[str, Any]:
        """Debits and credits of every account, and their sums."""
        rows = [
            {"account": a.get("AcctNum", ""), "name": a["Name"], "debit": money(self.balances[i][0]), "credit": money(self.balances[i][1])}
            for i, a in self.lists["Account"].items()
        ]
        sums = [sum((sides[side] for sides in self.balances.values()), ZERO) for side in (0, 1)]
        return {"currency": self.company.currency, "accounts": rows, "debit": money(sums[0]), "credit": money(sums[1])}


def money(amount: Decimal) -> str:
    """An amount as a decimal string with cents."""
    return format(amount.quantize(Decimal("0.01")), "f")
