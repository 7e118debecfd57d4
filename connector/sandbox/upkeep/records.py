"""UpKeep's records of one site and their rules: ids, moments of change, completion, stock. No HTTP here."""

from __future__ import annotations

import base64
import bisect
import hashlib
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.upkeep.catalogue import RESOURCES

Record = dict[str, Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS_MAX = 1_000


def iso(moment: datetime) -> str:
    """A moment as UpKeep writes it: ISO-8601 with milliseconds and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def milliseconds(text: str) -> int:
    """A moment as UpKeep writes it, in epoch milliseconds; raises ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    delta = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def number_of(raw: Any) -> Decimal | None:
    """A number, given as one or as text; one beyond all reckoning is none."""
    if isinstance(raw, bool) or not isinstance(raw, int | str | Decimal):
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number.adjusted() < DIGITS_MAX else None


class Records:
    """All records of one site by kind and id; work orders also in order of their last change."""

    def __init__(self, clock: SandboxClock, site: int = 1) -> None:
        self._clock = clock
        self._salt = "" if site == 1 else f"site {site} "
        self._count = 0
        self.by_kind: dict[str, dict[str, Record]] = {kind: {} for kind in RESOURCES}
        self.by_change: list[tuple[int, str]] = []  # work orders: (updatedAt in ms, id), ascending

    def _new_id(self, kind: str) -> str:
        self._count += 1
        digest = hashlib.sha256(f"{self._salt}{kind}{self._count}".encode()).digest()
        return base64.b64encode(digest, altchars=b"Xy").decode()[:10]

    def create(self, kind: str, fields: Record, by: str = "") -> Record:
        """A new record; a filling program may say when it was made, changed and completed."""
        now = iso(self._clock.now())
        record: Record = {"createdAt": now, "updatedAt": now, **fields, "id": self._new_id(kind)}
        if kind == "work-orders":
            record.setdefault("workOrderNo", str(len(self.by_kind[kind]) + 1))
            record.setdefault("status", "open")
            self._settle(record, {}, fields, by)
        self.by_kind[kind][record["id"]] = record
        return record

    def change(self, kind: str, record: Record, fields: Record, by: str = "") -> Record:
        """A person changes a record: updatedAt moves, a reopened work order loses its completion."""
        before = dict(record)
        record.update({key: value for key, value in fields.items() if key != "id"})
        record["updatedAt"] = fields.get("updatedAt", iso(self._clock.now()))
        if kind == "work-orders":
            self._take_out(before)
            self._settle(record, before, fields, by)
        return record

    def delete(self, kind: str, record: Record) -> None:
        """Gone for good; UpKeep has no bin."""
        del self.by_kind[kind][record["id"]]
        if kind == "work-orders":
            self._take_out(record)

    def touch(self, record: Record) -> None:
        """The work order changes now, in nothing that matters."""
        self.change("work-orders", record, {})

    def _take_out(self, record: Record) -> None:
        place = bisect.bisect_left(self.by_change, (milliseconds(record["updatedAt"]), record["id"]))
        if place < len(self.by_change) and self.by_change[place][1] == record["id"]:
            del self.by_change[place]

    def _settle(self, record: Record, before: Record, fields: Record, by: str) -> None:
        """What UpKeep itself does to a work order that was saved."""
        _pair_parts(record, self.by_kind["parts"])
        self._complete(record, before, fields, by)
        _number_lines(record)
        if record.pop("decreaseInventory", "auto") == "auto" and "parts" in fields:
            self._move_stock(record, before)
        bisect.insort(self.by_change, (milliseconds(record["updatedAt"]), record["id"]))

    def _complete(self, record: Record, before: Record, fields: Record, by: str) -> None:
        if record.get("status") != "complete":
            record.pop("dateCompleted", None)
            record.pop("completedByUser", None)
            return
        # What a filling program says is kept, be it nothing.
        if "dateCompleted" not in fields and ("dateCompleted" not in before or "status" in fields):
            record["dateCompleted"] = before.get("dateCompleted") or iso(self._clock.now())
        if by and "completedByUser" not in record:
            record["completedByUser"] = by

    def _move_stock(self, record: Record, before: Record) -> None:
        for lines, sign in ((before.get("parts"), 1), (record.get("parts"), -1)):
            for line in lines if isinstance(lines, list) else []:
                part = self.by_kind["parts"].get(line.get("id", "")) if isinstance(line, dict) else None
                used = number_of(line.get("quantity")) if part else None
                stock = number_of(part.get("quantity")) if part else None
                if part and used is not None and stock is not None:
                    part["quantity"] = stock + sign * used

    def changed(self, first_ms: int | None, last_ms: int | None, *, descending: bool) -> list[str]:
        """Ids of work orders by their last change, within an inclusive range."""
        start = bisect.bisect_left(self.by_change, (first_ms, "")) if first_ms is not None else 0
        end = bisect.bisect_left(self.by_change, (last_ms + 1, "")) if last_ms is not None else len(self.by_change)
        rows = [identifier for _, identifier in self.by_change[start:end]]
        return rows[::-1] if descending else rows


def _pair_parts(record: Record, stocked: dict[str, Record]) -> None:
    """The request's parallel arrays as lines; the unit cost is the part's at that moment."""
    quantities = record.pop("respectivePartQuantityUsed", None)
    parts = record.get("parts")
    if quantities is None or not isinstance(parts, list):
        return
    record["parts"] = [
        {"id": part, "quantity": quantity} | ({"cost": stocked[part]["cost"]} if "cost" in stocked.get(part, {}) else {})
        for part, quantity in zip(parts, quantities, strict=True)
    ]


def _number_lines(record: Record) -> None:
    """Time entries and additional costs have ids of their own."""
    for key in ("timeLogs", "additionalCosts"):
        lines = record.get(key)
        for index, line in enumerate(lines if isinstance(lines, list) else [], 1):
            if isinstance(line, dict):
                line.setdefault("id", f"{record['id']}-{key[0]}{index}")
