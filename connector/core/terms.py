"""When an invoice is due by the terms that the ledger keeps: a rule and a number of days, in calendar days (pure)."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

# The word of a mapping that means: the terms that the ledger keeps for the customer, else for the company.
CUSTOMERS_OWN = "customer"
DAYS_MAX = 3650


class DueRule(StrEnum):
    """What a number of days is counted from, or which month's day it is."""

    AFTER_INVOICE = "after_invoice"
    AFTER_MONTH = "after_month"  # so many days after the end of the invoice's month
    OF_CURRENT_MONTH = "of_current_month"  # that day of the invoice's month
    OF_FOLLOWING_MONTH = "of_following_month"


@dataclass(frozen=True, slots=True)
class Terms:
    """One rule by which invoices are due."""

    rule: DueRule
    days: int

    def due(self, invoiced: date) -> date:
        """The day on which an invoice of that day is due: never before the invoice, and in a short month on its last day."""
        if self.rule is DueRule.AFTER_INVOICE:
            return invoiced + timedelta(days=self.days)
        if self.rule is DueRule.AFTER_MONTH:
            return _day_of(invoiced, 31) + timedelta(days=self.days)
        if self.rule is DueRule.OF_CURRENT_MONTH and self.days >= invoiced.day:
            return _day_of(invoiced, self.days)
        return _day_of(_day_of(invoiced, 31) + timedelta(days=1), self.days)


def _day_of(month: date, day: int) -> date:
    """That day of a month, its last one where it has fewer."""
    return month.replace(day=max(1, min(day, calendar.monthrange(month.year, month.month)[1])))
