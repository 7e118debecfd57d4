"""What the lines of a document are booked to, as the ledger itself names it: read from the bytes of a draft or from the ledger's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.core.mapping import DocumentKind
from connector.core.money import ZERO

Day = date  # a field called date hides the type


@dataclass(frozen=True, slots=True)
class BookedLine:
    """One line: the ledger's id or code of its account and of its item ("" where it names none), debit-positive amount before tax."""

    account: str
    item: str
    amount: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class BookedDocument:
    """A document of anybody's in the ledger. `total` is a journal's sum of debits, or what a sale bills (a credit: less than nothing).

    `text` is all that a person could have written a work order's number into: the document's own number, note, reference, lines.
    """

    id: str
    kind: DocumentKind
    number: str
    marker: str  # "" where it has none of the connector's making
    date: Day
    currency: str
    total: Decimal
    text: str = ""
    customer_id: str = ""
    lines: tuple[BookedLine, ...] = ()


@dataclass(frozen=True, slots=True)
class AccountNames:
    """What a person calls the accounts of a ledger. `accounts` by id and by code, `items` the account (id or code) and name of each."""

    accounts: Mapping[str, str]
    items: Mapping[str, tuple[str, str]]

    def account(self, line: BookedLine) -> str:
        """The account that a line moves: its own, else its item's; an item that names none is told as itself."""
        through, item = self.items.get(line.item, ("", line.item))
        found = self.accounts.get(line.account or through)
        if found is not None:
            return found
        return line.account or (f"item {item}" if item else "(no account)")

    def item(self, line: BookedLine) -> str:
        """What the item of a line is called; "" without one."""
        return self.items.get(line.item, ("", line.item))[1]


@dataclass(frozen=True, slots=True)
class Sums:
    """What one account was moved by: both sides, none below zero."""

    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """Debits less credits."""
        return self.debit - self.credit

    def plus(self, amount: Decimal) -> Sums:
        """With one more leg, debit-positive."""
        return Sums(self.debit + max(amount, ZERO), self.credit + max(-amount, ZERO))
