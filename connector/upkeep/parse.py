"""UpKeep's JSON to a work order, with a problem for everything that cannot be read. The only module here that sees raw JSON.

The detail's key names for the time log, parts and additional costs are not documented; every spelling met in public clients is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

from connector.core.money import parse_decimal
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder
from connector.upkeep.source import WorkOrderHead

SECONDS_PER_UNIT = {"minutes": Decimal(60), "hours": Decimal(3600), "seconds": Decimal(1)}
TEXT_LENGTH_MAX = 500
_TIME_LOGS = ("timeLogs", "timeLog", "timeEntries", "laborEntries")
_OTHER_COSTS = ("additionalCosts", "costs", "otherCosts")
_QUANTITIES = ("respectivePartQuantityUsed", "partQuantities")


class LookUps(Protocol):
    """The records that a work order points at."""

    def user(self, identifier: str) -> Mapping[str, Any]:
        """A user's record; {} when it is gone."""
        ...

    def part(self, identifier: str) -> Mapping[str, Any]:
        """A part's record; {} when it is gone."""
        ...

    def named(self, kind: str, identifier: str) -> str:
        """The name of an asset, location or team; "" when it is gone."""
        ...


@dataclass(slots=True)
class Reading:
    """One work order being read: its number for the places, and the problems so far."""

    number: str
    look_ups: LookUps
    seconds_per_unit: Decimal
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, what: str, message: str, next_step: str) -> None:
        """Note what could not be read."""
        self.problems.append(Problem(code, f"work order {self.number}, {what}", message, next_step))

    def number_of(self, raw: Any, what: str) -> Decimal | None:
        """A number, or a problem that quotes what stands there."""
        found = parse_decimal(raw)
        if found is None:
            shown = "".join(c if c.isprintable() else "?" for c in str(raw)[:40])
            self.add("UNREADABLE_NUMBER", what, f"'{shown}' is not a number.", "Correct it in UpKeep; it is read again when it changes.")
        return found


def parse_head(raw: Any) -> WorkOrderHead | None:
    """A row of the list; None when it has no id or no moment of change."""
    if not isinstance(raw, dict):
        return None
    moment = parse_moment(raw.get("updatedAt"))
    if not raw.get("id") or moment is None:
        return None
    return WorkOrderHead(str(raw["id"]), str(raw.get("workOrderNo") or raw["id"]), str(raw.get("status") or ""), moment)


