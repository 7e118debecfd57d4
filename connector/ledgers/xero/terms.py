"""When a Xero invoice is due by the contact's terms, else by the organisation's (pure). Xero keeps rules there, and no list of terms."""

from __future__ import annotations

from datetime import date

from connector.core.drafting import InvoiceDraft
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind
from connector.core.terms import CUSTOMERS_OWN, DueRule, Terms
from connector.ledgers.names import Resolver

# Xero's words for its rules, as its interface has them.
RULES = {
    "DAYSAFTERBILLDATE": DueRule.AFTER_INVOICE,
    "DAYSAFTERBILLMONTH": DueRule.AFTER_MONTH,
    "OFCURRENTMONTH": DueRule.OF_CURRENT_MONTH,
    "OFFOLLOWINGMONTH": DueRule.OF_FOLLOWING_MONTH,
}


def due_of(draft: InvoiceDraft, contact: str | None, resolver: Resolver) -> date | None:
    """The day on which an invoice is due; by `due_days` where the mapping asks for no terms, or nobody has any."""
    if draft.is_credit:
        return None
    told, lists = draft.heading.terms, resolver.chart.lists
    if told is None:
        return draft.due_date
    if told.value.casefold() != CUSTOMERS_OWN:
        message = f"Xero has no list of terms in which '{told.value}' could be."
        step = f"Write `terms: {CUSTOMERS_OWN}` for the contact's own terms in Xero, or due_days."
        resolver.problems.append(Problem("TERMS_UNKNOWN", told.place, message, step))
    own = next((entry for entry in lists.get(ListKind.CUSTOMERS, ()) if entry.id == contact), None)
    organisation = next(iter(lists.get(ListKind.SETTINGS, ())), None)
    found = _terms(own) or _terms(organisation)
    return found.due(draft.date) if found else draft.due_date


def _terms(entry: Entry | None) -> Terms | None:
    rule, _, days = (entry.fact("terms") if entry else "").partition(" ")
    return Terms(RULES[rule], int(days)) if rule in RULES and days.isdigit() else None
