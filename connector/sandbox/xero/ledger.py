"""What the documents do to the accounts: double entry, and the oracle that tests read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.sandbox.xero.books import ZERO, Account, Books, Document

LIVE = frozenset({"AUTHORISED", "PAID", "POSTED"})
WAITING = frozenset({"DRAFT", "SUBMITTED"})
_SIGNS = {"ACCREC": 1, "ACCPAYCREDIT": 1, "ACCPAY": -1, "ACCRECCREDIT": -1}


@dataclass(frozen=True, slots=True)
class Entry:
    """One side of a document in the ledger; a positive amount is a debit."""

    account: Account
    amount: Decimal
    description: str


def entries(books: Books, document: Document) -> list[Entry]:
    """The ledger lines that a live document stands for."""
    found = _journal(books, document) if document.kind == "journal_entry" else _invoice(books, document)
    return [entry for entry in found if entry.amount]


def _net(document: Document, amount: Decimal, tax: Decimal) -> Decimal:
    return amount - tax if document.line_amount_types == "Inclusive" else amount


def _invoice(books: Books, document: Document) -> Iterable[Entry]:
    sign = _SIGNS[document.type]
    control = books.system("DEBTORS" if document.type.startswith("ACCREC") else "CREDITORS")
    yield Entry(control, sign * document.total, document.number)
    for line in document.lines:
        if line.account is not None:
            yield Entry(line.account, -sign * _net(document, line.amount, line.tax_amount), line.description)
    yield Entry(books.system("GST"), -sign * document.tax, "Tax")


def _journal(books: Books, document: Document) -> Iterable[Entry]:
    for line in document.lines:
        if line.account is not None:
            yield Entry(line.account, _net(document, line.amount, line.tax_amount), line.description)
            yield Entry(books.system("GST"), line.tax_amount, "Tax")


def _sides(amount: Decimal) -> tuple[Decimal, Decimal]:
    return (amount, ZERO) if amount > 0 else (ZERO, -amount)


def oracle(books: Books, statuses: frozenset[str]) -> list[dict[str, Any]]:
    """Documents with one of those statuses, in the shape that tests compare."""
    found: list[dict[str, Any]] = []
    for shelf in books.shelves.values():
        found.extend(_tell(books, document) for document in shelf.by_id.values() if document.status in statuses)
    return found


def _tell(books: Books, document: Document) -> dict[str, Any]:
    lines: list[dict[str, str]] = []
    total = ZERO
    for entry in entries(books, document):
        debit, credit = _sides(entry.amount)
        total += debit
        lines.append(
            {
                "account": entry.account.name,
                "number": entry.account.code,
                "debit": f"{debit:.2f}",
                "credit": f"{credit:.2f}",
                "description": entry.description,
            }
        )
    return {
        "kind": document.kind,
        "id": document.id,
        "number": document.number,
        "date": document.day.isoformat(),
        "currency": document.currency or books.company.currency,
        "total": f"{total:.2f}",
        "status": document.status,
        "lines": lines,
    }


def trial_balance(books: Books) -> dict[str, Any]:
    """Every account's balance, and both totals."""
    balances = {account.id: ZERO for account in books.accounts}
    for shelf in books.shelves.values():
        for document in shelf.by_id.values():
            if document.status in LIVE:
                for entry in entries(books, document):
                    balances[entry.account.id] += entry.amount * document.rate
    rows: list[dict[str, str]] = []
    sums = [ZERO, ZERO]
    for account in books.accounts:
        debit, credit = _sides(balances[account.id])
        sums = [sums[0] + debit, sums[1] + credit]
        rows.append({"account": account.code, "name": account.name, "debit": f"{debit:.2f}", "credit": f"{credit:.2f}"})
    return {"currency": books.company.currency, "accounts": rows, "debit": f"{sums[0]:.2f}", "credit": f"{sums[1]:.2f}"}
