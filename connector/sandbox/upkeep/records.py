"""UpKeep's records and their rules: ids, moments of change, completion. No HTTP here."""

from __future__ import annotations

import base64
import bisect
import hashlib
from datetime import UTC, datetime
from typing import Any

from connector.sandbox.clock import SandboxClock

Record = dict[str, Any]
KINDS = ("work-orders", "parts", "users", "assets", "locations", "customers", "vendors", "teams")


def iso(moment: datetime) -> str:
    """A moment as UpKeep writes it: ISO-8601 with milliseconds and Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def milliseconds(text: str) -> int:
    """A moment as UpKeep writes it, in epoch milliseconds."""
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


class Records:
    """All records by kind and id; work orders also in order of their last change."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self._count = 0
        self.by_kind: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self.by_change: list[tuple[int, str]] = []  # work orders: (updatedAt in ms, id), ascending

    def _new_id(self, kind: str) -> str:
        self._count += 1
        digest = hashlib.sha256(f"{kind}{self._count}".encode()).digest()
        return base64.b64encode(digest, altchars=b"Xy").decode()[:10]

    def create(self, kind: str, fields: Record) -> Record:
        """A new record; a filling program may say when it was made, changed and completed."""
        now = iso(self._clock.now())
        record: Record = {"id": self._new_id(kind), "createdAt": now, "updatedAt": now, **fields}
        if kind == "work-orders":
            record.setdefault("workOrderNo", str(len(self.by_kind[kind]) + 1))
            record.setdefault("status", "open")
            self._complete(record, {}, fields)
            self._number_lines(record)
            bisect.insort(self.by_change, (milliseconds(record["updatedAt"]), record["id"]))
        self.by_kind[kind][record["id"]] = record
        return record

    def change(self, kind: str, record: Record, fields: Record) -> Record:
        """A person changes a record: updatedAt moves, a reopened work order loses its completion."""
        before = dict(record)
        record.update(fields)
        record["updatedAt"] = fields.get("updatedAt", iso(self._clock.now()))
        if kind == "work-orders":
            self._complete(record, before, fields)
            self._number_lines(record)
            self._take_out(before)
            bisect.insort(self.by_change, (milliseconds(record["updatedAt"]), record["id"]))
        return record

    def delete(self, kind: str, record: Record) -> None:
        """Gone for good; UpKeep has no bin."""
        del self.by_kind[kind][record["id"]]
        if kind == "work-orders":
            self._take_out(record)

    def _take_out(self, record: Record) -> None:
        place = bisect.bisect_left(self.by_change, (milliseconds(record["updatedAt"]), record["id"]))
        if place < len(self.by_change) and self.by_change[place][1] == record["id"]:
            del self.by_change[place]

    def _complete(self, record: Record, before: Record, fields: Record) -> None:
        if record.get("status") == "complete":
            record["dateCompleted"] = fields.get("dateCompleted") or before.get("dateCompleted") or iso(self._clock.now())
        else:
            record.pop("dateCompleted", None)

    def _number_lines(self, record: Record) -> None:
        """Time entries and additional costs have ids of their own."""
        for key in ("timeLogs", "additionalCosts"):
            lines = record.get(key)
            for index, line in enumerate(lines if isinstance(lines, list) else [], 1):
                if isinstance(line, dict):
                    line.setdefault("id", f"{record['id']}-{key[0]}{index}")

    def changed(self, first_ms: int | None, last_ms: int | None, *, descending: bool) -> list[str]:
        """Ids of work orders by their last change, within an inclusive range."""
        start = bisect.bisect_left(self.by_change, (first_ms, "")) if first_ms is not None else 0
        end = bisect.bisect_left(self.by_change, (last_ms + 1, "")) if last_ms is not None else len(self.by_change)
        rows = [identifier for _, identifier in self.by_change[start:end]]
        return rows[::-1] if descending else rows
