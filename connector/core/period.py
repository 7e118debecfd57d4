"""Which day a document carries, and what a period lock does to it."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from connector.core.problem import Problem


class ClosedPeriodPolicy(StrEnum):
    """What to do with a work order that was completed in a closed period."""

    HOLD = "hold"
    NEXT_OPEN_DAY = "next_open_day"


@dataclass(frozen=True, slots=True)
class PeriodLock:
    """The ledger's closed period: the last day that nobody may post to, None when all are open."""

    last_locked_day: date | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month of the books, both days included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> Month | None:
        """A month written YYYY-MM; None when it is not one."""
        if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", text) or text.startswith("0000"):
            return None
        year, month = int(text[:4]), int(text[5:])
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))

    def __contains__(self, day: date | None) -> bool:
        return day is not None and self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def completion_day(completed_at: datetime, timezone: str) -> date:
    """The calendar day of completion in the company's time zone; `completed_at` is aware."""
    return completed_at.astimezone(ZoneInfo(timezone)).date()


def posting_date(completed: date, lock: PeriodLock, policy: ClosedPeriodPolicy, place: str) -> date | Problem:
    """The date of the ledger document; a locked period is never written to, and a move is the caller's to record."""
    if lock.last_locked_day is None or completed > lock.last_locked_day:
        return completed
    if policy is ClosedPeriodPolicy.NEXT_OPEN_DAY:
        return lock.last_locked_day + timedelta(days=1)
    return Problem(
        "PERIOD_CLOSED",
        place,
        f"It was completed on {completed}, and the books are closed through {lock.last_locked_day}.",
        "Reopen the period in the ledger, or set closed_period: next_open_day, then release it.",
    )
