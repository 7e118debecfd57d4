"""Neutral names to a ledger's own: through the mapping's names table, then by name or number, and never by a guess."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from connector.core.customer_link import CustomerState, find_customer, first_match, problem_of
from connector.core.exchange import Exchange
from connector.core.mapping import Fact
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, called, formerly
from connector.ledgers.ledger import Account, Chart

# The list in which a name was looked for, by the problem that its absence is.
_LISTS = {
    "ITEM_UNKNOWN": (ListKind.ITEMS,),
    "TAX_CODE_UNKNOWN": (ListKind.TAX_CODES,),
    "CUSTOMER_UNKNOWN": (ListKind.CUSTOMERS,),
    "BRANDING_THEME_UNKNOWN": (ListKind.BRANDING_THEMES,),
    "TERMS_UNKNOWN": (ListKind.TERMS,),
    "TRACKING_UNKNOWN": (ListKind.CLASSES, ListKind.DEPARTMENTS, ListKind.TRACKING),
}


@dataclass(slots=True)
class Resolver:
    """Resolves the names of one draft and collects what could not be resolved."""

    chart: Chart
    ledger: str
    currency: str = ""  # the document's, where it is not the books'
    problems: list[Problem] = field(default_factory=list)

    def account(self, fact: Fact, names: Mapping[str, Fact], *, journal: bool) -> Account | None:
        """The one active account of that name or number."""
        told = names.get(fact.value, fact)
        found = accounts_called(self.chart, told.value)
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
            renamed = [f"{a.number} {a.name}".strip() for a in self.chart.accounts if a.active and _had(a, told.value)]
            self._unknown("ACCOUNT_UNKNOWN", "account", told, known, renamed)
        return None

    def id_of(self, code: str, what: str, fact: Fact, names: Mapping[str, Fact], ids: Mapping[str, str]) -> str | None:
        """The id of an item, tax code or customer."""
        told = names.get(fact.value, fact)
        found = ids.get(told.value.strip().casefold())
        if found is None:
            self._not_found(code, what, told, told.value, ids, self._entries(code))
        elif code == "CUSTOMER_UNKNOWN":
            self._check_currency(what, told, found)
        return found

    def customer(self, what: str, fact: Fact, names: Mapping[str, Fact]) -> str | None:
        """The id of the customer whom a person confirmed for that name; a name alone decides only where nobody is to be asked."""
        told, book = names.get(fact.value, fact), self.chart.customer_book
        if book is None:
            return self.id_of("CUSTOMER_UNKNOWN", what, fact, names, self.chart.customers)
        found = find_customer(book, fact.value, told.value)
        if found.state is CustomerState.UNKNOWN:
            self._customer_not_found(what, told)
            return None
        link = found.link if found.state is CustomerState.CONFIRMED else first_match(book, fact.value, told.value)
        if link is not None:
            self._check_currency(what, told, link.id)
            return link.id
        problem = problem_of(found, told, what, self.ledger)
        if problem is not None and problem not in self.problems:
            self.problems.append(problem)
        return None

    def _customer_not_found(self, what: str, told: Fact) -> None:
        """No customer, or several; a vendor of that name explains why there can be none: a name is taken once among all of them."""
        vendor = next((v for v in called(self.chart.lists.get(ListKind.VENDORS, ()), told.value) if v.is_active), None)
        entries = self._entries("CUSTOMER_UNKNOWN")
        if vendor is None or called(entries, told.value) or formerly(entries, told.value):
            self._not_found("CUSTOMER_UNKNOWN", what, told, told.value, self.chart.customers, entries)
            return
        message = (
            f"{self.ledger} has no {what} '{told.value}', but a vendor of that name (id {vendor.id}), and takes a name only once among "
            "customers, vendors and employees (its error 6240)."
        )
        next_step = f"Give the {what} a name of its own, such as '{told.value} (customer)', and write that under names."
        self._add("CUSTOMER_UNKNOWN", told, message, next_step)

    def _entries(self, code: str) -> list[Entry]:
        return [entry for kind in _LISTS.get(code, ()) for entry in self.chart.lists.get(kind, ())]

    def _check_currency(self, what: str, told: Fact, identifier: str) -> None:
        """A customer of QuickBooks has one currency, and its documents are in no other."""
        book = self.chart.customer_book
        entries = book.entries if book is not None else {entry.id: entry for entry in self._entries("CUSTOMER_UNKNOWN")}
        customer = entries.get(identifier)
        currency = customer.fact("currency") if customer else ""
        wanted = self.currency or self.chart.currency
        if currency and wanted and currency != wanted:
            meant = f"the books are in {wanted}" if wanted == self.chart.currency else f"the document is in {wanted}"
            message = f"The {what} '{told.value}' is invoiced in {currency}, and {meant}."
            self._add("CUSTOMER_CURRENCY", told, message, f"Map one who is invoiced in {wanted}.")

    def _not_found(self, code: str, what: str, told: Fact, written: str, known: Iterable[str], entries: Sequence[Entry]) -> None:
        """Why a name leads nowhere: several have it, its entry is inactive, it has another name now, or nobody has it."""
        meant = called(entries, written)
        active = [entry.name for entry in meant if entry.is_active]
        if len(active) > 1:
            candidates = ", ".join(f"'{name}'" for name in active)
            self._add(
                "NAME_AMBIGUOUS", told, f"{self.ledger} has more than one {what} '{told.value}': {candidates}.", "Write the full name."
            )
        elif meant:
            message = f"The {what} '{told.value}' is archived or inactive in {self.ledger}."
            self._add("NAME_INACTIVE", told, message, "Map another, or make it active again.")
        else:
            self._unknown(code, what, told, list(known), [entry.name for entry in formerly(entries, written)])

    def check_tax(self, tax_type: str, told: Fact, booking: Mapping[str, object]) -> None:
        """Whether Xero takes the rate on the line's account, or on that of its item: each rate names the groups that it is for."""
        rate = next((entry for entry in self._entries("TAX_CODE_UNKNOWN") if entry.id == tax_type), None)
        account = self._booked_to(booking) or self._account_of_item(booking.get("ItemCode"))
        groups = rate.fact("groups").split() if rate else []
        if rate and account and account.group and groups and account.group not in groups:
            message = f"The tax rate '{rate.name}' cannot be used on account '{account.name}', which is of the group {account.group}."
            self._add("TAX_CODE_NOT_FOR_ACCOUNT", told, message, f"Map a rate that {self.ledger} allows there, or another account.")

    def _booked_to(self, booking: Mapping[str, object]) -> Account | None:
        code, identifier = booking.get("AccountCode"), booking.get("AccountID")
        fits = (account for account in self.chart.accounts if (code and account.number == code) or account.id == identifier)
        return next(fits, None)

    def _account_of_item(self, code: object) -> Account | None:
        item = next((entry for entry in self._entries("ITEM_UNKNOWN") if code and entry.fact("code") == code), None)
        number = item.fact("account") if item else ""
        return next((account for account in self.chart.accounts if number and account.number == number), None)

    def tracking(self, dimension: str, fact: Fact, names: Mapping[str, Fact]) -> tuple[str, str] | None:
        """The ids of a dimension's value: a class, a department, a tracking option."""
        category = names[dimension].value if dimension in names else dimension
        told = names.get(fact.value, fact)
        found = self.chart.tracking.get((category.casefold(), told.value.strip().casefold()))
        if found is None:
            known = [value for name, value in self.chart.tracking if name == category.casefold()]
            self._not_found("TRACKING_UNKNOWN", f"{category} value", told, *self._of_dimension(category, told.value, known))
        return found

    def _of_dimension(self, category: str, written: str, known: list[str]) -> tuple[str, list[str], list[Entry]]:
        """What to look for among which entries: Xero's options are called by their category too, so that a renamed one is known."""
        kinds = {"class": ListKind.CLASSES, "department": ListKind.DEPARTMENTS}
        own = self.chart.lists.get(kinds.get(category.casefold(), ListKind.TRACKING)) or self.chart.lists.get(ListKind.TRACKING, ())
        is_xero = any(entry.fact("category") for entry in own)
        return f"{category}:{written.strip()}" if is_xero else written, known, list(own)

    def _unknown(self, code: str, what: str, told: Fact, known: Sequence[str], renamed: Sequence[str] = ()) -> None:
        if renamed:
            is_called = " or ".join(f"'{name}'" for name in renamed)
            self._add(code, told, f"{self.ledger} has no {what} '{told.value}': it is called {is_called} now.", "Write the new name.")
            return
        # Capitals do not count, here as in the ledger.
        folded = {name.casefold(): name for name in known}
        near = [folded[name] for name in difflib.get_close_matches(told.value.casefold(), folded, n=3, cutoff=0.6)]
        next_step = f"Did you mean {' or '.join(repr(name) for name in near)}?" if near else "Correct it, or add it under names."
        self._add(code, told, f"{self.ledger} has no {what} '{told.value}'.", next_step)

    def _add(self, code: str, told: Fact, message: str, next_step: str) -> None:
        problem = Problem(code, told.place, message, next_step)
        if problem not in self.problems:
            self.problems.append(problem)


