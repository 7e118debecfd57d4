"""What UpKeep's answers have in them, compared with what this connector knows: new, missing and retyped fields are counted.

The table is of what public clients and the documentation show. Several spellings of one field are counted as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.core.field_watch import CUSTOM_FIELDS, WORK_ORDER, FieldSeen

ROW = "work order in the list"
# A record whose keys are data (an inlined map by id) must not fill the memory.
FIELDS_PER_KIND_MAX = 300
NAME_LENGTH_MAX = 80

TEXT, NUMBER, SWITCH, LIST, TABLE = "text", "number", "switch", "list", "table"
_ID = frozenset({TEXT, TABLE})
_AMOUNT = frozenset({TEXT, NUMBER})
_WORDS = frozenset({TEXT})
_MOMENT = frozenset({TEXT, NUMBER})
_SWITCH = frozenset({SWITCH, TEXT, NUMBER})
_LIST = frozenset({LIST})
_LABEL = frozenset({TEXT, TABLE, NUMBER})

_STAMPS = {"id": _WORDS, "createdAt": _MOMENT, "updatedAt": _MOMENT}
_ORDER: dict[str, frozenset[str]] = {
    **_STAMPS, "workOrderNo": _AMOUNT, "title": _WORDS, "description": _WORDS, "status": _WORDS, "priority": _LABEL, "category": _LABEL,
    "dueDate": _MOMENT, "endDueDate": _MOMENT, "startDate": _MOMENT, "dateCompleted": _MOMENT, "archived": _SWITCH,
    **dict.fromkeys(
        ("completedByUser", "assignedToUser", "assignedByUser", "requestedByUser", "updatedBy", "asset", "location", "team", "image",
         "createdByUser"),
        _ID,
    ),
    **dict.fromkeys(("completedByUsername", "assignedToUsername", "assignedByUsername"), _WORDS),
    **dict.fromkeys(("time", "laborCost", "cost", "estimatedTime"), _AMOUNT),
    **dict.fromkeys(("additionalUsers", "teams", "files", "formItems", "customFields", "parts", "timeLogs", "additionalCosts"), _LIST),
    "respectivePartQuantityUsed": _LIST, "decreaseInventory": _WORDS,
}  # fmt: skip
KNOWN: dict[str, dict[str, frozenset[str]]] = {
    WORK_ORDER: _ORDER,
    ROW: _ORDER,
    "time entry": {"id": _WORDS, "user": _ID, "duration": _AMOUNT, "dateStarted": _MOMENT, "category": _LABEL, "hourlyRate": _AMOUNT},
    "part usage": {"id": _WORDS, "name": _WORDS, "quantity": _AMOUNT, "cost": _AMOUNT, "partNumber": _AMOUNT},
    "additional cost": {
        "id": _WORDS, "description": _WORDS, "category": _LABEL, "cost": _AMOUNT, "user": _ID, "date": _MOMENT,
    },
    "users": {
        **_STAMPS, "accountType": _WORDS, "email": _WORDS, "firstName": _WORDS, "lastName": _WORDS, "phoneNumber": _AMOUNT,
        "jobTitle": _WORDS, "status": _LABEL, "hourlyRate": _AMOUNT,
    },
    "parts": {
        **_STAMPS, "name": _WORDS, "description": _WORDS, "category": _LABEL, "cost": _AMOUNT, "quantity": _AMOUNT,
        "minimumQuantity": _AMOUNT, "partNumber": _AMOUNT, "barcode": _AMOUNT, "area": _WORDS, "location": _ID, "createdByUser": _ID,
    },
    "assets": {
        **_STAMPS, "name": _WORDS, "description": _WORDS, "model": _WORDS, "category": _LABEL, "location": _ID, "area": _WORDS,
        "barcodeSerial": _AMOUNT, "serial": _AMOUNT, "serialNumber": _AMOUNT, "parentAssetId": _ID, "isActive": _SWITCH,
        "additionalInformation": _WORDS, "downtimeStatus": _ID, "parts": _LIST,
        "users": _LIST, "teams": _LIST, "customers": _LIST, "vendors": _LIST,
    },
    "locations": {
        **_STAMPS, "name": _WORDS, "address": _WORDS, "longitude": _AMOUNT, "latitude": _AMOUNT, "hideMap": _SWITCH, "parent": _ID,
        "parentLocation": _ID, "users": _LIST, "teams": _LIST, "customers": _LIST, "vendors": _LIST,
    },
    "teams": {**_STAMPS, "name": _WORDS, "description": _WORDS, "users": _LIST},
}  # fmt: skip
# Several spellings of one field.
SAME: dict[str, str] = {
    **dict.fromkeys(("timeLog", "timeEntries", "laborEntries"), "timeLogs"),
    **dict.fromkeys(("costs", "otherCosts"), "additionalCosts"),
    "objectLocationForWorkOrder": "location",
    "partQuantities": "respectivePartQuantityUsed",
}
_SAME_IN_LINES = {"time": "duration", "rate": "hourlyRate"}
_LINES = {"timeLogs": "time entry", "parts": "part usage", "additionalCosts": "additional cost"}


@dataclass(slots=True)
class _Seen:
    present: int = 0
    last_at: int = 0
    retyped: int = 0
    types: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Watch:
    """What was seen since it was last asked."""

    records: dict[str, int] = field(default_factory=dict)
    seen: dict[tuple[str, str], _Seen] = field(default_factory=dict)

    def see_work_order(self, raw: Any) -> None:
        """A work order's detail, its lines and its custom fields."""
        if not isinstance(raw, dict):
            return
        self.see(WORK_ORDER, raw)
        for key, value in raw.items():
            kind = _LINES.get(_one_name(key))
            for line in value if kind and isinstance(value, list) else []:
                if isinstance(line, dict) and kind:
                    self.see(kind, {_SAME_IN_LINES.get(name, name): told for name, told in line.items()} if kind == "time entry" else line)
        custom = raw.get("customFields")
        rows = [row for row in custom if isinstance(row, dict)] if isinstance(custom, list) else []
        self._note(CUSTOM_FIELDS, {str(row["name"]): row.get("value") for row in rows if row.get("name")})

    def see(self, kind: str, record: Any) -> None:
        """One record of that kind."""
        if isinstance(record, dict):
            self._note(kind, {_one_name(key): value for key, value in record.items()})

    def _note(self, kind: str, record: Mapping[str, Any]) -> None:
        self.records[kind] = number = self.records.get(kind, 0) + 1
        for key, value in record.items():
            seen = self._seen(kind, key[:NAME_LENGTH_MAX])
            if seen is None:
                continue
            seen.present, seen.last_at = seen.present + 1, number
            known = KNOWN.get(kind, {}).get(key)
            told = _type_of(value)
            if known is not None and told and told not in known:
                seen.retyped += 1
                seen.types.add(told)

    def _seen(self, kind: str, name: str) -> _Seen | None:
        found = self.seen.get((kind, name))
        if found is None and sum(1 for of, _ in self.seen if of == kind) < FIELDS_PER_KIND_MAX:
            found = self.seen[(kind, name)] = _Seen()
        return found

    def taken(self) -> list[FieldSeen]:
        """All of it; the count begins anew. Known fields that were on no record are told as such."""
        told = list(self._told())
        self.records, self.seen = {}, {}
        return told

    def _told(self) -> Iterator[FieldSeen]:
        for kind, records in self.records.items():
            known = KNOWN.get(kind, {})
            named = [name for of, name in self.seen if of == kind]
            for name in dict.fromkeys((*known, *named)):
                one = self.seen.get((kind, name), _Seen())
                is_known = name in known or kind == CUSTOM_FIELDS
                types = ", ".join(sorted(one.types))
                yield FieldSeen(kind, name, is_known, records, one.present, records - one.last_at, one.retyped, types)


def _one_name(key: str) -> str:
    return SAME.get(key, key)


def _type_of(value: Any) -> str:
    """The JSON type in a person's word; "" for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return SWITCH
    if isinstance(value, int | Decimal):
        return NUMBER
    return LIST if isinstance(value, list) else TABLE if isinstance(value, dict) else TEXT
