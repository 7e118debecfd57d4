"""What people do in QuickBooks' own pages, past every app."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connector.sandbox.quickbooks import lists, payments
from connector.sandbox.quickbooks.till import Till


class ByHand(Till):
    """A company whose documents, lists and closing date a person may change."""

    def void(self, identifier: str) -> None:
        """A person voids a document (a journal entry can only be deleted)."""
        self.books.void(self.books.documents[identifier])

    def delete(self, kind: str, identifier: str) -> None:
        """A person deletes a document; what a payment settled is open again."""
        if kind == payments.PAYMENT:
            payments.take_back(self.books, self.books.documents[identifier])
        self.books.delete(self.books.documents[identifier])

    def edit_amount(self, identifier: str, factor: int) -> None:
        """A person multiplies every amount of a document."""
        document = self.books.documents[identifier]
        self.books.post(document.legs, -1)
        for leg in document.legs:
            leg.amount *= factor
        for line in document.entity["Line"]:
            line["Amount"] = Decimal(str(line["Amount"])) * factor
        document.entity["TotalAmt"] = Decimal(str(document.entity.get("TotalAmt", 0))) * factor
        self.books.touch(document.entity)
        self.books.post(document.legs, 1)

    def rename_account(self, old: str, new: str) -> None:
        """A person renames an account."""
        lists.rename(self.books, "Account", old, new)

    def deactivate_account(self, name: str) -> None:
        """A person makes an account inactive, which puts a word behind its name."""
        lists.deactivate(self.books, "Account", name)

    def change_customer(self, what: str, name: str, other: str = "") -> None:
        """A person changes a customer: rename, merge (into the other one), deactivate, or delete for good."""
        lists.change_customer(self.books, what, name, other)

    def set_lock(self, day: date | str | None) -> None:
        """A person closes the books through that day, or opens them."""
        self.lock = date.fromisoformat(day) if isinstance(day, str) else day
