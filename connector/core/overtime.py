"""Which logged time is overtime: by its category, by the day of the week, or by the hours of one worker within the work order.

Each part of an entry has one multiplier, the highest of those that apply to it. The part above a number of hours is the end of the entry
that crosses it, entries in the order of their beginning. A week begins on Monday.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from connector.core.cost_rules import SECONDS_PER_HOUR, CostRules, Overtime
from connector.core.work_order import LaborEntry

ZERO = Decimal(0)
_FIRST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Premium:
    """So many seconds of an entry that cost more, and the rule that says so."""

    seconds: Decimal
    rule: Overtime


def premiums(logged: Sequence[LaborEntry], rules: CostRules) -> tuple[dict[str, list[Premium]], list[LaborEntry]]:
    """The overtime of each entry by its key, and the entries of which nobody can know because they do not say when the work was done."""
    found: dict[str, list[Premium]] = {}
    before: dict[tuple[str, Overtime, date], Decimal] = {}
    doubtful = [entry for entry in logged if rules.day_of(entry) is None and _may_be_overtime(entry, logged, rules)]
    dated = [(day, entry) for entry in logged if (day := rules.day_of(entry)) is not None]
    for day, entry in sorted(dated, key=lambda one: (one[0], one[1].worked_at or _FIRST)):
        found[entry.key] = _of_entry(entry, day, rules.overtime, before)
    for entry in logged:
        if rules.day_of(entry) is None and entry not in doubtful:
            found[entry.key] = _of_entry(entry, None, rules.overtime, before)
    return {key: told for key, told in found.items() if told}, doubtful


def _of_entry(
    entry: LaborEntry, day: date | None, overtime: Iterable[Overtime], before: dict[tuple[str, Overtime, date], Decimal]
) -> list[Premium]:
    """The parts of an entry with their rule; how far its end reaches back decides which rules apply to a part."""
    reaches: list[tuple[Decimal, Overtime]] = []
    for rule in overtime:
        seconds = entry.seconds
        if rule.categories:
            seconds = seconds if entry.category.strip().casefold() in rule.categories else ZERO
        elif day is None:
            seconds = ZERO
        elif rule.weekdays:
            seconds = seconds if day.weekday() in rule.weekdays else ZERO
        else:
            seconds = _above(entry, day, rule, before)
        if seconds > 0:
            reaches.append((seconds, rule))
    return _parts(reaches)


def _above(entry: LaborEntry, day: date, rule: Overtime, before: dict[tuple[str, Overtime, date], Decimal]) -> Decimal:
    """How many of its seconds are above the rule's hours, counted with what the same worker logged before."""
    limit = _limit(rule)
    first = day if rule.hours_a_day is not None else day - timedelta(days=day.weekday())
    key = (_worker(entry), rule, first)
    so_far = before.get(key, ZERO)
    before[key] = so_far + entry.seconds
    return max(ZERO, so_far + entry.seconds - max(so_far, limit))


def _parts(reaches: Sequence[tuple[Decimal, Overtime]]) -> list[Premium]:
    """Cut an entry where a rule begins; each part has the rule with the highest multiplier."""
    found: list[Premium] = []
    longest = sorted({seconds for seconds, _ in reaches}, reverse=True)
    for reach, shorter in pairwise([*longest, ZERO]):
        rule = max((rule for seconds, rule in reaches if seconds >= reach), key=lambda one: one.multiplier)
        if found and found[-1].rule == rule:
            found[-1] = Premium(found[-1].seconds + reach - shorter, rule)
        else:
            found.append(Premium(reach - shorter, rule))
    return found


def _may_be_overtime(entry: LaborEntry, logged: Sequence[LaborEntry], rules: CostRules) -> bool:
    """Whether an entry without a day may be overtime: on any day that it could be, or with all that its worker logged."""
    worked = sum((one.seconds for one in logged if _worker(one) == _worker(entry)), ZERO)
    by_hours = [rule for rule in rules.overtime if not rule.categories and not rule.weekdays]
    return any(rule.weekdays for rule in rules.overtime) or any(worked > _limit(rule) for rule in by_hours)


def _limit(rule: Overtime) -> Decimal:
    hours = rule.hours_a_day if rule.hours_a_day is not None else rule.hours_a_week
    return (hours or ZERO) * SECONDS_PER_HOUR


def _worker(entry: LaborEntry) -> str:
    """Nobody named may be anybody, and is counted as one person."""
    return entry.worker.id if entry.worker else ""