def _had(account: Account, written: str) -> bool:
    return written.strip().casefold() in (name.casefold() for name in account.former)


def accounts_called(chart: Chart, written: str) -> list[Account]:
    """Accounts whose number, full name, last name or "number name" it is, best kind of match first."""
    wanted = written.strip().casefold()
    kinds = (
        [a for a in chart.accounts if a.number and a.number.casefold() == wanted],
        [a for a in chart.accounts if a.name.casefold() == wanted],
        [a for a in chart.accounts if f"{a.number} {a.name}".strip().casefold() == wanted],
        [a for a in chart.accounts if a.name.rpartition(":")[2].casefold() == wanted],
    )
    return next((found for found in kinds if found), [])


def is_foreign(chart: Chart, currency: str) -> bool:
    """Whether the books are in another currency."""
    return bool(chart.currency) and chart.currency != currency


def currency_problem(chart: Chart, currency: str, exchange: Exchange | None = None) -> Problem | None:
    """The books are in another currency than the draft, and the mapping or the company does not have such documents."""
    if not is_foreign(chart, currency) or (exchange is not None and chart.takes(currency)):
        return None
    if exchange is not None:
        message = f"The draft is in {currency}, the books are in {chart.currency} and take no documents in {currency}."
        return Problem("CURRENCY_MISMATCH", "currency", message, "Add the currency in the ledger, or correct the connection's currency.")
    message = f"The draft is in {currency}, the books are in {chart.currency}."
    return Problem("CURRENCY_MISMATCH", "currency", message, "Set the connection's currency to that of the books.")
