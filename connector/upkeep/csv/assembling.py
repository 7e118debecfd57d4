"""The rows of one work order to one work order, with a problem for everything that cannot be read or contradicts itself (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.core.export import DURATIONS, HEAD_WORDS, ROW_MONEY, ExportColumns, Word
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder
from connector.upkeep.csv.cells import moment_of, number_of, seconds_of, shown, text_in
from connector.upkeep.csv.heading import field_key
from connector.upkeep.csv.table import Row
from connector.upkeep.reading import NUMBER_MAX, quoted
from connector.upkeep.source import WorkOrderHead

ROWS_MAX = 5_000
_CORRECT = "Correct it in UpKeep and export it again."
_OF_ROWS = frozenset(word.value for word in Word) - frozenset(word.value for word in HEAD_WORDS)


@dataclass(slots=True)
class Assembling:
    """One work order: its rows by key, in an order that does not depend on how the export is sorted, and the problems so far."""

    head: WorkOrderHead
    columns: ExportColumns
    currency: str
    file: str
    rows: list[tuple[int, dict[str, str]]]
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, line: int, message: str, next_step: str = _CORRECT) -> None:
        """Note what is wrong in a line."""
        self.problems.append(Problem(code, f"work order {self.head.number}, {self.file}:{line}", message, next_step))

    def told(self, word: str) -> tuple[int, str]:
        """What the rows say of the work order: the first that says something, with its line."""
        lines = sorted((line, values.get(word, "")) for line, values in self.rows)
        return next(((line, text) for line, text in lines if text), (lines[0][0], ""))

    def text(self, word: Word) -> str:
        """The same as a text within bounds."""
        return text_in(self.told(word)[1])

    def reference(self, word: Word) -> Reference | None:
        """What it points at: an export names it, and has no id of it."""
        name = self.text(word)
        return Reference(name, name) if name else None

    def moment(self, word: Word) -> datetime | None:
        """A moment of the work order; what stands there and is none is a problem."""
        line, text = self.told(word)
        return self.moment_in(line, word, text)

    def moment_in(self, line: int, word: Word, text: str) -> datetime | None:
        """The moment in a cell."""
        found = moment_of(text, self.columns.dates, ZoneInfo(self.columns.timezone)) if text else None
        if text and found is None:
            step = f"Add its format to `dates:` of {self.columns.place.rpartition(':')[0]}, or correct it."
            self.add("UNREADABLE_DATE", line, f"'{quoted(text)}' ({word}) is not a date as the columns say.", step)
        return found

    def number(self, line: int, values: dict[str, str], word: Word) -> Decimal | None:
        """A number in a cell; None when it is empty, and with a problem when it is none."""
        text = values.get(word, "")
        found = number_of(text, self.columns.decimal) if text else None
        if text and found is None:
            self.add("UNREADABLE_NUMBER", line, f"'{quoted(text)}' ({word}) is not a number, or could be two.", self._say_decimal())
        elif found is not None and abs(found) >= NUMBER_MAX:
            self.add("AMOUNT_TOO_LARGE", line, f"'{quoted(text)}' ({word}) is more than any price or quantity.")
            return None
        return found

    def _say_decimal(self) -> str:
        return _CORRECT if self.columns.decimal else f"Write `decimal: point` or `comma` beside {self.columns.place}, or correct it."


def assemble(
    head: WorkOrderHead, keys: Sequence[str], rows: Sequence[Row], columns: ExportColumns, currency: str, file: str
) -> tuple[WorkOrder | None, tuple[Problem, ...]]:
    """The work order as far as it can be read, and every problem on the way; None when its status is not told."""
    values = [(row.line, {key: shown(cell) for key, cell in zip(keys, row.cells, strict=True)}) for row in rows]
    values.sort(key=lambda row: (sorted(row[1].items()), row[0]))
    reading = Assembling(head, columns, currency, file, values)
    _check_rows(reading, rows)
    completed = reading.moment(Word.COMPLETED)
    labor, labor_total = _labor(reading)
    work_order = WorkOrder(
        id=head.id,
        number=head.number,
        site="",
        title=reading.text(Word.TITLE),
        status=text_in(head.status),
        updated_at=head.updated_at,
        completed_at=completed,
        category=reading.text(Word.CATEGORY),
        priority=reading.text(Word.PRIORITY),
        asset=reading.reference(Word.ASSET),
        location=reading.reference(Word.LOCATION),
        team=reading.reference(Word.TEAM),
        assigned_to=reading.reference(Word.ASSIGNED),
        fields={name: text_in(reading.told(field_key(name))[1]) for name in columns.fields},
        labor=labor,
        parts=_parts(reading),
        other=_other(reading),
        labor_total=labor_total,
    )
    _check_head(reading, work_order)
    return (work_order if work_order.status else None), tuple(reading.problems)


def status_of(columns: ExportColumns, status: str, completed: str) -> str:
    """Without a column for it, a work order with a date of completion is complete."""
    if Word.STATUS in columns.named:
        return status
    return "complete" if completed else "open"


# --- what the rows must agree about -------------------------------------------------------------------------------------------


def _check_rows(reading: Assembling, rows: Sequence[Row]) -> None:
    for row in rows:
        if row.fault:
            reading.add("CSV_ROW_LENGTH", row.line, f"{row.fault}: its cells may be in the wrong ones.", "Export it again, with quotes.")
    for key in reading.rows[0][1]:
        if key not in _OF_ROWS:
            _check_agreement(reading, key)
    if not reading.columns.counts_repeated_rows:
        _check_repeated(reading)
    line, currency = reading.told(Word.CURRENCY)
    if currency and currency.upper() != reading.currency:
        message = f"Its amounts are in {quoted(currency)}, the connection's in {reading.currency}."
        reading.add("CSV_OTHER_CURRENCY", line, message, "Export each currency into a file of its own, with a connection of its own.")


def _check_agreement(reading: Assembling, key: str) -> None:
    said: dict[str, int] = {}
    for line, values in sorted(reading.rows, key=lambda row: row[0]):
        if values[key]:
            said.setdefault(values[key], line)
    if len(said) > 1:
        (one, first), (other, second) = list(said.items())[:2]
        message = f"Its rows disagree about '{key}': '{quoted(one)}' on line {first}, '{quoted(other)}' on line {second}."
        reading.add("CSV_ROWS_DISAGREE", second, message, "One id is one work order: correct the rows, or map another column as id.")


def _check_repeated(reading: Assembling) -> None:
    for (before, one), (line, other) in zip(reading.rows, reading.rows[1:], strict=False):
        if one == other and any(other.get(word) for word in ROW_MONEY):
            message = f"The row says the same as line {before}: it may be the same money twice."
            reading.add("CSV_ROW_TWICE", line, message, "Delete one of them; or, if both were spent, write `repeated_rows: count`.")


def _check_head(reading: Assembling, work_order: WorkOrder) -> None:
    line, number = reading.told(Word.NUMBER)
    if Word.NUMBER in reading.columns.named and number != work_order.number:
        # It is part of the document's identity: nothing may stand in for it.
        message = f"'{quoted(number)}' is no number that can be used." if number else "It has no number."
        reading.add("UNREADABLE_WORK_ORDER" if number else "MISSING_KEY", line, message, "Give it a number in UpKeep and export it again.")
    line, _ = reading.told(Word.STATUS)
    if not work_order.status:
        reading.add("MISSING_KEY", line, "It has no status.", "Set its status in UpKeep and export it again.")
    completed_line, completed = reading.told(Word.COMPLETED)
    if not completed and work_order.status.casefold().startswith(("complete", "closed")):
        reading.add("MISSING_KEY", completed_line, "It is complete but has no completion date.", "Complete it again in UpKeep.")
    reading.moment(Word.UPDATED)
    has_labor = work_order.labor or work_order.labor_total
    if has_labor and any("labor" in c.category.casefold() or "labour" in c.category.casefold() for c in work_order.other):
        message = "Time is logged, and an additional cost is categorised as labor: it may be the same money twice."
        reading.add("LABOR_COUNTED_TWICE", line, message, "Remove one of the two in UpKeep.")


# --- the money ----------------------------------------------------------------------------------------------------------------


def _labor(reading: Assembling) -> tuple[tuple[LaborEntry, ...], Decimal | None]:
    """Rows with their own rate; else UpKeep's labor cost of the work order; else the time, for the rate table to price."""
    word = next((word for word in DURATIONS if word in reading.columns.named), None)
    rows = [(line, values) for line, values in reading.rows if word and values[word]]
    found = [_time(reading, line, values, word, index) for index, (line, values) in enumerate(rows, 1) if word]
    entries = tuple(entry for entry in found if entry is not None)
    line, _ = reading.told(Word.LABOR_COST)
    total = reading.number(line, {Word.LABOR_COST: reading.told(Word.LABOR_COST)[1]}, Word.LABOR_COST)
    if total and not (entries and all(entry.rate_per_hour for entry in entries)):
        return (), total
    return entries, None


