"""UpKeep's JSON to a work order, with a problem for everything that cannot be read. Only this and reading.py see raw JSON.

The detail's key names for the time log, parts and additional costs are not documented; every spelling met in public clients is read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.core.plausible_time import SECONDS_PER_UNIT as SECONDS_PER_UNIT
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder
from connector.upkeep.context import context_of, custom_fields
from connector.upkeep.reading import (
    LookUps,
    Reading,
    has_zone,
    identifier_text,
    is_absent,
    label_of,
    parse_moment,
    quoted,
    text_of,
)
from connector.upkeep.source import WorkOrderHead

# UpKeep's ids have no colon, so this can be none of them.
WITHOUT_ID = "without-id:"
_TIME_LOGS = ("timeLogs", "timeLog", "timeEntries", "laborEntries")
_OTHER_COSTS = ("additionalCosts", "costs", "otherCosts")
_QUANTITIES = ("respectivePartQuantityUsed", "partQuantities")
# No client reads a total or a currency; where UpKeep tells one, it must not be passed over.
_TOTALS = ("totalCost", "total")
_CURRENCIES = ("currency", "currencyCode")
_FALSE = frozenset({"false", "0", "no", ""})


def parse_head(raw: Any, otherwise: datetime) -> WorkOrderHead:
    """A row of the list. Without a readable id it has one of its own making, without a moment of change it has `otherwise`."""
    row = raw if isinstance(raw, dict) else {}
    identifier = identifier_text(row.get("id"))
    moment = parse_moment(row.get("updatedAt")) or otherwise
    # UpKeep's filter knows milliseconds only.
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    if not identifier:
        digest = hashlib.sha256(repr(raw).encode("utf-8", "backslashreplace")).hexdigest()[:16]
        identifier = f"{WITHOUT_ID}{digest}"
    return WorkOrderHead(identifier, text_of(row.get("workOrderNo")) or identifier, text_of(row.get("status")), moment)


def parse_work_order(raw: Any, head: WorkOrderHead, look_ups: LookUps, time_unit: str) -> tuple[WorkOrder | None, list[Problem]]:
    """The whole work order as far as it can be read, and every problem on the way; None when not even its status can be."""
    number = text_of(raw.get("workOrderNo")) if isinstance(raw, dict) else ""
    reading = Reading(number or head.number, look_ups, SECONDS_PER_UNIT[time_unit])
    if not isinstance(raw, dict):
        reading.add(
            "UNREADABLE_WORK_ORDER",
            "detail",
            "UpKeep's answer is not a work order.",
            "Open it in UpKeep; it is read again at the next sync.",
        )
        return None, reading.problems
    _check_head(raw, number, reading)
    completed = _completed(raw, reading)
    labor, labor_total = _labor(raw, reading)
    location_key = "location" if is_absent(raw.get("objectLocationForWorkOrder")) else "objectLocationForWorkOrder"
    asset = reading.reference_of(raw.get("asset"), "assets", "asset")
    location = reading.reference_of(raw.get(location_key), "locations", location_key)
    work_order = WorkOrder(
        id=head.id,
        number=number or head.number,
        site="",
        title=text_of(raw.get("title")),
        status=text_of(raw.get("status")),
        updated_at=parse_moment(raw.get("updatedAt")) or head.updated_at,
        completed_at=completed,
        category=reading.label(raw, "category"),
        priority=reading.label(raw, "priority"),
        archived=_is_archived(raw.get("archived")),
        asset=asset,
        location=location,
        asset_context=context_of(reading, "assets", asset),
        location_context=context_of(reading, "locations", location),
        team=reading.reference_of(raw.get("team"), "teams", "team"),
        completed_by=reading.worker_of(raw.get("completedByUser"), "completedByUser"),
        assigned_to=reading.worker_of(raw.get("assignedToUser"), "assignedToUser"),
        fields=custom_fields(raw, reading),
        labor=labor,
        parts=_parts(raw, reading),
        other=_other(raw, reading),
        labor_total=labor_total,
        total_told=reading.optional_number(next((raw[key] for key in _TOTALS if not is_absent(raw.get(key))), None), "total cost"),
        currencies=_currencies(raw),
    )
    # Without its status nobody can say that it is open: it is held, not passed over.
    return (work_order if work_order.status else None), reading.problems


def _check_head(raw: Mapping[str, Any], number: str, reading: Reading) -> None:
    told = raw.get("workOrderNo")
    if not number:
        reading.add("MISSING_KEY", "workOrderNo", "It has no number.", "Give it a number in UpKeep.")
    elif number != str(told):
        message = f"'{quoted(told)}' has characters that are not printed, or too many."
        reading.add("UNREADABLE_WORK_ORDER", "workOrderNo", message, "Give it another number in UpKeep.")
    if not text_of(raw.get("status")):
        reading.add("MISSING_KEY", "status", "It has no status that can be read.", "Set its status in UpKeep.")
    if parse_moment(raw.get("updatedAt")) is None:
        code = "MISSING_KEY" if is_absent(raw.get("updatedAt")) else "UNREADABLE_DATE"
        reading.add(code, "updatedAt", "It does not say when it was changed.", "Save it again in UpKeep.")


def _completed(raw: Mapping[str, Any], reading: Reading) -> datetime | None:
    told = raw.get("dateCompleted")
    if is_absent(told):
        if text_of(raw.get("status")).casefold().startswith(("complete", "closed")):
            reading.add("MISSING_KEY", "dateCompleted", "It is complete but has no completion date.", "Complete it again in UpKeep.")
        return None
    moment = parse_moment(told)
    if moment is None:
        reading.add("UNREADABLE_DATE", "dateCompleted", f"'{quoted(told)}' is not a moment.", "Complete it again in UpKeep.")
    elif not has_zone(told):
        # At the border of a day the zone decides about the period; UpKeep's own moments always end in Z.
        message = f"'{quoted(told)}' does not say of which time zone it is."
        reading.add("UNREADABLE_DATE", "dateCompleted", message, "Complete it again in UpKeep.")
    return moment


def _is_archived(raw: Any) -> bool:
    return text_of(raw).strip().casefold() not in _FALSE if not isinstance(raw, bool) else raw


def _labor(raw: Mapping[str, Any], reading: Reading) -> tuple[tuple[LaborEntry, ...], Decimal | None]:
    """The time log's lines with UpKeep's own labor cost beside them; without lines, that cost alone, or the total time."""
    log = reading.rows_of(raw, _TIME_LOGS)
    labor_cost = reading.optional_number(raw.get("laborCost"), "laborCost") or None
    if log:
        keys = _unique_keys(log, "time")
        entries = [_time_entry(row, keys[index - 1], f"time entry {index}", reading) for index, row in enumerate(log, 1)]
        return tuple(entry for entry in entries if entry is not None), labor_cost
    total_time = reading.optional_number(raw.get("time"), "time")
    if _is_negative_time(total_time, "time", reading) or labor_cost or not total_time:
        return (), labor_cost
    if reading.rows_of(raw, ("additionalUsers",)):
        message = "Several people worked on it, and UpKeep tells their time in one sum: nobody can say at whose rate."
        reading.add("LABOR_NOT_SPLIT", "time", message, "Enter the time of each of them in the time log in UpKeep.")
    key = "assignedToUser" if is_absent(raw.get("completedByUser")) else "completedByUser"
    worker = reading.worker_of(raw.get(key), key)
    seconds = total_time * reading.seconds_per_unit
    return (_with_users_rate(LaborEntry("time", worker, seconds), reading),), None


def _with_users_rate(entry: LaborEntry, reading: Reading) -> LaborEntry:
    """The worker's present rate, else the trade that a rate table may go by."""
    record = reading.look_ups.user(entry.worker.id) if entry.worker else {}
    rate = reading.optional_rate(record.get("hourlyRate"), f"hourly rate of {entry.worker}")
    return replace(entry, rate_per_hour=rate, rate_basis="user") if rate else replace(entry, trade=text_of(record.get("jobTitle")))


