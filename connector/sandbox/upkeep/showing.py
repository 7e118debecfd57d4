"""How a record is shown, under the switches for everything that UpKeep's documentation leaves open."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from connector.sandbox.upkeep.catalogue import RESOURCES
from connector.sandbox.upkeep.records import Record, Records, milliseconds, number_of

# Known only by the detail of a work order.
DETAIL_KEYS = frozenset({"timeLogs", "additionalCosts", "customFields", "parts"})
NUMBERS = frozenset({"time", "duration", "hourlyRate", "cost", "laborCost", "quantity", "totalCost"})
MOMENTS = frozenset({"createdAt", "updatedAt", "dueDate", "endDueDate", "dateCompleted", "dateStarted"})
# What a work order may be without; only the detail knows the last of them.
UNSET = ("description", "category", "dueDate", "dateCompleted", "asset", "location", "team", "assignedToUser", "completedByUser")
UNSET_DETAIL = ("time", "cost", "laborCost", "parts", "timeLogs", "additionalCosts", "customFields")
# The key in which an asset or a location is told what it is part of.
PARENTS = {"assets": ("parentAssetId", "parentAsset"), "locations": ("parentLocationId", "parentLocation")}
PARTNERS = (("customers", "name"), ("vendors", "businessName"))
UNITS = {"minutes": Decimal(1), "hours": Decimal(60), "seconds": Decimal(1) / 60}
# A password is never shown; messages and readings have paths of their own.
HIDDEN = frozenset({"password", "update-messages", "readings"})


def show(records: Records, kind: str, record: Record, switches: dict[str, Any], *, is_detail: bool, includes: frozenset[str]) -> Record:
    """The record as the API gives it; keys without a value are omitted."""
    shown = {key: value for key, value in record.items() if value is not None and key not in HIDDEN}
    if kind == "users" and not switches["user_rates"]:
        shown.pop("hourlyRate", None)
    if kind in PARENTS:
        _shape_place(records, kind, shown, switches)
    if kind == "work-orders":
        if is_detail:
            _shape_costs(records, shown, switches)
        else:
            shown = {key: value for key, value in shown.items() if key not in DETAIL_KEYS}
        if shown.get("status") == "complete":
            shown["status"] = switches["status_case"]
    _shape_references(records, kind, shown, switches, includes)
    if kind == "work-orders" and switches["unset_keys"] == "null":
        shown = dict.fromkeys((*UNSET, *(UNSET_DETAIL if is_detail else ()))) | shown
    if switches["moments"] != "iso":
        shown = _moments(shown, switches["moments"])
    return dict(_numbers(shown, switches["numbers"]))


def _shape_place(records: Records, kind: str, shown: Record, switches: dict[str, Any]) -> None:
    """What an asset or a location is part of, and whose it is."""
    key, as_object = PARENTS[kind]
    above = shown.pop(key, None)
    if above is not None and switches["parents"] == "object":
        shown[as_object] = {"id": above, "name": records.by_kind[kind].get(above, {}).get("name")}
    elif above is not None:
        shown["parent" if switches["parents"] == "parent" else key] = above
    for partners, name in PARTNERS:
        if partners in shown and switches["partners"] == "absent":
            del shown[partners]
        elif partners in shown and switches["partners"] == "objects":
            known = records.by_kind[partners]
            shown[partners] = [{"id": one, name: known.get(one, {}).get(name)} for one in shown[partners]]


def _lines(shown: Record, key: str) -> list[Record]:
    lines = shown.get(key)
    return [line for line in lines if isinstance(line, dict)] if isinstance(lines, list) else []


def _shape_costs(records: Records, shown: Record, switches: dict[str, Any]) -> None:
    labor = _labor_cost(records, shown)
    _tell_total(shown, labor, switches)
    durations = [number for number in (number_of(line.get("duration")) for line in _lines(shown, "timeLogs")) if number is not None]
    if durations:
        shown.setdefault("time", sum(durations))
    _shape_time(shown, UNITS[switches["time_unit"]])
    if switches["time_log"] == "absent":
        shown.pop("timeLogs", None)
    if switches["labor_cost"] == "zero":
        shown["laborCost"] = 0
    elif switches["labor_cost"] == "present" and labor:
        shown.setdefault("laborCost", labor)
    if switches["labor_in_additional_cost"] and labor:
        line = {"id": f"{shown['id']}-labor", "description": "Labor", "category": "Labor Cost", "cost": labor}
        shown["additionalCosts"] = [*_lines(shown, "additionalCosts"), line]
    if switches["cost_lines"] == "absent" and isinstance(shown.get("additionalCosts"), list):
        amounts = [number_of(line.get("cost")) for line in _lines(shown, "additionalCosts")]
        del shown["additionalCosts"]
        shown.setdefault("cost", sum((amount for amount in amounts if amount is not None), Decimal(0)))
    _shape_parts(shown, switches["parts_shape"])


def _labor_cost(records: Records, shown: Record) -> Decimal:
    """Logged time × the entry's or the user's rate, as the product computes it."""
    total = Decimal(0)
    for line in _lines(shown, "timeLogs"):
        user = records.by_kind["users"].get(str(line.get("user")), {})
        rate, minutes = number_of(line.get("hourlyRate", user.get("hourlyRate"))), number_of(line.get("duration"))
        if rate is not None and minutes is not None:
            total += rate * minutes / 60
    return total.quantize(Decimal("0.01"))


def _tell_total(shown: Record, labor: Decimal, switches: dict[str, Any]) -> None:
    if switches["total_cost"] != "absent":
        shown.setdefault("totalCost", _parts_and_other(shown) + (labor if switches["total_cost"] == "with_labor" else 0))
    if switches["currency"] != "absent":
        shown.setdefault("currency", switches["currency"])


def _parts_and_other(shown: Record) -> Decimal:
    """Everything but labor, as the product adds it up."""
    used = [(number_of(line.get("quantity")), number_of(line.get("cost"))) for line in _lines(shown, "parts")]
    parts = sum((quantity * cost for quantity, cost in used if quantity is not None and cost is not None), Decimal(0))
    others = [number_of(line.get("cost")) for line in _lines(shown, "additionalCosts")]
    return parts + sum((cost for cost in others if cost is not None), Decimal(0))


def _shape_time(shown: Record, unit: Decimal) -> None:
    """Minutes went in; what is no number stays as it is."""
    if unit == 1:
        return
    if number_of(shown.get("time")) is not None:
        shown["time"] = _in_unit(shown["time"], unit)
    if isinstance(shown.get("timeLogs"), list):
        shown["timeLogs"] = [
            line | {"duration": _in_unit(line["duration"], unit)}
            if isinstance(line, dict) and number_of(line.get("duration")) is not None
            else line
            for line in shown["timeLogs"]
        ]


def _in_unit(raw: Any, unit: Decimal) -> Decimal:
    return (Decimal(raw) / unit).quantize(Decimal("0.000001")).normalize() + 0


def _shape_parts(shown: Record, shape: str) -> None:
    parts = _lines(shown, "parts")
    if not parts or shape == "objects_with_cost":
        return
    if shape == "objects":
        shown["parts"] = [{key: value for key, value in part.items() if key != "cost"} for part in parts]
    else:
        shown["parts"] = [part.get("id") for part in parts]
        shown["respectivePartQuantityUsed"] = [part.get("quantity") for part in parts]


def _shape_references(records: Records, kind: str, shown: Record, switches: dict[str, Any], includes: frozenset[str]) -> None:
    place = shown.get("location")
    for key, other in RESOURCES[kind].includes:
        if switches["references"] != "object" and key not in includes:
            continue
        referred = records.by_kind[other].get(shown[key]) if isinstance(shown.get(key), str) else None
        if referred is not None:
            shown[key] = {name: value for name, value in referred.items() if name not in HIDDEN}
    if kind != "work-orders" or place is None or switches["location_key"] == "location":
        return
    shown["objectLocationForWorkOrder"] = shown.pop("location")
    if switches["location_key"] == "both_differ":
        shown["location"] = next((other for other in records.by_kind["locations"] if other != place), place)


def _moments(shown: Any, mode: str, key: str = "") -> Any:  # any JSON in, the same JSON out
    """Moments as 13-digit epoch milliseconds; what is no moment stays as it is."""
    if isinstance(shown, dict):
        return {name: _moments(value, mode, name) for name, value in shown.items()}
    if isinstance(shown, list):
        return [_moments(value, mode, key) for value in shown]
    if key not in MOMENTS or not isinstance(shown, str):
        return shown
    try:
        number = milliseconds(shown)
    except ValueError:
        return shown
    return number if mode == "milliseconds" else str(number)


def _numbers(shown: Any, mode: str, key: str = "") -> Any:  # any JSON in, the same JSON out
    """Numbers as they were given, or all as strings, or amounts and quantities as numbers."""
    if mode == "as_given":
        return shown
    if isinstance(shown, dict):
        return {name: _numbers(value, mode, name) for name, value in shown.items()}
    if isinstance(shown, list):
        return [_numbers(value, mode, key) for value in shown]
    if mode == "string":
        return str(shown) if isinstance(shown, int | Decimal) and not isinstance(shown, bool) else shown
    number = number_of(shown) if key in NUMBERS or key == "respectivePartQuantityUsed" else None
    return shown if number is None else number


def to_json(content: Any) -> str:
    """JSON with Decimals as the numbers they are, and half a character as its escape."""
    if isinstance(content, dict):
        return "{" + ",".join(f"{to_json(str(key))}:{to_json(value)}" for key, value in content.items()) + "}"
    if isinstance(content, list):
        return "[" + ",".join(map(to_json, content)) + "]"
    if isinstance(content, Decimal):
        return str(content)
    is_broken = isinstance(content, str) and any("\ud800" <= c <= "\udfff" for c in content)
    return json.dumps(content, ensure_ascii=is_broken)
