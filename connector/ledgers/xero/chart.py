"""Xero's lists to the chart that documents are resolved against (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from connector.core.period import PeriodLock
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, by_name
from connector.ledgers.exact_json import decode
from connector.ledgers.ledger import Account, Chart
from connector.ledgers.xero.entries import TOLD
from connector.ledgers.xero.tax import taxes_of

_ABOUT = {"country": "country", "time zone": "time_zone", "plan": "tier"}
NOT_JOURNALABLE = {
    "DEBTORS": "it is Xero's own accounts receivable",
    "CREDITORS": "it is Xero's own accounts payable",
    "RETAINEDEARNINGS": "it is Xero's own retained earnings",
}


def chart_of(lists: Mapping[ListKind, Sequence[Entry]]) -> Chart:
    """Accounts, items, tax rates, contacts, tracking categories and the organisation."""
    organisation = next(iter(lists.get(ListKind.SETTINGS, ())), Entry("", ("",)))
    items = lists.get(ListKind.ITEMS, ())
    return Chart(
        accounts=tuple(_account(entry) for entry in lists.get(ListKind.ACCOUNTS, ())),
        items=by_name(items, {entry.id: entry.fact("code") for entry in items}),
        tax_codes=by_name(lists.get(ListKind.TAX_CODES, ())),
        taxes=taxes_of([decode(told.encode()) for entry in lists.get(ListKind.TAX_CODES, ()) if (told := entry.fact(TOLD))]),
        customers=by_name(lists.get(ListKind.CUSTOMERS, ())),
        tracking=_tracking(lists.get(ListKind.TRACKING, ())),
        lock=lock_of(organisation),
        company_name=organisation.name,
        currency=organisation.fact("currency"),
        about={word: fact for word, key in _ABOUT.items() if (fact := organisation.fact(key))},
        other_currencies=frozenset(entry.id for entry in lists.get(ListKind.CURRENCIES, ())),
        notes=tuple(_notes(organisation)),
        lists=lists,
    )


def lock_of(organisation: Entry) -> PeriodLock:
    """The later of the two lock dates; the period lock does not bind an adviser at Xero, so we keep it ourselves."""
    days = [date.fromisoformat(day) for name in ("period_lock", "year_lock") if (day := organisation.fact(name))]
    return PeriodLock(max(days, default=None))


def account_ids(accounts: Sequence[Entry]) -> dict[str, str]:
    """Account ids by code: journal lines answer with codes at times."""
    return {entry.fact("code"): entry.id for entry in accounts if entry.fact("code")}


def _account(entry: Entry) -> Account:
    why_not = NOT_JOURNALABLE.get(entry.fact("system"), "") or ("it is a bank account" if entry.fact("type") == "BANK" else "")
    return Account(
        id=entry.id,
        name=entry.name,
        number=entry.fact("code"),
        type=entry.fact("type"),
        active=entry.is_active,
        journalable=not why_not,
        why_not=why_not,
        group=entry.fact("group"),
        former=entry.former,
    )


def _tracking(options: Sequence[Entry]) -> dict[tuple[str, str], tuple[str, str]]:
    """The ids of an active option and its category, by the names of both."""
    found = {}
    for option in options:
        if option.is_active:
            ids = (option.fact("category_id"), option.id)
            found[option.fact("category").casefold(), option.name.casefold()] = ids
    return found


def _notes(organisation: Entry) -> list[Problem]:
    if organisation.fact("edition") == "PARTNER":
        message = "This is a Partner edition, which has no invoicing."
        return [Problem("XERO_PARTNER_EDITION", "Organisation", message, "Connect an organisation of the Business edition.")]
    return []
