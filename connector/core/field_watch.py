"""Which fields the source's records have, over time, so that one that disappears is noticed before the books miss it.

UpKeep leaves out what is not set, so a field that is missing from one record tells nothing. It is gone when, by what was seen before,
it should have been on twenty of the records since it was last seen, and was on none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace

from connector.core.disposition import Finding
from connector.core.mapping import Condition, Lookup, Mapping

EXPECTED_MIN = 20
# Beyond so many records what is older counts half: a company's habits change.
RECORDS_MAX = 1_000
GONE = "FIELD_GONE"
CUSTOM_FIELDS = "custom field"
WORK_ORDER = "work order"
# What every cost is read from, whatever the mapping says.
ALWAYS_USED = frozenset(
    (WORK_ORDER, name)
    for name in (
        "workOrderNo", "status", "updatedAt", "dateCompleted", "timeLogs", "time", "laborCost", "parts", "additionalCosts", "cost",
    )
) | frozenset(
    {
        ("time entry", "duration"), ("time entry", "user"), ("time entry", "hourlyRate"), ("part usage", "quantity"),
        ("part usage", "cost"),
        ("additional cost", "cost"), ("additional cost", "category"), ("parts", "cost"), ("users", "hourlyRate"), ("users", "email"),
    }
)  # fmt: skip
_NAMED = frozenset({"category", "priority", "asset", "location", "team"})


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """What one run saw of a field: on how many of the records of its kind, how many of them came after it was last there."""

    kind: str
    name: str
    is_known: bool
    records: int
    present: int
    trailing: int
    retyped: int = 0
    types: str = ""


@dataclass(frozen=True, slots=True)
class FieldStanding:
    """What was ever seen of a field: on `present` of the `records` up to its last sight, and on none of the `since` that followed."""

    kind: str
    name: str
    is_known: bool
    records: int = 0
    present: int = 0
    since: int = 0
    retyped: int = 0
    types: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether it should have been seen again long ago."""
        return self.present * self.since >= EXPECTED_MIN * self.records > 0

    def after(self, seen: FieldSeen) -> FieldStanding:
        """The standing when that run is added."""
        if not seen.present:
            return replace(self, since=self.since + seen.records)
        records, present = self.records + self.since + seen.records - seen.trailing, self.present + seen.present
        if records > RECORDS_MAX:
            records, present = max(1, records // 2), max(1, present // 2)
        types = ", ".join(sorted({*filter(None, self.types.split(", ")), *filter(None, seen.types.split(", "))}))
        return replace(self, records=records, present=present, since=seen.trailing, retyped=self.retyped + seen.retyped, types=types)


def gone_finding(standing: FieldStanding) -> Finding:
    """The alarm about a field that costs are read from, or that the mapping goes by."""
    seen = f"'{standing.name}' was on {standing.present} of {standing.records} records ({standing.kind}) of UpKeep"
    next_step = (
        "Compare a completed work order in UpKeep with `connector explain`. If UpKeep renamed the field, stop posting and ask for a newer "
        f"connector; if all is right, run `connector held release {standing.name}`."
    )
    return Finding("FIELD_GONE", standing.name, standing.kind, f"{seen}, and is on none of the last {standing.since}.", next_step)


def used_fields(mapping: Mapping) -> frozenset[tuple[str, str]]:
    """The fields whose end would change what is posted, by kind of record and name."""
    used = set(ALWAYS_USED)
    for key in _keys(mapping):
        lower = key.casefold()
        used.add((WORK_ORDER, lower) if lower in _NAMED else (CUSTOM_FIELDS, key))
    return frozenset(used)


def is_used(kind: str, name: str, used: Collection[tuple[str, str]]) -> bool:
    """Whether it is one of these; the case of a custom field's name does not count."""
    return (kind, name) in used or any(of == kind == CUSTOM_FIELDS and other.casefold() == name.casefold() for of, other in used)


def _keys(part: object) -> Iterator[str]:
    """The work-order keys in any part of a mapping."""
    if isinstance(part, Mapping) and part.cost_code_key:
        yield part.cost_code_key
    if isinstance(part, Condition | Lookup) and part.key:
        yield part.key
    if is_dataclass(part) and not isinstance(part, type):
        for one in fields(part):
            yield from _keys(getattr(part, one.name))
    elif isinstance(part, list | tuple | set | frozenset):
        for item in part:
            yield from _keys(item)
    elif isinstance(part, dict):
        yield from _keys(list(part.values()))