def parse_moment(raw: Any) -> datetime | None:
    """ISO-8601 with Z, 13-digit milliseconds, or the same as text; aware, UTC."""
    text = str(raw).strip() if raw is not None and not isinstance(raw, bool) else ""
    try:
        if text.isdigit() and len(text) >= 12:
            return datetime.fromtimestamp(int(text) // 1000, UTC).replace(microsecond=int(text) % 1000 * 1000)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (ValueError, OverflowError, OSError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_work_order(raw: Any, head: WorkOrderHead, look_ups: LookUps, time_unit: str) -> tuple[WorkOrder | None, list[Problem]]:
    """The whole work order as far as it can be read, and every problem on the way."""
    number = str(raw.get("workOrderNo") or "") if isinstance(raw, dict) else ""
    reading = Reading(number or head.number, look_ups, SECONDS_PER_UNIT[time_unit])
    if not isinstance(raw, dict):
        reading.add(
            "UNREADABLE_WORK_ORDER",
            "detail",
            "UpKeep's answer is not a work order.",
            "Open it in UpKeep; it is read again at the next sync.",
        )
        return None, reading.problems
    if not number:
        reading.add("MISSING_KEY", "workOrderNo", "It has no number.", "Give it a number in UpKeep.")
    completed = _completed(raw, reading)
    labor, labor_total = _labor(raw, reading)
    work_order = WorkOrder(
        id=head.id,
        number=number or head.number,
        site="",
        title=_text(raw.get("title")),
        status=_text(raw.get("status")),
        updated_at=parse_moment(raw.get("updatedAt")) or head.updated_at,
        completed_at=completed,
        category=_text(raw.get("category")),
        priority=_text(raw.get("priority")),
        archived=bool(raw.get("archived", False)),
        asset=_reference(raw.get("asset"), "assets", reading),
        location=_reference(raw.get("objectLocationForWorkOrder") or raw.get("location"), "locations", reading),
        team=_reference(raw.get("team"), "teams", reading),
        completed_by=_worker(raw.get("completedByUser"), reading),
        assigned_to=_worker(raw.get("assignedToUser"), reading),
        fields=_custom_fields(raw.get("customFields")),
        labor=labor,
        parts=_parts(raw, reading),
        other=_other(raw, reading),
        labor_total=labor_total,
    )
    if labor and any("labor" in cost.category.casefold() or "labour" in cost.category.casefold() for cost in work_order.other):
        message = "Time is logged, and an additional cost is categorised as labor: it may be the same money twice."
        reading.add("LABOR_COUNTED_TWICE", "additional costs", message, "Remove one of the two in UpKeep.")
    return work_order, reading.problems


def _text(raw: Any) -> str:
    """Text within bounds; a list or table where text should be is none."""
    return str(raw)[:TEXT_LENGTH_MAX] if isinstance(raw, str | int | Decimal) and not isinstance(raw, bool) else ""


def _completed(raw: Mapping[str, Any], reading: Reading) -> datetime | None:
    told = raw.get("dateCompleted")
    is_complete = str(raw.get("status") or "").casefold().startswith(("complete", "closed"))
    if told in (None, ""):
        if is_complete:
            reading.add("MISSING_KEY", "dateCompleted", "It is complete but has no completion date.", "Complete it again in UpKeep.")
        return None
    moment = parse_moment(told)
    if moment is None:
        reading.add("UNREADABLE_DATE", "dateCompleted", f"'{str(told)[:40]}' is not a moment.", "Complete it again in UpKeep.")
    return moment


def _identifier(raw: Any) -> str:
    return str(raw.get("id") or "") if isinstance(raw, dict) else _text(raw)


def _reference(raw: Any, kind: str, reading: Reading) -> Reference | None:
    identifier = _identifier(raw)
    if not identifier:
        return None
    inlined = _text(raw.get("name")) if isinstance(raw, dict) else ""
    return Reference(identifier, inlined or reading.look_ups.named(kind, identifier))


def _worker(raw: Any, reading: Reading) -> Reference | None:
    identifier = _identifier(raw)
    if not identifier:
        return None
    record = raw if isinstance(raw, dict) and raw.get("email") else reading.look_ups.user(identifier)
    return Reference(identifier, _text(record.get("email")))


def _custom_fields(raw: Any) -> dict[str, str]:
    rows = raw if isinstance(raw, list) else []
    return {_text(row["name"]): _text(row.get("value")) for row in rows if isinstance(row, dict) and row.get("name")}


def _first_list(raw: Mapping[str, Any], keys: tuple[str, ...]) -> list[Any] | None:
    return next((raw[key] for key in keys if isinstance(raw.get(key), list)), None)


def _labor(raw: Mapping[str, Any], reading: Reading) -> tuple[tuple[LaborEntry, ...], Decimal | None]:
    """The time log's lines; without one, UpKeep's own labor cost; without that, the total time at the worker's rate."""
    log = _first_list(raw, _TIME_LOGS)
    if log:
        entries = (_time_entry(row, index, reading) for index, row in enumerate(log, 1))
        return tuple(entry for entry in entries if entry is not None), None
    total_time = reading.number_of(raw["time"], "time") if raw.get("time") not in (None, "") else None
    labor_cost = reading.number_of(raw["laborCost"], "laborCost") if raw.get("laborCost") not in (None, "") else None
    if labor_cost or not total_time:
        return (), labor_cost or None
    worker = _worker(raw.get("completedByUser") or raw.get("assignedToUser"), reading)
    rate = _rate_of(worker, reading)
    return (LaborEntry("time", worker, total_time * reading.seconds_per_unit, rate, "user" if rate else ""),), None


def _time_entry(row: Any, index: int, reading: Reading) -> LaborEntry | None:
    what = f"time entry {index}"
    if not isinstance(row, dict):
        reading.add("UNREADABLE_NUMBER", what, "The entry is not readable.", "Enter the time again in UpKeep.")
        return None
    duration = reading.number_of(row.get("duration", row.get("time")), what)
    if duration is not None and duration < 0:
        reading.add("NEGATIVE_TIME", what, f"Its duration is {duration}.", "Correct it in UpKeep.")
        return None
    if duration is None:
        return None
    worker = _worker(row.get("user"), reading)
    own = row.get("hourlyRate", row.get("rate"))
    rate = reading.number_of(own, f"{what}, hourly rate") if own not in (None, "") else None
    basis = "time entry" if rate else ""
    if not rate:
        rate = _rate_of(worker, reading)
        basis = "user" if rate else ""
    started = parse_moment(row.get("dateStarted"))
    day: date | None = started.date() if started else None
    key = str(row.get("id") or f"time-{index}")
    return LaborEntry(key, worker, duration * reading.seconds_per_unit, rate or None, basis, _text(row.get("category")), day)


def _rate_of(worker: Reference | None, reading: Reading) -> Decimal | None:
    """The worker's present rate; zero is unknown, because nobody works for nothing by intent."""
    told = reading.look_ups.user(worker.id).get("hourlyRate") if worker else None
    return (parse_decimal(told) or None) if told not in (None, "") else None


def _parts(raw: Mapping[str, Any], reading: Reading) -> tuple[PartUsage, ...]:
    rows = raw.get("parts") if isinstance(raw.get("parts"), list) else []
    quantities = _first_list(raw, _QUANTITIES) or []
    usages = []
    for index, row in enumerate(rows or [], 1):
        inlined = row if isinstance(row, dict) else {}
        identifier = _identifier(row)
        told = inlined.get("quantity", quantities[index - 1] if index <= len(quantities) else None)
        quantity = reading.number_of(told, f"part {index}, quantity")
        if quantity is None:
            continue
        record = reading.look_ups.part(identifier)
        unit_cost, basis = _part_cost(inlined, record, index, reading)
        name = _text(inlined.get("name")) or _text(record.get("name"))
        usages.append(PartUsage(f"part-{index}-{identifier}", Reference(identifier, name), quantity, unit_cost, basis))
    return tuple(usages)


def _part_cost(inlined: Mapping[str, Any], record: Mapping[str, Any], index: int, reading: Reading) -> tuple[Decimal | None, str]:
    for told, basis in ((inlined.get("cost"), "part usage"), (record.get("cost"), "part now")):
        if told not in (None, ""):
            return reading.number_of(told, f"part {index}, cost"), basis
    return None, ""


def _other(raw: Mapping[str, Any], reading: Reading) -> tuple[OtherCost, ...]:
    """Additional costs line by line; where there are no lines, UpKeep's total of them."""
    rows = _first_list(raw, _OTHER_COSTS)
    if rows is None:
        told = raw.get("cost")
        total = reading.number_of(told, "cost") if told not in (None, "") else None
        return (OtherCost("cost", "", "Additional cost", total),) if total is not None else ()
    found = []
    for index, row in enumerate(rows, 1):
        line = row if isinstance(row, dict) else {"cost": row}
        amount = reading.number_of(line.get("cost"), f"additional cost {index}")
        if amount is not None:
            key = str(line.get("id") or f"other-{index}")
            found.append(OtherCost(key, _text(line.get("category")), _text(line.get("description")), amount))
    return tuple(found)
