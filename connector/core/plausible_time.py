"""Whether logged time can be what it says: a worker's day has 24 hours, and a company's jobs take minutes to hours.

UpKeep does not say in which unit its numbers are. One that is read in the wrong unit is 60 times too much or too little, which a day or
the middle of many entries shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from statistics import median

from connector.core.cost_rules import SECONDS_PER_HOUR, CostRules
from connector.core.money import plain, round_half_up
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, WorkOrder

SECONDS_PER_UNIT = {"minutes": Decimal(60), "hours": SECONDS_PER_HOUR, "seconds": Decimal(1)}
DAY = 24 * SECONDS_PER_HOUR
# No job keeps one worker, or a few, for so long without a line that says when.
UNDATED_MAX = 31 * DAY
# The middle of so many entries tells more than one of them; of an account's time, half is above the one and half below the other.
ENTRIES_MIN = 20
USUAL = (Decimal(300), 12 * SECONDS_PER_HOUR)


def looks_like(seconds: Decimal, unit: str) -> str:
    """The other unit in which that duration would be a usual one, "" for none."""
    told = seconds / SECONDS_PER_UNIT[unit]
    others = [other for other in SECONDS_PER_UNIT if other != unit]
    return next((other for other in others if USUAL[0] <= told * SECONDS_PER_UNIT[other] <= USUAL[1]), "")


def implausible_days(work_order: WorkOrder, rules: CostRules) -> list[Problem]:
    """A problem for each day on which one worker logged more than 24 hours on this work order, and for a longer entry without a day."""
    days: dict[tuple[str, date | None], list[LaborEntry]] = {}
    for entry in work_order.labor:
        days.setdefault((str(entry.worker or "nobody named"), rules.day_of(entry)), []).append(entry)
    problems = []
    for (who, day), entries in days.items():
        seconds = sum((entry.seconds for entry in entries), Decimal(0))
        if seconds > (DAY if day is not None else UNDATED_MAX):
            when = f"on {day}" if day else "in all"
            message = f"{who} worked {_hours(seconds)} hours {when}, if UpKeep's numbers are {rules.time_unit}."
            longest = max(entry.seconds for entry in entries)
            problems.append(
                _problem("TIME_IMPLAUSIBLE", f"work order {work_order.number}, labor", message, looks_like(longest, rules.time_unit))
            )
    return problems


def doubt_of_unit(durations: Sequence[Decimal], unit: str) -> Problem | None:
    """The doubt that a company's time is in another unit than configured, by the middle of so many entries; None when it looks right."""
    if len(durations) < ENTRIES_MIN:
        return None
    middle = Decimal(median(durations))
    if USUAL[0] <= middle <= USUAL[1] or not (other := looks_like(middle, unit)):
        return None
    message = (
        f"Half of {len(durations)} time entries are {_hours(middle)} hours or {'less' if middle < USUAL[0] else 'more'}, read as {unit}."
    )
    return _problem("TIME_UNIT_DOUBTFUL", place_of(unit), message, other)


def place_of(unit: str) -> str:
    """Where the configuration says that unit: a doubt about another one than is configured now has passed."""
    return f"source: time_unit: {unit}"


def durations_of(work_orders: Iterable[WorkOrder | None]) -> list[Decimal]:
    """The seconds of every time entry."""
    return [entry.seconds for one in work_orders if one is not None for entry in one.labor if entry.seconds > 0]


def _problem(code: str, place: str, message: str, other: str) -> Problem:
    step = f"They look like {other}: set `time_unit: {other}` in the configuration if they are; else correct the time in UpKeep."
    return Problem(code, place, message, step if other else "Correct the time in UpKeep, or `time_unit` in the configuration.")


def _hours(seconds: Decimal) -> str:
    return plain(round_half_up(seconds / SECONDS_PER_HOUR, 2))