def _is_negative_time(duration: Decimal | None, what: str, reading: Reading) -> bool:
    if duration is None or duration >= 0:
        return False
    reading.add("NEGATIVE_TIME", what, f"Its duration is {duration}.", "Correct it in UpKeep.")
    return True


def _time_entry(row: Any, key: str, what: str, reading: Reading) -> LaborEntry | None:
    if not isinstance(row, dict):
        reading.add("UNREADABLE_NUMBER", what, "The entry is not readable.", "Enter the time again in UpKeep.")
        return None
    duration = reading.number_of(row.get("duration", row.get("time")), what)
    if duration is None or _is_negative_time(duration, what, reading):
        return None
    started = parse_moment(row.get("dateStarted"))
    if started is None and not is_absent(row.get("dateStarted")):
        # The rate of another day may be another rate.
        reading.add("UNREADABLE_DATE", what, f"'{quoted(row['dateStarted'])}' is not a moment.", "Enter the time again in UpKeep.")
    rate = reading.optional_rate(row.get("hourlyRate", row.get("rate")), f"{what}, hourly rate")
    entry = LaborEntry(
        key,
        reading.worker_of(row.get("user"), f"{what}, user"),
        duration * reading.seconds_per_unit,
        rate,
        "time entry" if rate else "",
        label_of(row.get("category")),
        started.date() if started else None,
        started,
        vendor=None if is_absent(row.get("vendor")) else _vendor_of(row["vendor"], f"{what}, vendor", reading),
    )
    return entry if rate else _with_users_rate(entry, reading)


