"""The terms of an invoice in QuickBooks, and when it is due by them (pure). Shapes: Intuit's schema for Term.

A standard term counts days from the invoice, and the day is sent. One that is driven by a day of the month is left to QuickBooks, which
works the day out where none is sent: how it counts the days before that day is published in words only.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from connector.core.drafting import InvoiceDraft
from connector.core.reference import Entry, ListKind, by_name
from connector.core.terms import CUSTOMERS_OWN, DueRule, Terms
from connector.ledgers.names import Resolver


def due_of(draft: InvoiceDraft, customer: str | None, resolver: Resolver) -> tuple[dict[str, Any], date | None]:
    """SalesTermRef and DueDate as far as they are ours to say, and the day that must come back, None when QuickBooks decides it."""
    if draft.is_credit:
        return {}, None  # Nothing is due.
    term = _term(draft, customer, resolver)
    if term is None:
        return {"DueDate": draft.due_date.isoformat()}, draft.due_date
    reference = {"SalesTermRef": {"value": term.id}}
    days = term.fact("due_days")
    if not days:
        return reference, None
    day = Terms(DueRule.AFTER_INVOICE, int(days)).due(draft.date)
    return {**reference, "DueDate": day.isoformat()}, day


def _term(draft: InvoiceDraft, customer: str | None, resolver: Resolver) -> Entry | None:
    """The term that the mapping names, or the one that the company keeps for the customer; None for `due_days`."""
    told, lists = draft.heading.terms, resolver.chart.lists
    if told is None:
        return None
    terms = lists.get(ListKind.TERMS, ())
    if told.value.casefold() != CUSTOMERS_OWN:
        wanted = resolver.id_of("TERMS_UNKNOWN", "term", told, {}, by_name(terms))
    else:
        settings = next(iter(lists.get(ListKind.SETTINGS, ())), Entry("", ("",)))
        own = next((entry for entry in lists.get(ListKind.CUSTOMERS, ()) if entry.id == customer), settings)
        wanted = own.fact("terms") or settings.fact("terms")
    return next((term for term in terms if wanted and term.id == wanted and term.is_active), None)