def _time(reading: Assembling, line: int, values: dict[str, str], word: Word, index: int) -> LaborEntry | None:
    seconds = seconds_of(values[word], DURATIONS[word], reading.columns.decimal)
    if seconds is None or abs(seconds) >= NUMBER_MAX:
        reading.add("UNREADABLE_NUMBER", line, f"'{quoted(values[word])}' ({word}) is no time worked.")
        return None
    if seconds < 0:
        reading.add("NEGATIVE_TIME", line, f"Its time is {quoted(values[word])}.")
        return None
    rate = reading.number(line, values, Word.LABOR_RATE)
    if rate is not None and rate < 0:
        reading.add("UNREADABLE_NUMBER", line, f"{rate} an hour is less than nothing.")
    name = text_in(values.get(Word.WORKER) or reading.told(Word.ASSIGNED)[1])
    worked = reading.moment_in(line, Word.WORKED, values.get(Word.WORKED, ""))
    category = text_in(values.get(Word.LABOR_CATEGORY, ""))
    if not seconds:
        return None
    worker = Reference(name, name) if name else None
    basis = "time entry" if rate else ""
    day = worked.astimezone(ZoneInfo(reading.columns.timezone)).date() if worked else None
    return LaborEntry(f"time-{index}", worker, seconds, rate or None, basis, category, day, worked)


