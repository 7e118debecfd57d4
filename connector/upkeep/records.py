"""The records that work orders point at (users, parts, assets, locations, …), each asked for once in a run.

They are asked for one by one, and with each five of a kind its list is read a page further: a first pull of many work orders costs a call
for a hundred records and not for each, and a few work orders of a company with many assets cost at most a fifth more. Whether a list tells
all that a record does is not documented: its rows count only after one of them was seen to be like the record that was asked for alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connector.upkeep.reading import identifier_text
from connector.upkeep.source import UnreadableAnswerError

Record = Mapping[str, Any]
Ask = Callable[[str, Mapping[str, str | int]], Mapping[str, Any] | None]

# With so many records of a kind that were asked for one by one, its list is read a page further.
ALONE_MAX = 5
PAGE_SIZE = 100
# Records kept for a run; the oldest goes first. Their long texts are not kept.
KEPT_MAX = 50_000
# What anything here reads of a record.
KEYS = frozenset(
    {
        "name", "businessName", "cost", "currency", "hourlyRate", "email", "jobTitle", "category", "customFields", "customers", "vendors",
        "parentAssetId", "parentAsset", "parentLocationId", "parentLocation", "parent", "parentId",
    }
)  # fmt: skip


@dataclass(slots=True)
class _Kind:
    """One kind's list as far as it was read; its rows are `unproven` until one was compared with its record."""

    asked_alone: int = 0
    pages: int = 0
    offset: int = 0
    is_ended: bool = False
    is_disbelieved: bool = False
    is_proven: bool = False
    unproven: dict[str, Record] = field(default_factory=dict)


@dataclass(slots=True)
class Records:
    """What was asked for so far. `ask` is a GET that gives None for a 404; `see` is told of each record as UpKeep gives it."""

    ask: Ask
    see: Callable[[str, Record], None]
    kept: OrderedDict[tuple[str, str], Record] = field(default_factory=OrderedDict)
    kinds: dict[str, _Kind] = field(default_factory=dict)

    def record(self, kind: str, identifier: str) -> Record:
        """The record; {} when it is gone. Raises UnreadableAnswerError."""
        if (kind, identifier) in self.kept:
            return self.kept[kind, identifier]
        of_kind = self.kinds.setdefault(kind, _Kind())
        if of_kind.asked_alone >= ALONE_MAX * (of_kind.pages + 1) and not of_kind.is_ended:
            self._next_page(kind, of_kind)
            if (kind, identifier) in self.kept:
                return self.kept[kind, identifier]
        record = self._alone(kind, identifier)
        of_kind.asked_alone += 1
        self._compare(kind, of_kind, of_kind.unproven.pop(identifier, None), record)
        self._keep(kind, identifier, record)
        return record

    def _alone(self, kind: str, identifier: str) -> Record:
        path = f"/{kind}/{quote(identifier, safe='')}"
        told = self.ask(path, {})
        result = told.get("result") if told is not None else {}
        if not isinstance(result, dict):
            raise UnreadableAnswerError(f"UpKeep answered {path} without a record", 200)
        self.see(kind, result)
        return _of(result)

    def _next_page(self, kind: str, of_kind: _Kind) -> None:
        of_kind.pages += 1
        try:
            told = self.ask(f"/{kind}", {"limit": PAGE_SIZE, "offset": of_kind.offset, "orderBy": "createdAt ASC"})
        except UnreadableAnswerError:
            told = None
        rows = told.get("results") if told is not None else None
        if not isinstance(rows, list) or not rows:
            of_kind.is_ended = True
            return
        of_kind.offset += len(rows)
        for row in rows:
            identifier = identifier_text(row.get("id")) if isinstance(row, dict) else ""
            if identifier and of_kind.is_proven:
                self._keep(kind, identifier, _of(row))
            elif identifier:
                of_kind.unproven[identifier] = _of(row)
        for identifier in [one for one in of_kind.unproven if (kind, one) in self.kept]:
            self._compare(kind, of_kind, of_kind.unproven.pop(identifier, None), self.kept[kind, identifier])

    def _compare(self, kind: str, of_kind: _Kind, row: Record | None, record: Record) -> None:
        """Take the list's rows for records, or never, by one that is known both ways."""
        if row is None or of_kind.is_disbelieved or of_kind.is_proven:
            return
        if row != record:
            of_kind.is_disbelieved = of_kind.is_ended = True
        else:
            of_kind.is_proven = True
            for identifier, one in of_kind.unproven.items():
                self._keep(kind, identifier, one)
        of_kind.unproven = {}

    def _keep(self, kind: str, identifier: str, record: Record) -> None:
        self.kept.setdefault((kind, identifier), record)
        if len(self.kept) > KEPT_MAX:
            self.kept.popitem(last=False)


def _of(record: Mapping[str, Any]) -> Record:
    return {key: value for key, value in record.items() if key in KEYS}
