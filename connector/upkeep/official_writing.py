"""Writing with the official REST API. It has no idempotency key: our mark in a description, or what stands there, shows what was written.

What it offers is thin. Parts are a list of the whole work order, so one use is written as the list with one more (vendors/upkeep.md 5.3);
preventive schedules can be read only; warranties have no documented key.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, assert_never
from urllib.parse import quote

from connector.core.money import parse_decimal
from connector.core.upkeep_write import Change, Kept, NewAsset, NewFile, NewSchedule, NewWorkOrder, PartsUsed, Seen
from connector.upkeep.attachments import files_of, whole_file
from connector.upkeep.changing import Done, Look, Lost, NotOffered, NotSent, Outcome, Refused, asked_once, frozen_json, written
from connector.upkeep.http import UpKeepHttp
from connector.upkeep.multipart import one_file
from connector.upkeep.reading import identifier_text, parse_moment
from connector.upkeep.source import SourceFile, UnreadableAnswerError

PAGE_SIZE = 100
# A look goes back to before the attempt; the clocks may differ.
CLOCKS_DIFFER = timedelta(minutes=10)
PAGES_MAX = 20
_QUANTITIES = ("respectivePartQuantityUsed", "partQuantities")
Lines = list[tuple[str, Decimal]]


class OfficialWriter:
    """Writes at one UpKeep company (and site) with one login (upkeep/changing.py)."""

    def __init__(self, http: UpKeepHttp) -> None:
        self._http = http

    @property
    def takes_key(self) -> bool:
        """The official API has none."""
        return False

    def prepare(self, change: Change) -> str | Refused | NotOffered:
        """The parts or the files that are on the work order now; nothing for a new record."""
        match change:
            case NewSchedule():
                message = "UpKeep's own API shows maintenance schedules and takes none."
                return NotOffered(message, "Enter it in UpKeep under Preventive Maintenance, or use a source of kind supergood.")
            case NewAsset() if change.warranty_until is not None:
                return NotOffered("UpKeep's own API documents no warranty of an asset.", "Leave --warranty out, and enter it in UpKeep.")
            case NewWorkOrder() | NewAsset():
                return ""
            case PartsUsed() | NewFile():
                detail = self._detail(change.work_order)
                if detail is None:
                    return Refused(f"UpKeep has no work order {change.work_order}")
                return _parts_before(detail) if isinstance(change, PartsUsed) else _files_before(detail, change)
            case _:
                assert_never(change)

    def send(self, change: Change, kept: Kept, content: bytes) -> Outcome:
        """One attempt; a file takes two calls, of which the second puts it on the work order."""
        match change:
            case NewWorkOrder():
                return self._post("/work-orders", _work_order(change, kept.key))
            case NewAsset():
                return self._asset(change, kept.key)
            case PartsUsed():
                parts = _with(_lines(kept.before), change)
                body = {"parts": [part for part, _ in parts], "respectivePartQuantityUsed": [_number(used) for _, used in parts]}
                return self._patch(change.work_order, body | {"decreaseInventory": "auto"})
            case NewFile():
                stored = self._upload(change, content)
                if not isinstance(stored, Done):
                    return stored
                return self._patch(change.work_order, {"files": [*json.loads(kept.before), stored.id]}, stored.id)
            case NewSchedule():
                return Refused("UpKeep's own API takes no maintenance schedules")
            case _:
                assert_never(change)

    def _post(self, path: str, body: Mapping[str, Any]) -> Outcome:
        return written(asked_once(lambda: self._http.write_once("POST", path, frozen_json(body))), "result")

    def _patch(self, work_order: str, body: Mapping[str, Any], told: str = "") -> Outcome:
        path = f"/work-orders/{quote(work_order, safe='')}"
        outcome = written(asked_once(lambda: self._http.write_once("PATCH", path, frozen_json(body))), "result")
        return Done(told or outcome.id, outcome.number) if isinstance(outcome, Done) else outcome

    def _asset(self, change: NewAsset, key: str) -> Outcome:
        made = self._post("/assets", _asset(change, key))
        if not isinstance(made, Done) or not change.meter_unit:
            return made
        meter = self._post("/meters", {"name": f"{change.name} ({change.meter_unit})", "units": change.meter_unit, "asset": made.id})
        return made if isinstance(meter, Done) else Lost(f"the asset {made.id} is there, and its meter is not sure: {meter.message}")

    def _upload(self, change: NewFile, content: bytes) -> Outcome:
        body, content_type = one_file(change.name, content)
        answer = asked_once(lambda: self._http.write_once("POST", "/files", body, content_type))
        outcome = written(answer, "result")
        # A file that lies nowhere yet is nobody's: without an answer nothing is on the work order.
        return NotSent(outcome.message) if isinstance(outcome, Lost) else outcome

    # --- looking ----------------------------------------------------------------------------------------------------------------

    def look(self, change: Change, kept: Kept) -> Look:
        """Whether an earlier attempt was written."""
        try:
            match change:
                case NewWorkOrder():
                    return self._marked("/work-orders", kept)
                case NewAsset():
                    return self._marked("/assets", kept)
                case PartsUsed():
                    return self._used(change, kept)
                case NewFile():
                    return self._lies_there(change)
                case NewSchedule():
                    return Look(Seen.UNCLEAR)
                case _:
                    assert_never(change)
        except UnreadableAnswerError:
            return Look(Seen.UNCLEAR)

    def _marked(self, path: str, kept: Kept) -> Look:
        """The record with our mark, among those that were made since the intent was stored."""
        since = kept.begun_at - CLOCKS_DIFFER
        for row in self._newest(path, since):
            if not isinstance(row, dict):
                return Look(Seen.UNCLEAR)
            identifier = identifier_text(row.get("id"))
            told = row if "description" in row else self._record(path, identifier)
            if mark(kept.key) in str(told.get("description", "")):
                return Look(Seen.THERE, identifier)
        return Look(Seen.ABSENT)

    def _newest(self, path: str, since: datetime) -> Iterator[Any]:
        """Rows of a list from the newest back to a moment; an order that is not kept, or a list without end, is no proof of anything."""
        last: datetime | None = None
        for page in range(PAGES_MAX):
            told = self._http.get(path, {"orderBy": "createdAt DESC", "limit": PAGE_SIZE, "offset": page * PAGE_SIZE})
            rows = told.get("results") if told is not None else []
            if not isinstance(rows, list):
                raise UnreadableAnswerError(f"UpKeep answered {path} without results", 200)
            for row in rows:
                made = parse_moment(row.get("createdAt")) if isinstance(row, dict) else None
                if made is None or (last is not None and made > last):
                    raise UnreadableAnswerError(f"UpKeep does not list {path} by its making", 200)
                last = made
                if made < since:
                    return
                yield row
            if not rows:
                return
        raise UnreadableAnswerError(f"UpKeep's list {path} does not end", 200)

    def _used(self, change: PartsUsed, kept: Kept) -> Look:
        detail = self._detail(change.work_order)
        told = _parts_before(detail) if detail is not None else Refused("")
        if isinstance(told, Refused):
            return Look(Seen.UNCLEAR)
        before, now = _sum(_lines(kept.before), change.part), _sum(_lines(told), change.part)
        seen = {before: Seen.ABSENT, before + change.quantity: Seen.THERE}
        return Look(seen.get(now, Seen.UNCLEAR), change.work_order)

    def _lies_there(self, change: NewFile) -> Look:
        for file in self._files(change.work_order):
            content = whole_file(file, self._http, change.size) if file.name == change.name else None
            if content is not None and hashlib.sha256(content).hexdigest() == change.sha256:
                return Look(Seen.THERE, file.id)
        return Look(Seen.ABSENT)

    def _files(self, work_order: str) -> list[SourceFile]:
        detail = self._detail(work_order)
        return files_of(detail, self._http.get) if detail is not None else []

    def _detail(self, work_order: str) -> dict[str, Any] | None:
        record = self._record("/work-orders", work_order)
        return record or None

    def _record(self, path: str, identifier: str) -> dict[str, Any]:
        told = self._http.get(f"{path}/{quote(identifier, safe='')}")
        record = told.get("result") if told is not None else {}
        if not isinstance(record, dict):
            raise UnreadableAnswerError(f"UpKeep answered {path} without a record", 200)
        return record

    def how_to_look(self, change: Change, kept: Kept) -> str:
        """How a person sees whether it was written."""
        match change:
            case NewWorkOrder() | NewAsset():
                return f"In UpKeep, look for '{mark(kept.key)}' in the description of the newest ones."
            case PartsUsed():
                before = _sum(_lines(kept.before), change.part)
                with_it = before + change.quantity
                return f"In UpKeep, look at the parts of the work order: {before} of it were there before, {with_it} with it."
            case NewFile():
                return f"In UpKeep, look whether '{change.name}' is on the work order."
            case NewSchedule():
                return "In UpKeep, look under Preventive Maintenance."
            case _:
                assert_never(change)


def mark(key: str) -> str:
    """Our mark in a description, by which a record is found again."""
    return f"[connector {key[:16]}]"


def _marked(description: str, key: str) -> str:
    return f"{description}\n\n{mark(key)}".strip()


def _work_order(change: NewWorkOrder, key: str) -> dict[str, Any]:
    """The body of vendors/upkeep.md 5.3: a due date in milliseconds, at noon so that no time zone makes it another day."""
    due = datetime.combine(change.due, time(12), UTC) if change.due else None
    told: dict[str, Any] = {
        "title": change.title,
        "description": _marked(change.description, key),
        "category": change.category,
        "priority": change.priority,
        "dueDate": int(due.timestamp()) * 1000 if due else None,
        "asset": change.asset,
        "location": change.location,
        "assignedToUser": change.assignee,
    }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _asset(change: NewAsset, key: str) -> dict[str, Any]:
    told = {
        "name": change.name,
        "description": _marked(change.description, key),
        "category": change.category,
        "model": change.model,
        "serial": change.serial,
        "location": change.location,
    }
    return {name: value for name, value in told.items() if value}


def _parts_before(detail: Mapping[str, Any]) -> str | Refused:
    """The parts that are on a work order, as text; one whose quantity cannot be read would be lost by writing the list anew."""
    parts = detail.get("parts") or []
    told: list[Any] = next((detail[key] for key in _QUANTITIES if isinstance(detail.get(key), list)), [])
    lines = []
    for index, row in enumerate(parts if isinstance(parts, list) else [None]):
        raw = row.get("quantity") if isinstance(row, dict) else told[index] if index < len(told) else None
        used, part = parse_decimal(raw), identifier_text(row.get("id") if isinstance(row, dict) else row)
        if used is None or not part:
            return Refused("The parts on the work order cannot be read, and writing them anew would lose some", "Enter the part in UpKeep.")
        lines.append([part, format(used, "f")])
    return json.dumps(lines)


def _lines(before: str) -> Lines:
    return [(part, Decimal(used)) for part, used in json.loads(before)]


def _sum(lines: Lines, part: str) -> Decimal:
    return sum((used for one, used in lines if one == part), Decimal(0))


def _with(lines: Lines, change: PartsUsed) -> Lines:
    """The lines with one use more: on the line of the same part, or on one of its own."""
    place = next((index for index, (part, _) in enumerate(lines) if part == change.part), None)
    if place is None:
        return [*lines, (change.part, change.quantity)]
    return [(part, used + change.quantity if index == place else used) for index, (part, used) in enumerate(lines)]


def _number(used: Decimal) -> int | Decimal:
    """Whole quantities as the API documents them."""
    return int(used) if used == used.to_integral_value() else used


def _files_before(detail: Mapping[str, Any], change: NewFile) -> str | Refused:
    """The ids of the files on a work order, as text. UpKeep omits a list that is empty, and perhaps one that it never shows."""
    shown = detail.get("files")
    if not shown and not change.is_first:
        message = "UpKeep shows no file on the work order, and writing the list could remove those that it does not show"
        return Refused(message, "If you see none in UpKeep either, say so with --first.")
    rows = shown if isinstance(shown, list) else [shown] if shown else []
    return json.dumps([identifier_text(row.get("id") if isinstance(row, dict) else row) for row in rows])