def _parts(reading: Assembling) -> tuple[PartUsage, ...]:
    usages: list[PartUsage] = []
    for line, values in reading.rows:
        number, name = text_in(values.get(Word.PART_NUMBER, "")), text_in(values.get(Word.PART_NAME, ""))
        quantity = reading.number(line, values, Word.QUANTITY)
        cost = reading.number(line, values, Word.UNIT_COST)
        if not (number or name):
            if quantity or cost:
                reading.add("MISSING_KEY", line, "A quantity or a unit cost stands there without a part.")
            continue
        if quantity is None:
            if not values.get(Word.QUANTITY):
                reading.add("MISSING_KEY", line, f"Part {quoted(number or name)} has no quantity.")
            continue
        part = Reference(number or name, name)
        usages.append(PartUsage(f"part-{len(usages) + 1}", part, quantity, cost, "part usage" if cost is not None else ""))
    return tuple(usages)


def _other(reading: Assembling) -> tuple[OtherCost, ...]:
    """Row by row; where no row has one, UpKeep's total of them."""
    found: list[OtherCost] = []
    for line, values in reading.rows:
        amount = reading.number(line, values, Word.COST)
        if amount is not None:
            category, description = (text_in(values.get(word, "")) for word in (Word.COST_CATEGORY, Word.COST_DESCRIPTION))
            found.append(OtherCost(f"other-{len(found) + 1}", category, description, amount))
    line, text = reading.told(Word.COST_TOTAL)
    total = reading.number(line, {Word.COST_TOTAL: text}, Word.COST_TOTAL)
    return tuple(found) if found or not total else (OtherCost("cost", "", "Additional cost", total),)
