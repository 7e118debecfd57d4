"""Counts and sums of a proof, added up row by row: what UpKeep asks for beside what the ledger holds, in all and by account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from connector.core.money import ZERO
from connector.core.posting import LedgerLine
from connector.core.proof import AGREEING, OUTSIDE_THE_BOOKS, WITHOUT_DOCUMENT, Claim, Row, Verdict


@dataclass(slots=True)
class AccountTotal:
    """One account: the debits and credits that our live documents book to it, and the balance that they should book."""

    debits: Decimal = ZERO
    credits: Decimal = ZERO
    expected: Decimal = ZERO

    @property
    def balance(self) -> Decimal:
        """Debits less credits."""
        return self.debits - self.credits

    @property
    def difference(self) -> Decimal:
        """What the ledger has more (or less) than it should."""
        return self.balance - self.expected


@dataclass(slots=True)
class Tally:
    """The sums of the rows so far. Accounts by the ledger's id; invoices and credits have no legs, and are summed before tax."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    documents: int = 0
    expected: Decimal = ZERO
    booked: Decimal = ZERO
    difference: Decimal = ZERO  # row by row, without sign: two mistakes do not cancel out
    held: Decimal = ZERO
    excluded: Decimal = ZERO
    accounts: dict[str, AccountTotal] = field(default_factory=dict)
    invoiced: AccountTotal = field(default_factory=AccountTotal)
    tax: Decimal = ZERO

    def add(self, row: Row, claim: Claim | None = None) -> None:
        """Count one row. Its claim, when it has one, says which account should have what."""
        self.verdicts[row.verdict] += 1
        self.expected += row.expected
        self.booked += row.booked
        self.difference += abs(row.difference)
        self.held += row.amount or ZERO if row.verdict is Verdict.HELD else ZERO
        self.excluded += row.amount or ZERO if row.verdict is Verdict.EXCLUDED else ZERO
        if claim is not None and claim.expectation is not None and row.verdict not in (*OUTSIDE_THE_BOOKS, Verdict.REVERSED):
            self._expect(claim.expectation.lines, row.expected)
        for document in (one for one in row.documents if one.status == "live"):
            self.documents += 1
            self._book(document.lines(), document.without_tax)
            self.tax += document.billed_tax

    def _expect(self, lines: Iterable[LedgerLine], net: Decimal) -> None:
        legs = tuple(lines)
        for leg in legs:
            self._account(leg).expected += leg.amount
        if not legs:
            self.invoiced.expected -= net

    def _book(self, lines: Iterable[LedgerLine], total: Decimal) -> None:
        legs = tuple(lines)
        for leg in legs:
            account = self._account(leg)
            account.debits += max(leg.amount, ZERO)
            account.credits += max(-leg.amount, ZERO)
        if not legs:
            self.invoiced.credits += max(total, ZERO)
            self.invoiced.debits += max(-total, ZERO)

    def _account(self, leg: LedgerLine) -> AccountTotal:
        return self.accounts.setdefault(leg.account_id, AccountTotal())

    @property
    def work_orders(self) -> int:
        """Rows that are work orders; an orphaned document is none."""
        return self.verdicts.total() - self.verdicts[Verdict.ORPHANED]

    @property
    def lost(self) -> int:
        """Work that is done and owed, and of which the books show nothing."""
        return sum(self.verdicts[verdict] for verdict in WITHOUT_DOCUMENT)

    @property
    def contradictions(self) -> int:
        """Rows in which UpKeep and the ledger do not agree."""
        return sum(count for verdict, count in self.verdicts.items() if verdict not in AGREEING)
