"""A work order as the normalised API shows it: UpKeep's record in other words, with a switch for what no contract promises."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from typing import Any

from connector.sandbox.supergood.catalogue import FIELDS, LEAKED
from connector.sandbox.upkeep.records import Record, Records, number_of

LINES = ("labor", "parts", "additional_costs")


def own_id(upkeep_id: str) -> str:
    """The adapter's own id for a record of UpKeep's."""
    return f"sg-{hashlib.sha256(upkeep_id.encode()).hexdigest()[:12]}"


def show(records: Records, record: Record, switches: dict[str, Any], *, is_detail: bool) -> Record:
    """The work order as this contract gives it."""
    shown: Record = {
        "id": record["id"] if switches["ids"] == "upkeep" else own_id(record["id"]),
        "number": record.get("workOrderNo"),
        "title": record.get("title"),
        "status": _status(record, switches),
        "priority": record.get("priority"),
        "category": record.get("category"),
        "created_at": record.get("createdAt"),
        "updated_at": record.get("updatedAt"),
        "completed_at": record.get("dateCompleted"),
        "archived": record.get("archived", False),
        "asset": _named(records, "assets", record.get("asset")),
        "location": _named(records, "locations", record.get("location")),
        "team": _named(records, "teams", record.get("team")),
        "assigned_to": _person(records, record.get("assignedToUser")),
        "completed_by": _person(records, record.get("completedByUser")),
    }
    if switches["lines"] == "list" or (switches["lines"] == "detail" and is_detail):
        shown |= _lines(records, record, switches)
    shown |= {key: record[key] for key in ("checklist", "signature", "approved") if key in record}
    if switches["leaks"]:
        shown = _leaked(shown)
    renamed: Record = _renamed(shown, FIELDS[switches["contract"]])
    return _numbers(renamed) if switches["numbers"] == "string" else renamed


def _status(record: Record, switches: dict[str, Any]) -> Any:
    return switches["status_word"] if record.get("status") == "complete" else record.get("status")


def _named(records: Records, kind: str, identifier: Any) -> Record | None:
    if not isinstance(identifier, str) or not identifier:
        return None
    return {"id": identifier, "name": records.by_kind[kind].get(identifier, {}).get("name")}


def _person(records: Records, identifier: Any) -> Record | None:
    if not isinstance(identifier, str) or not identifier:
        return None
    user = records.by_kind["users"].get(identifier, {})
    return {"id": identifier, "name": f"{user.get('firstName', '')} {user.get('lastName', '')}".strip(), "email": user.get("email")}


def _lines(records: Records, record: Record, switches: dict[str, Any]) -> Record:
    labor = [_labor(records, row, switches) for row in _rows(record.get("timeLogs"))]
    shown: Record = {
        "labor": labor,
        "parts": [_part(records, record, row, n) for n, row in enumerate(_rows(record.get("parts")), 1)],
        "additional_costs": [_other(row, switches) for row in _rows(record.get("additionalCosts"))],
    }
    if switches["labor"] == "total":
        del shown["labor"]
        shown["labor_cost"] = sum((number_of(line.get("cost")) or Decimal(0) for line in labor), Decimal(0))
    return shown


def _rows(raw: Any) -> list[Record]:
    return [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []


def _labor(records: Records, row: Record, switches: dict[str, Any]) -> Record:
    user = records.by_kind["users"].get(str(row.get("user")), {})
    rate, minutes = number_of(row.get("hourlyRate", user.get("hourlyRate"))), number_of(row.get("duration"))
    digits = Decimal(1).scaleb(-int(switches["hours_digits"]))
    hours: Any = row.get("duration") if minutes is None else (minutes / 60).quantize(digits)
    shown = {
        "id": row.get("id"),
        "user": _person(records, row.get("user")),
        "hours": hours,
        "rate": rate,
        "cost": None if rate is None or minutes is None else (rate * minutes / 60).quantize(Decimal("0.01")),
        "cost_code": row.get("category"),
        "started_at": row.get("dateStarted"),
    }
    dropped = {"hours": ("rate", "cost"), "cost": ("rate",)}.get(switches["labor"], ())
    shown = {key: value for key, value in shown.items() if key not in dropped}
    return shown if switches["line_ids"] else {key: value for key, value in shown.items() if key != "id"}


def _part(records: Records, record: Record, row: Record, number: int) -> Record:
    part = records.by_kind["parts"].get(str(row.get("id")), {})
    quantity, cost = number_of(row.get("quantity")), number_of(row.get("cost", part.get("cost")))
    return {
        "id": f"{record['id']}-p{number}",
        "part_id": row.get("id"),
        "sku": part.get("partNumber"),
        "name": part.get("name"),
        "quantity": row.get("quantity") if quantity is None else quantity,
        "unit_cost": row.get("cost", part.get("cost")) if cost is None else cost,
        "cost": None if cost is None or quantity is None else (quantity * cost).quantize(Decimal("0.01")),
    }


def _other(row: Record, switches: dict[str, Any]) -> Record:
    amount = number_of(row.get("cost"))
    shown = {
        "id": row.get("id"),
        "category": row.get("category"),
        "description": row.get("description"),
        "amount": row.get("cost") if amount is None else amount,
    }
    return shown if switches["line_ids"] else {key: value for key, value in shown.items() if key != "id"}


def _leaked(shown: Record) -> Record:
    """What the adapter forgot to translate comes in the web application's own words."""
    leaked = {LEAKED.get(key, key): value for key, value in shown.items()}
    asset, location, worker = leaked.pop("asset"), leaked.pop("location"), leaked.pop("assigned_to")
    leaked["objectAsset"] = asset and {"objectId": asset["id"], "Name": asset["name"]}
    leaked["objectLocationForWorkOrder"] = location and {"objectId": location["id"], "stringName": location["name"]}
    first, _, last = (worker["name"] if worker else "").partition(" ")
    leaked["userAssignedTo"] = worker and {"id": worker["id"], "firstName": first, "lastName": last, "username": worker["email"]}
    return leaked


def _renamed(shown: Any, names: dict[str, str]) -> Any:  # any JSON in, the same JSON out
    """Every key in the words of the contract; the keys inside a reference stay."""
    if not names:
        return shown
    lines = {key: [{names.get(k, k): v for k, v in row.items()} for row in shown[key]] for key in LINES if key in shown}
    return {names.get(key, key): value for key, value in (shown | lines).items()}


def _numbers(shown: Any) -> Any:  # any JSON in, the same JSON out
    if isinstance(shown, dict):
        return {key: _numbers(value) for key, value in shown.items()}
    if isinstance(shown, list):
        return [_numbers(value) for value in shown]
    return str(shown) if isinstance(shown, int | Decimal) and not isinstance(shown, bool) else shown
