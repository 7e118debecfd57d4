"""QuickBooks' query language, as far as its documentation goes: one entity, AND, no OR, a white list of properties."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.faults import Refusal

PAGE_SIZE, PAGE_SIZE_MAX = 100, 1000
_TRANSACTION = {"id", "docnumber", "txndate", "metadata.createtime", "metadata.lastupdatedtime"}
FILTERABLE = {
    "invoice": _TRANSACTION | {"customerref", "duedate", "totalamt", "balance"},
    "journalentry": _TRANSACTION,
    "payment": _TRANSACTION - {"docnumber"} | {"customerref", "totalamt"},
    "creditmemo": _TRANSACTION | {"customerref", "totalamt"},
    "attachable": {"id", "filename", "note", "category", "attachableref.entityref.type", "attachableref.entityref.value"},
}
_LIST = {
    "id",
    "name",
    "displayname",
    "active",
    "fullyqualifiedname",
    "accounttype",
    "classification",
    "type",
    "metadata.lastupdatedtime",
    "acctnum",
}
_STATEMENT = re.compile(
    r"^\s*select\s+(?P<what>\*(?:\s*,\s*[\w.]+)*|count\(\*\)|[\w.,\s]+?)\s+from\s+(?P<entity>\w+)(?:\s+where\s+(?P<where>.*?))?"
    r"(?:\s+order\s*by\s+(?P<order>[\w.]+)(?:\s+(?P<direction>asc|desc))?)?"
    r"(?:\s+startposition\s+(?P<start>-?\d+))?(?:\s+maxresults\s+(?P<max>\d+))?\s*;?\s*$",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(
    r"\s*(?P<property>[\w.]+)\s*(?P<operator><=|>=|=|<|>|\bin\b|\blike\b)\s*(?P<value>\((?:[^()']|'(?:\\.|[^'\\])*')*\)|'(?:\\.|[^'\\])*'|[\w.-]+)"
    r"\s*(?:and\b|$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: property in lower case, operator, values."""

    property: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A statement, parsed."""

    entity: str
    is_count: bool
    conditions: tuple[Condition, ...] = ()
    order: str = ""
    descending: bool = False
    start: int = 1
    limit: int = PAGE_SIZE
    extra: dict[str, Any] = field(default_factory=dict)


def parse(statement: str) -> Query:
    """Parse a statement; what QuickBooks does not understand is refused with 4000 or 4001."""
    found = _STATEMENT.match(statement)
    if found is None:
        raise Refusal("4000", f"QueryParserError: Encountered an error near: {statement[:60]}")
    start = int(found["start"] or 1)
    if start < 1:
        raise Refusal("4001", f"QueryValidationError: value {start} is too small. Min allowed value is 1")
    entity = found["entity"]
    conditions = tuple(_conditions(found["where"] or "", entity))
    limit = min(int(found["max"] or PAGE_SIZE), PAGE_SIZE_MAX)
    descending = (found["direction"] or "").lower() == "desc"
    return Query(entity, found["what"].lower().startswith("count"), conditions, (found["order"] or "").lower(), descending, start, limit)


def _conditions(where: str, entity: str) -> list[Condition]:
    conditions, place = [], 0
    while place < len(where.rstrip()):
        found = _CONDITION.match(where, place)
        if found is None:
            raise Refusal("4000", f"QueryParserError: Encountered an error near: {where[place : place + 40]}")
        name = found["property"].lower()
        if name not in FILTERABLE.get(entity.lower(), _LIST):
            raise Refusal("4001", f"QueryValidationError: property '{found['property']}' is not queryable")
        conditions.append(Condition(name, found["operator"].lower(), _values(found["value"])))
        place = found.end()
    return conditions


def _values(text: str) -> tuple[str, ...]:
    quoted = re.findall(r"'((?:\\.|[^'\\])*)'", text)
    if quoted:
        return tuple(re.sub(r"\\(.)", r"\1", value).casefold() for value in quoted)
    return tuple(value.strip().casefold() for value in text.strip("()").split(","))


def fits(entity: dict[str, Any], condition: Condition) -> bool:
    """Whether an entity meets a condition; text is compared without case."""
    value = _value(entity, condition.property)
    if condition.operator == "in":
        return value in condition.values
    other = condition.values[0]
    if condition.operator == "like":
        return re.fullmatch(".*".join(re.escape(part) for part in other.split("%")), value) is not None
    comparisons = {"=": value == other, "<": value < other, ">": value > other, "<=": value <= other, ">=": value >= other}
    return comparisons[condition.operator]


def ordered(rows: list[dict[str, Any]], asked: Query) -> list[dict[str, Any]]:
    """The rows as the statement orders them; numbers and ids by what they are worth, text without case."""
    if not asked.order:
        return rows
    rank = _rank_of_id if asked.order == "id" else lambda row: _rank(_value(row, asked.order))
    return sorted(rows, key=rank, reverse=asked.descending)


def _rank_of_id(row: dict[str, Any]) -> tuple[Decimal, str]:
    identifier = str(row["Id"])
    return Decimal(len(identifier)), identifier


def _rank(value: str) -> tuple[Decimal, str]:
    return (Decimal(value), "") if _NUMBER.fullmatch(value) else (Decimal(0), value)


def _value(entity: dict[str, Any], name: str) -> str:
    found: Any = entity
    for part in name.split("."):
        lowered = {key.lower(): value for key, value in found.items()} if isinstance(found, dict) else {}
        found = lowered.get(part)
    if isinstance(found, dict):
        found = found.get("value")
    return str(found).casefold() if found is not None else ""
