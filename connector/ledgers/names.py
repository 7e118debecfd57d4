"""Neutral names to a ledger's own: through the mapping's names table, then by name or number, and never by a guess."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector.core.mapping import Fact
from connector.core.problem import Problem
from connector.ledgers.ledger import Account, Chart


@dataclass(slots=True)
class Resolver:
    """Resolves the names of one draft and collects what could not be resolved."""

    chart: Chart
    ledger: str
    problems: list[Problem] = field(default_factory=list)

    def account(self, fact: Fact, names: Mapping[str, Fact], *, journal: bool) -> Account | None:
        """The one active account of that name or number."""
        told = names.get(fact.value, fact)
        found = _accounts(self.chart, told.value)
        active = [account for account in found if account.active]
        if len(active) == 1:
            account = active[0]
            if journal and not account.journalable:
                message = f"Account '{account.name}' takes no journal lines: {account.why_not}."
                self._add("ACCOUNT_NOT_JOURNALABLE", told, message, "Map another.")
                return None
            return account
        if active:
            candidates = ", ".join("'" + f"{a.number} {a.name}".strip() + "'" for a in active)
            message = f"'{told.value}' is the name of several accounts: {candidates}."
            self._add("ACCOUNT_AMBIGUOUS", told, message, "Write its number or full name.")
        elif found:
            message = f"Account '{told.value}' is archived or inactive in {self.ledger}."
            self._add("ACCOUNT_ARCHIVED", told, message, "Map another account, or make it active again.")
        else:
            known = [name for a in self.chart.accounts if a.active for name in (a.name, a.number) if name]
            self._unknown("ACCOUNT_UNKNOWN", "account", told, known)
        return None

    def id_of(self, code: str, what: str, fact: Fact, names: Mapping[str, Fact], ids: Mapping[str, str]) -> str | None:
        """The id of an item, tax code or customer."""
        told = names.get(fact.value, fact)
        found = ids.get(told.value.strip().casefold())
        if found is None:
            self._unknown(code, what, told, list(ids))
        return found

    def tracking(self, dimension: str, fact: Fact, names: Mapping[str, Fact]) -> tuple[str, str] | None:
        """The ids of a dimension's value: a class, a department, a tracking option."""
        category = names[dimension].value if dimension in names else dimension
        told = names.get(fact.value, fact)
        found = self.chart.tracking.get((category.casefold(), told.value.strip().casefold()))
        if found is None:
            known = [value for name, value in self.chart.tracking if name == category.casefold()]
            self._unknown("TRACKING_UNKNOWN", f"{category} value", told, known)
        return found

    def _unknown(self, code: str, what: str, told: Fact, known: Sequence[str]) -> None:
        # Capitals do not count, here as in the ledger.
        folded = {name.casefold(): name for name in known}
        near = [folded[name] for name in difflib.get_close_matches(told.value.casefold(), folded, n=3, cutoff=0.6)]
        next_step = f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else "Correct it, or add it under names."
        self._add(code, told, f"{self.ledger} has no {what} '{told.value}'.", next_step)

    def _add(self, code: str, told: Fact, message: str, next_step: str) -> None:
        problem = Problem(code, told.place, message, next_step)
        if problem not in self.problems:
            self.problems.append(problem)


def _accounts(chart: Chart, written: str) -> list[Account]:
    """Accounts whose number, full name, last name or "number name" it is, best kind of match first."""
    wanted = written.strip().casefold()
    kinds = (
        [a for a in chart.accounts if a.number and a.number.casefold() == wanted],
        [a for a in chart.accounts if a.name.casefold() == wanted],
        [a for a in chart.accounts if f"{a.number} {a.name}".strip().casefold() == wanted],
        [a for a in chart.accounts if a.name.rpartition(":")[2].casefold() == wanted],
    )
    return next((found for found in kinds if found), [])


def currency_problem(chart: Chart, currency: str) -> Problem | None:
    """The books are in another currency than the draft."""
    if not chart.currency or chart.currency == currency:
        return None
    message = f"The draft is in {currency}, the books are in {chart.currency}."
    return Problem("CURRENCY_MISMATCH", "currency", message, "Set the connection's currency to that of the books.")
