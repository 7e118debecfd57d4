"""The records that work orders point at, each read once a run: one by one while there are few, by pages of their list when there are many.

The first of a kind is read by its id. From the second on, each one that is not at hand first brings a page of the list, as long as the
list gives whole records: then a hundred come with one call. So a small sync makes few calls, a first pull few for each hundred records,
and never more than twice as many as one by one. What the list left out, or shows in part only, is read by its id.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from connector.upkeep.reading import identifier_text
from connector.upkeep.source import UnreadableAnswerError

PAGE_SIZE = 100
# Records kept for a run; the oldest goes first.
CACHE_SIZE_MAX = 20_000
# Without these keys a row of the list may be a part of the record only: UpKeep documents neither, and leaves out what is not set.
NEEDED = {"users": ("email", "hourlyRate"), "parts": ("name", "cost")}
NEEDED_OF_OTHERS = ("name",)

Record = Mapping[str, Any]
Get = Callable[[str, Mapping[str, str | int] | None], Any]


@dataclass(slots=True)
class _Listed:
    """How far the list of one kind was read."""

    misses: int = 0
    offset: int = 0
    is_done: bool = False


@dataclass(slots=True)
class PointedAt:
    """One run's records; `see` is told of each."""

    get: Get
    see: Callable[[str, Any], None]
    kept: OrderedDict[tuple[str, str], Record] = field(default_factory=OrderedDict)
    lists: dict[str, _Listed] = field(default_factory=dict)

    def record(self, kind: str, identifier: str) -> Record:
        """The record; {} when it is gone. Raises UnreadableAnswerError."""
        key = (kind, identifier)
        if key not in self.kept:
            self._read_page(kind)
        if key not in self.kept:
            self._keep(kind, identifier, self._one(kind, identifier))
        return self.kept[key]

    def _one(self, kind: str, identifier: str) -> Record:
        path = f"/{kind}/{quote(identifier, safe='')}"
        told = self.get(path, None)
        result = told.get("result") if told is not None else {}
        if not isinstance(result, dict):
            raise UnreadableAnswerError(f"UpKeep answered {path} without a record", 200)
        return result

    def _read_page(self, kind: str) -> None:
        """The next page of the list, where that pays; a list that cannot be read is left alone for this run."""
        listed = self.lists.setdefault(kind, _Listed())
        listed.misses += 1
        if listed.is_done or listed.misses == 1:
            return
        try:
            told = self.get(f"/{kind}", {"limit": PAGE_SIZE, "offset": listed.offset, "orderBy": "createdAt ASC"})
        except UnreadableAnswerError:
            listed.is_done = True
            return
        rows = told.get("results") if isinstance(told, dict) else None
        whole = [row for row in rows if _is_whole(kind, row)] if isinstance(rows, list) else []
        listed.offset += len(rows) if isinstance(rows, list) else 0
        listed.is_done = not whole
        for row in whole:
            identifier = identifier_text(row["id"])
            if (kind, identifier) not in self.kept:
                self._keep(kind, identifier, row)

    def _keep(self, kind: str, identifier: str, record: Record) -> None:
        self.see(kind, record)
        self.kept[(kind, identifier)] = record
        if len(self.kept) > CACHE_SIZE_MAX:
            self.kept.popitem(last=False)


def _is_whole(kind: str, row: Any) -> bool:
    return isinstance(row, dict) and bool(identifier_text(row.get("id"))) and all(key in row for key in NEEDED.get(kind, NEEDED_OF_OTHERS))
