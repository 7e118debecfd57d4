"""Which rows a list gives: filters, ranges, order, offset and limit, as asked in the query string."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from connector.sandbox.upkeep.catalogue import PAGE_SIZE, RESOURCES
from connector.sandbox.upkeep.records import Record, Records, milliseconds
from connector.sandbox.upkeep.validating import RefusedError

RANGED = ("createdAt", "updatedAt", "dueDate")
FIRST, LAST = "GreaterThanOrEqualTo", "LessThanOrEqualTo"
RANGES = frozenset(field + suffix for field in RANGED for suffix in (FIRST, LAST))
COMMON = frozenset({"offset", "limit", "orderBy", "includes", "includes[]"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A list as it was asked for."""

    params: dict[str, str]
    includes: frozenset[str]
    limit: int
    offset: int
    order: str
    is_descending: bool

    def bound(self, field: str, suffix: str) -> int | None:
        """One end of a range in epoch milliseconds; None when it is open."""
        raw = self.params.get(field + suffix)
        return None if raw is None else _whole(field + suffix, raw)


def asked(kind: str, query: str, switches: dict[str, Any]) -> Asked:
    """Read the query string; raises RefusedError for what is not a list's parameter."""
    pairs = parse_qsl(query, keep_blank_values=True)
    params = dict(pairs)
    resource = RESOURCES[kind]
    if switches["unknown_filters"] == "400":
        unknown = [name for name in params if name not in COMMON and name not in resource.filters]
        if unknown:
            raise RefusedError(f"unknown parameter {unknown[0]}")
    if switches["unknown_filters"] != "honoured":
        params = {name: value for name, value in params.items() if name not in RANGES}
    order, _, direction = params.get("orderBy", "createdAt DESC").partition(" ")
    if order not in ("createdAt", "updatedAt", *resource.orders) or direction not in ("ASC", "DESC"):
        raise RefusedError("invalid orderBy")
    limit, offset = _whole("limit", params.get("limit", str(PAGE_SIZE))), _whole("offset", params.get("offset", "0"))
    if limit < 1 or offset < 0:
        raise RefusedError("invalid limit or offset")
    wanted = frozenset(name for key, value in pairs if key.startswith("includes") for name in value.split(","))
    return Asked(params, wanted, min(limit, int(switches["limit_cap"])), offset, order, direction == "DESC")


def rows(records: Records, kind: str, told: Asked) -> list[str]:
    """Ids of every record that fits, in the order that was asked for."""
    of_kind = records.by_kind[kind]
    if kind == "work-orders" and told.order == "updatedAt":
        found = records.changed(told.bound("updatedAt", FIRST), told.bound("updatedAt", LAST), descending=told.is_descending)
        ranged: tuple[str, ...] = ("createdAt", "dueDate")
    else:
        found = sorted(of_kind, key=lambda i: (str(of_kind[i].get(told.order) or ""), i), reverse=told.is_descending)
        ranged = RANGED
    wanted = {name: told.params[name] for name in RESOURCES[kind].filters if name in told.params}
    ranged = tuple(field for field in ranged if field + FIRST in told.params or field + LAST in told.params)
    if not wanted and not ranged:
        return found
    return [i for i in found if _fits(of_kind[i], wanted) and all(_lies(of_kind[i], field, told) for field in ranged)]


def _fits(record: Record, wanted: dict[str, str]) -> bool:
    return all(_written(record.get(name)) == value for name, value in wanted.items())


def _written(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return "true" if value else "false" if value is not None else ""
    return str(value)


def _lies(record: Record, field: str, told: Asked) -> bool:
    first, last = told.bound(field, FIRST), told.bound(field, LAST)
    if not record.get(field):
        return False
    try:
        moment = milliseconds(record[field])
    except ValueError:
        return False
    return (first is None or moment >= first) and (last is None or moment <= last)


def _whole(name: str, raw: str) -> int:
    try:
        return int(raw)
    except ValueError:
        raise RefusedError(f"{name} is not a number") from None