def _vendor_of(raw: Any, what: str, reading: Reading) -> Reference | None:
    identifier = reading.identifier_of(raw, what)
    inlined = text_of(raw.get("businessName")) if isinstance(raw, dict) else ""
    name = inlined or (text_of(reading.look_ups.record("vendors", identifier).get("businessName")) if identifier else "")
    return Reference(identifier, name) if identifier else None


def _unique_keys(rows: list[Any], kind: str) -> list[str]:
    """A key for each line: its own id, and where lines have none or the same one, their place."""
    own = [identifier_text(row.get("id")) if isinstance(row, dict) else "" for row in rows]
    return [key if key and own.count(key) == 1 else f"{kind}-{index}" for index, key in enumerate(own, 1)]


def _parts(raw: Mapping[str, Any], reading: Reading) -> tuple[PartUsage, ...]:
    rows = reading.rows_of(raw, ("parts",))
    quantities = reading.rows_of(raw, _QUANTITIES)
    if len(quantities) > len(rows):
        message = f"{len(quantities)} quantities are told for {len(rows)} parts."
        reading.add("UNREADABLE_WORK_ORDER", "parts", message, "Enter the parts again in UpKeep.")
    usages = []
    for index, row in enumerate(rows, 1):
        inlined = row if isinstance(row, dict) else {}
        quantity = reading.number_of(
            inlined.get("quantity", quantities[index - 1] if index <= len(quantities) else None), f"part {index}, quantity"
        )
        identifier = reading.identifier_of(row if row else [], f"part {index}")
        if quantity is None or not identifier:
            continue
        record = reading.look_ups.part(identifier)
        unit_cost, basis = _part_cost(inlined, record, index, reading)
        name = text_of(inlined.get("name")) or text_of(record.get("name"))
        usages.append(PartUsage(f"part-{index}-{identifier}", Reference(identifier, name), quantity, unit_cost, basis))
    return tuple(usages)


def _part_cost(inlined: Mapping[str, Any], record: Mapping[str, Any], index: int, reading: Reading) -> tuple[Decimal | None, str]:
    for told, basis in ((inlined.get("cost"), "part usage"), (record.get("cost"), "part now")):
        if not is_absent(told):
            return reading.number_of(told, f"part {index}, cost"), basis
    return None, ""


def _other(raw: Mapping[str, Any], reading: Reading) -> tuple[OtherCost, ...]:
    """Additional costs line by line; where there are no lines, UpKeep's total of them."""
    rows = reading.rows_of(raw, _OTHER_COSTS)
    if not rows:
        total = reading.optional_number(raw.get("cost"), "cost")
        return (OtherCost("cost", "", "Additional cost", total),) if total else ()
    found = []
    for index, (row, key) in enumerate(zip(rows, _unique_keys(rows, "other"), strict=True), 1):
        line = row if isinstance(row, dict) else {"cost": row}
        amount = reading.number_of(line.get("cost"), f"additional cost {index}")
        if amount is not None:
            found.append(OtherCost(key, label_of(line.get("category")), text_of(line.get("description")), amount))
    return tuple(found)


def _currencies(raw: Mapping[str, Any]) -> frozenset[str]:
    """Every currency that is named, of the work order or of one of its lines."""
    lists = [told for key in (*_TIME_LOGS, *_OTHER_COSTS, "parts") if isinstance(told := raw.get(key), list)]
    lines = [row for told in lists for row in told if isinstance(row, dict)]
    named = [line[key] for line in (raw, *lines) for key in _CURRENCIES if not is_absent(line.get(key))]
    words = [one.get("code", one.get("name")) if isinstance(one, dict) else one for one in named]
    return frozenset(text_of(word).strip() or f"'{quoted(word)}'" for word in words)
