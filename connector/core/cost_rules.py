"""What the company decided about costing where the work order alone leaves it open. Every default holds rather than guesses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connector.core.period import completion_day
from connector.core.work_order import LaborEntry

SECONDS_PER_HOUR = Decimal(3600)


class LaborTwice(StrEnum):
    """Which of the two counts when time is logged and an additional cost is categorised as labor."""

    HOLD = "hold"
    TIME = "time"
    ADDITIONAL_COST = "additional_cost"


class LaborInTotal(StrEnum):
    """UpKeep's setting "Include Labor Costs in the Total Cost", as the configuration says it is."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Overtime:
    """Time that costs more: `multiplier` times the rate, by exactly one of the other four.

    `weekdays` count from Monday, 0. Hours above `hours_a_day`, or above `hours_a_week` from Monday on, are those of one worker within one
    work order.
    """

    multiplier: Decimal
    place: str
    categories: frozenset[str] = frozenset()
    weekdays: frozenset[int] = frozenset()
    hours_a_day: Decimal | None = None
    hours_a_week: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CostRules:
    """The mapping's `overtime` and `labor_entered_twice`, and the configuration's `labor_in_total`, `time_unit` and time zone."""

    overtime: tuple[Overtime, ...] = ()
    labor_twice: LaborTwice = LaborTwice.HOLD
    labor_in_total: LaborInTotal = LaborInTotal.UNKNOWN
    time_unit: str = "minutes"
    time_unit_is_checked: bool = False  # a person says that it is right, however short or long the time is
    timezone: str = "UTC"

    def day_of(self, entry: LaborEntry) -> date | None:
        """The day of the work by the company's calendar, as far as the entry tells it."""
        return completion_day(entry.worked_at, self.timezone) if entry.worked_at else entry.worked_on


NO_RULES = CostRules()
