"""What a document is checked against besides its own shape, and what a customer pays: the period, numbers in use, payments."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from connector.sandbox.clock import SandboxClock
from connector.sandbox.quickbooks import credits, payments
from connector.sandbox.quickbooks.books import Books, Document, Entity
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.standing import Standing


class Till(Standing):
    """The books of a company as far as a document meets others in them."""

    books: Books
    lock: date | None
    _clock: SandboxClock

    def check_period(self, day: str) -> None:
        """Refuse a day in the closed period."""
        if self.lock is not None and date.fromisoformat(day[:10]) <= self.lock:
            words = "The account period has closed and the account books cannot be updated through the QBO Services API."
            raise Refusal("6210", words + " Please use the QBO website to make these changes.")

    def has_number(self, kind: str, number: str) -> bool:
        """Whether a document that still exists carries that number, where numbers of its kind are looked at."""
        shared = kind in credits.SALES_KINDS and self.switches["numbers_across_kinds"]
        return any(self.books.has_number(one, number) for one in (credits.SALES_KINDS if shared else (kind,)))

    def paid(self, entity: Entity, now: datetime) -> Document:
        """Book a payment, or one over nothing that applies a credit."""
        self.check_period(str(entity.get("TxnDate") or now.date()))
        payment = payments.take(self.books, entity, now, self.books.new_id())
        self.books.commit(payment)
        return payment

    def pay(self, identifier: str, amount: str | Decimal = "") -> None:
        """A person enters a customer's payment of an invoice, of all that is due where no amount is told."""
        invoice = self.books.documents[identifier]
        self.paid(payments.of_money(invoice, Decimal(amount or invoice.entity["Balance"])), self._clock.now())
