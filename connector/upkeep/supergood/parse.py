"""The normalised API's JSON to a work order, by the contract's pointers, with a problem for everything that cannot be read.

It comes from UpKeep's own pages, which change: a kind of cost that the contract promises and that is not there holds the work order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connector.core.contract import COST_LINES, Contract
from connector.core.keys import Need
from connector.core.mapping import simplify_status
from connector.core.problem import Problem
from connector.core.work_order import Reference, WorkOrder
from connector.upkeep.parse import SECONDS_PER_UNIT, WITHOUT_ID
from connector.upkeep.reading import Reading, has_zone, identifier_text, is_absent, label_of, parse_moment, quoted, text_of
from connector.upkeep.source import WorkOrderHead
from connector.upkeep.supergood.lines import Lines
from connector.upkeep.supergood.pointing import NOTHING, first

_FALSE = frozenset({"false", "0", "no", ""})
# UpKeep's own, as a mapping compares them; a contract's other words are told by `statuses`.
KNOWN_STATUSES = frozenset({"open", "inprogress", "onhold", "complete", "cancelled", "canceled", "archived", "rejected"})


class NoRecords:
    """The normalised API has no records to look up: what a work order points at is told in it."""

    needs: frozenset[Need] = frozenset()

    def user(self, identifier: str) -> Mapping[str, Any]:
        """None is known."""
        return {}

    def part(self, identifier: str) -> Mapping[str, Any]:
        """None is known."""
        return {}

    def named(self, kind: str, identifier: str) -> str:
        """None is known."""
        return ""

    def record(self, kind: str, identifier: str) -> Mapping[str, Any]:
        """None is known."""
        return {}


class Parser:
    """Reads the work orders of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._statuses = {simplify_status(theirs): ours for theirs, ours in contract.statuses.items()}

    def told(self, raw: Any, name: str) -> Any:
        """What the contract says stands under that name; None where nothing or null does."""
        found = first(raw, self._contract.fields[name])
        return None if found is NOTHING else found

    def head(self, raw: Any, number: int, otherwise: datetime) -> WorkOrderHead:
        """A row of the list. Without a readable id it has one of its own making, without a moment of change it has `otherwise`."""
        identifier = identifier_text(self.told(raw, "id"))
        moment = parse_moment(self.told(raw, "updated_at")) or otherwise
        if not identifier:
            digest = hashlib.sha256(f"{number} {raw!r}".encode("utf-8", "backslashreplace")).hexdigest()[:16]
            identifier = f"{WITHOUT_ID}{digest}"
        # UpKeep's own moments have milliseconds; the same work order has the same moment in both.
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        return WorkOrderHead(identifier, text_of(self.told(raw, "number")) or identifier, self._status(raw), moment)

    def _status(self, raw: Any) -> str:
        told = text_of(self.told(raw, "status"))
        return self._statuses.get(simplify_status(told), told)

    def is_whole(self, raw: Any) -> bool:
        """Whether a row of the list has the lines of every kind of cost: a summary may have some, or their totals."""
        return all(self.told(raw, kind) is not None for kind in COST_LINES)

    def missing_lines(self, raw: Any) -> list[str]:
        """The kinds of cost that are not there although each work order has them; all kinds where none is there at all."""
        there = [kind for kind in COST_LINES if self.told(raw, kind) is not None]
        if "labor" not in there and self.told(raw, "labor_total") is not None:
            there.append("labor")
        missing = [kind for kind in self._contract.cost_lines if kind not in there]
        return missing if there else list(COST_LINES)

    def work_order(self, raw: Any, head: WorkOrderHead) -> tuple[WorkOrder | None, list[Problem]]:
        """The whole work order as far as it can be read, and every problem; None when not even its status can be."""
        number = text_of(self.told(raw, "number"))
        reading = Reading(number or head.number, NoRecords(), SECONDS_PER_UNIT[self._contract.time_unit])
        self._check_head(raw, number, reading)
        status, completed = self._status(raw), self._completed(raw, reading)
        lines = Lines(self._contract, raw, reading)
        labor, labor_total = lines.labor()
        work_order = WorkOrder(
            id=head.id,
            number=number or head.number,
            site="",
            title=text_of(self.told(raw, "title")),
            status=status,
            updated_at=parse_moment(self.told(raw, "updated_at")) or head.updated_at,
            completed_at=completed,
            category=self._label(raw, "category", reading),
            priority=self._label(raw, "priority", reading),
            archived=self._is_archived(raw),
            asset=self._reference(raw, "asset", reading),
            location=self._reference(raw, "location", reading),
            team=self._reference(raw, "team", reading),
            completed_by=lines.person(self.told(raw, "completed_by"), "completed by"),
            assigned_to=lines.person(self.told(raw, "assigned_to"), "assigned to"),
            fields=self._custom_fields(raw, reading),
            labor=labor,
            parts=lines.parts(),
            other=lines.additional(),
            labor_total=labor_total,
        )
        if (labor or labor_total) and any("labor" in c.category.casefold() or "labour" in c.category.casefold() for c in work_order.other):
            message = "Time is logged, and an additional cost is categorised as labor: it may be the same money twice."
            reading.add("LABOR_COUNTED_TWICE", "additional costs", message, "Remove one of the two in UpKeep.")
        is_known = simplify_status(status) in KNOWN_STATUSES
        if completed is not None and not is_known:
            message = f"Its status '{quoted(status)}' is not known, and it has a completion date: nobody can say whether it is done."
            reading.add("STATUS_UNKNOWN", "status", message, "Say under source: statuses what that word means, such as `Done: complete`.")
        return (work_order if status and (is_known or completed is None) else None), reading.problems

    def _check_head(self, raw: Any, number: str, reading: Reading) -> None:
        told = self.told(raw, "number")
        if not number:
            reading.add("MISSING_KEY", "number", "It has no number.", "Give it a number in UpKeep.")
        elif number != str(told):
            message = f"'{quoted(told)}' has characters that are not printed, or too many."
            reading.add("UNREADABLE_WORK_ORDER", "number", message, "Give it another number in UpKeep.")
        if not self._status(raw):
            reading.add("MISSING_KEY", "status", "It has no status that can be read.", "Set its status in UpKeep.")
        changed = self.told(raw, "updated_at")
        if parse_moment(changed) is None:
            code = "MISSING_KEY" if is_absent(changed) else "UNREADABLE_DATE"
            reading.add(code, "updated at", "It does not say when it was changed.", "Save it again in UpKeep.")

    def _completed(self, raw: Any, reading: Reading) -> datetime | None:
        told = self.told(raw, "completed_at")
        if is_absent(told):
            if simplify_status(self._status(raw)) == "complete":
                reading.add("MISSING_KEY", "completed at", "It is complete but has no completion date.", "Complete it again in UpKeep.")
            return None
        moment = parse_moment(told)
        if moment is None:
            reading.add("UNREADABLE_DATE", "completed at", f"'{quoted(told)}' is not a moment.", "Complete it again in UpKeep.")
        elif not has_zone(told):
            message = f"'{quoted(told)}' does not say of which time zone it is."
            reading.add("UNREADABLE_DATE", "completed at", message, "Ask for moments with their zone in the contract.")
        return moment

    def _label(self, raw: Any, name: str, reading: Reading) -> str:
        told = self.told(raw, name)
        found = label_of(told)
        if not found and not is_absent(told):
            reading.add("UNREADABLE_WORK_ORDER", name, f"'{quoted(told)}' is no text.")
        return found

    def _is_archived(self, raw: Any) -> bool:
        told = self.told(raw, "archived")
        return told if isinstance(told, bool) else text_of(told).strip().casefold() not in _FALSE

    def _reference(self, raw: Any, name: str, reading: Reading) -> Reference | None:
        told = self.told(raw, name)
        identifier = reading.identifier_of(self.told(told, "reference_id") if isinstance(told, dict) else told, name)
        if not identifier and isinstance(told, dict):
            reading.add("UNREADABLE_WORK_ORDER", name, "What it refers to has no id.", "Choose it again in UpKeep.")
        return Reference(identifier, text_of(self.told(told, "reference_name"))) if identifier else None

    def _custom_fields(self, raw: Any, reading: Reading) -> dict[str, str]:
        """By name: a table of them, or a list of names and values."""
        told = self.told(raw, "fields")
        if isinstance(told, dict):
            return {text_of(name): text_of(value) for name, value in told.items() if text_of(name)}
        rows = reading.rows_of({"custom fields": told}, ("custom fields",))
        return {text_of(row["name"]): text_of(row.get("value")) for row in rows if isinstance(row, dict) and text_of(row.get("name"))}


def no_lines(head: WorkOrderHead, missing: list[str], why: str) -> Problem:
    """Held: a kind of cost is not there, and what is not there is not zero."""
    words = ", ".join(kind.replace("_", " ") for kind in missing)
    message = f"No cost lines available: {words} {'is' if len(missing) == 1 and missing[0] == 'labor' else 'are'} not in the answer{why}."
    step = "Ask for them in the contract; or say under source: fields where they stand, under cost_lines which kinds it always has."
    return Problem("COST_LINES_MISSING", f"work order {head.number}", message, step)
