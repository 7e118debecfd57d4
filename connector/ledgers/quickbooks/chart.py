"""QuickBooks' lists to the chart that documents are resolved against (pure)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from connector.core.mapping import CHOSEN_KINDS
from connector.core.period import PeriodLock
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, by_name
from connector.core.tax import Taxes
from connector.ledgers.ledger import Account, Chart, TrackingNote
from connector.ledgers.quickbooks.entries import as_told
from connector.ledgers.quickbooks.tax import taxes_of

NOT_JOURNALABLE = {
    "Accounts Receivable": "it needs a customer on the line",
    "Accounts Payable": "it needs a vendor on the line",
}
_ABOUT = {"country": "country", "time zone": "time_zone"}
_CATEGORIES = "under Account and settings > Advanced > Categories."


def chart_of(lists: Mapping[ListKind, Sequence[Entry]]) -> Chart:
    """Accounts, items, customers, classes, departments, tax codes and settings of one company."""
    settings, company = _only(lists, ListKind.SETTINGS), _only(lists, ListKind.COMPANY)
    items = [entry for entry in lists.get(ListKind.ITEMS, ()) if entry.fact("type") != "Category"]
    return Chart(
        accounts=tuple(_account(entry, settings) for entry in lists.get(ListKind.ACCOUNTS, ())),
        items=by_name(items),
        tax_codes=by_name(lists.get(ListKind.TAX_CODES, ())),
        taxes=_taxes(settings, lists),
        customers=by_name(lists.get(ListKind.CUSTOMERS, ())),
        tracking=_tracking(lists),
        lock=lock_of(settings),
        company_name=company.name,
        currency=settings.fact("currency"),
        about={word: fact for word, key in _ABOUT.items() if (fact := company.fact(key))},
        is_of_any_currency=bool(settings.fact("many_currencies")),
        notes=tuple(_notes(settings)),
        sale_notes=tuple(_sale_notes(settings)),
        tracking_notes=tuple(_tracking_notes(settings)),
        lists={**lists, ListKind.ITEMS: items},
    )


def _taxes(settings: Entry, lists: Mapping[ListKind, Sequence[Entry]]) -> Taxes:
    codes, rates = ([as_told(entry) for entry in lists.get(kind, ())] for kind in (ListKind.TAX_CODES, ListKind.TAX_RATES))
    return taxes_of(as_told(settings), codes, rates)


def _only(lists: Mapping[ListKind, Sequence[Entry]], kind: ListKind) -> Entry:
    return next(iter(lists.get(kind, ())), Entry("", ("",)))


def lock_of(settings: Entry) -> PeriodLock:
    """BookCloseDate as a period lock."""
    day = settings.fact("closed_through")
    return PeriodLock(date.fromisoformat(day) if day else None)


def _account(entry: Entry, settings: Entry) -> Account:
    currency = entry.fact("currency")
    # Inferred: a document of QuickBooks has one currency, and an account of another currency one too.
    is_foreign = bool(settings.fact("many_currencies") and currency and currency != settings.fact("currency"))
    why_not = NOT_JOURNALABLE.get(entry.fact("type"), "") or (f"it is kept in {currency}" if is_foreign else "")
    return Account(
        id=entry.id,
        name=entry.name,
        number=entry.fact("number"),
        type=entry.fact("type"),
        active=entry.is_active,
        journalable=not why_not,
        why_not=why_not,
        former=entry.former,
    )


def _tracking(lists: Mapping[ListKind, Sequence[Entry]]) -> dict[tuple[str, str], tuple[str, str]]:
    found = {}
    for dimension, kind in (("class", ListKind.CLASSES), ("department", ListKind.DEPARTMENTS)):
        for name, identifier in by_name(lists.get(kind, ())).items():
            found[dimension, name] = (dimension, identifier)
    return found


def _notes(settings: Entry) -> list[Problem]:
    """What the company's settings take from our safety net."""
    if settings.fact("own_numbers"):
        return []
    message = "Custom transaction numbers are off, so QuickBooks does not itself refuse a second invoice of one number."
    return [_note("QUICKBOOKS_CUSTOM_NUMBERS_OFF", message, "Switch them on under Account and settings > Sales.")]


def _sale_notes(settings: Entry) -> list[Problem]:
    """What they do to our credits. The setting can be read, not written, and nothing of a credit keeps it from being applied."""
    if not settings.fact("applies_credits"):
        return []
    message = "QuickBooks applies credits by itself, so a credit of ours settles whichever open invoice of the customer it chooses."
    next_step = "Switch it off under Account and settings > Advanced > Automation, unless that is what you want."
    return [_note("QUICKBOOKS_APPLIES_CREDITS", message, next_step)]


def _tracking_notes(settings: Entry) -> list[TrackingNote]:
    """What they take from our documents, where these carry classes or departments."""
    notes = []
    if not settings.fact("classes"):
        message = "Class tracking is off, so QuickBooks may drop the classes of our documents."
        note = _note("QUICKBOOKS_CLASSES_OFF", message, f"Switch it on {_CATEGORIES}")
        notes += [TrackingNote("class", kind, note) for kind in CHOSEN_KINDS]
    if not settings.fact("departments"):
        message = "Location tracking is off, so QuickBooks may drop the locations of our documents."
        note = _note("QUICKBOOKS_DEPARTMENTS_OFF", message, f"Switch it on {_CATEGORIES}")
        notes += [TrackingNote("department", kind, note) for kind in CHOSEN_KINDS]
    return notes


def _note(code: str, message: str, next_step: str) -> Problem:
    return Problem(code, "Preferences", message, next_step)
