"""What a vendor allows, what one of its answers says of that, and how a company stands: values, without any I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import assert_never

# A pause longer than this is none that a vendor meant: a day's limit opens again after a day.
PAUSE_SECONDS_MAX = 90_000.0


class Counts(StrEnum):
    """What a rate counts of a call that carries several documents."""

    CALLS = "calls"  # such a call is one
    ITEMS = "items"  # one, or one for each document: the vendor does not say, a setting does
    BATCHES = "batches"  # only such calls are counted


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` within any `seconds`; `per_app` when another app at the same company has a limit of its own."""

    name: str
    limit: int
    seconds: float
    counts: Counts = Counts.CALLS
    per_app: bool = True

    def weight(self, batch_items: int, *, counts_each: bool) -> int:
        """How much a call uses up; `batch_items` is 0 for one that is no batch."""
        match self.counts:
            case Counts.CALLS:
                return 1
            case Counts.BATCHES:
                return 1 if batch_items else 0
            case Counts.ITEMS:
                return batch_items if batch_items and counts_each else 1
            case _:
                assert_never(self.counts)


@dataclass(frozen=True, slots=True)
class Told:
    """What one answer says of the limits. Seconds of 0 mean no pause; `left` is by the name of the rate; None is not told."""

    pause_seconds: float = 0.0
    reason: str = ""
    is_named: bool = False  # the vendor said how long; else the wait grows while it goes on refusing
    app_pause_seconds: float = 0.0  # every company of the app waits
    left: Mapping[str, int] = field(default_factory=dict)
    day_left: int | None = None


ReadAnswer = Callable[[int, Mapping[str, str], bytes], Told]


@dataclass(frozen=True, slots=True)
class VendorLimits:
    """One vendor's limits of a company. `meters_reads`: successful reads are counted by the month."""

    service: str
    rates: tuple[Rate, ...]
    read_answer: ReadAnswer
    in_flight: int | None = None
    meters_reads: bool = False
    day_tiers: Mapping[str, int] = field(default_factory=dict)  # calls a day, by the name of the tier
    has_app_limit: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the configuration says of a company's limits. `reads_per_month`: 0 when there is no end to them."""

    counts_each_item: bool = True
    reads_per_month: int = 0
    is_metered: bool = True  # reads of Intuit's own sandbox companies are free
    is_unlimited: bool = False  # a stand-in answers as fast as it can; pauses and reads are kept all the same


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing is asked of the company until then, by any process."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a company stands with its vendor's limits, by our own count. None: not metered, or not told yet."""

    pause: Pause | None = None
    month: str = ""  # such as 2026-03
    reads: int | None = None  # of this company, this month
    reads_of_all: int = 0  # of every company in this database
    allowance: int = 0  # reads a month for all companies of the app; 0 when there is no end to them
    day_left: int | None = None
    day_left_at: datetime | None = None

    @property
    def reads_left(self) -> int | None:
        """What is left of the month's allowance; None when there is no end to it."""
        return None if self.reads is None or not self.allowance else max(0, self.allowance - self.reads_of_all)
