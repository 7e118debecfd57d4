"""Fill the table: the rows of each file that can be read, and one head for each work order, whichever files name it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from connector.core.export import ExportColumns, Word
from connector.upkeep.csv.assembling import status_of
from connector.upkeep.csv.cells import moment_of, shown
from connector.upkeep.csv.files import File, check_unchanged
from connector.upkeep.csv.heading import Heading, heading_of, keys_of
from connector.upkeep.csv.rows import BrokenFileError, rows_of
from connector.upkeep.csv.table import Head, Row, Table
from connector.upkeep.reading import identifier_text

# Long before anything was exported: where no moment is told, the content alone makes one.
_NO_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)
# The content of a work order moves its moment within this time: an edited row has another one, an equal row the same.
SPREAD = timedelta(minutes=1)
_SPREAD_MICROSECONDS = SPREAD // timedelta(microseconds=1)
_ROWS_SHOWN_MAX = 20
_HEADS_AT_ONCE = 500
_WITHOUT_ID = "It has no id, or one that is too long or has signs that are not printed."


def fill(table: Table, files: Sequence[File], columns: ExportColumns) -> None:
    """Put every row of these files in; a file that cannot be read to its end has none."""
    for file in files:
        if file.dialect is None:
            continue
        try:
            _fill_from(table, file, columns)
        except BrokenFileError as error:
            message = f"From here on it cannot be read as rows: {error}. A quote may be open that is never closed."
            file.add("CSV_UNREADABLE", message, "Export it again; nothing of the file is posted.", error.line)
            leave_out(table, file)
        except OSError as error:
            file.add("CSV_UNREADABLE", f"It cannot be read: {error.strerror}.", "Let the connector's user read it.")
            leave_out(table, file)
        before = len(file.problems)
        check_unchanged(file)
        if len(file.problems) > before:
            leave_out(table, file)
    table.index()


def leave_out(table: Table, file: File) -> None:
    """Nothing of it is read."""
    table.forget(file.number)
    file.rows = 0


def _fill_from(table: Table, file: File, columns: ExportColumns) -> None:
    assert file.dialect is not None
    rows = rows_of(file.path, file.dialect)
    line, header = next(rows, (1, []))
    heading, problems = heading_of(header, columns, f"{file.name}:{line}")
    file.problems.extend(problems)
    if heading is None:
        return
    id_place = None if columns.is_by_row else _place(heading, Word.ID if Word.ID in columns.named else Word.NUMBER)
    without: list[int] = []
    for nth, (line, cells) in enumerate(rows, 1):
        file.rows = nth
        row = Row(file.number, line, tuple(cells[at] if at < len(cells) else "" for at in heading.places), _fault(cells, heading.width))
        told = f"{columns.series}:{nth}" if id_place is None else shown(cells[id_place]) if id_place < len(cells) else ""
        identifier = identifier_text(told)
        if identifier:
            table.add(identifier, nth, row, cells if columns.is_by_row else ())
        else:
            without.append(line)
    for line in without[:_ROWS_SHOWN_MAX]:
        file.add("CSV_ROW_WITHOUT_ID", _WITHOUT_ID, "Give it one; or, if it is no work order (a total), delete the row.", line)
    if len(without) > _ROWS_SHOWN_MAX:
        file.add("CSV_ROW_WITHOUT_ID", f"So have {len(without) - _ROWS_SHOWN_MAX} more rows.", "Look at the column of the id.")


def _place(heading: Heading, word: Word) -> int:
    return heading.places[heading.keys.index(word)]


def _fault(cells: Sequence[str], width: int) -> str:
    if len(cells) < width:
        return f"The row has {len(cells)} of {width} columns"
    return f"The row has {len(cells)} columns, the header {width}" if any(cell.strip() for cell in cells[width:]) else ""


# --- heads --------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Version:
    """What one file says of one work order."""

    file: int
    updated: datetime | None
    first: dict[str, str] = field(default_factory=dict)
    total: int = 0

    def take(self, row: Row, keys: Sequence[str]) -> None:
        """Count a row in; of each column, the first cell that says something is told of the work order."""
        for key, cell in zip(keys, row.cells, strict=True):
            if cell and not self.first.get(key):
                self.first[key] = shown(cell)
        self.total += int.from_bytes(hashlib.sha256(json.dumps(row.cells).encode()).digest(), "big")

    def content(self) -> str:
        """A digest of what it says, in whichever order: a sum does not tell in which it was made."""
        return f"{self.total:x}"


def settle(table: Table, columns: ExportColumns, seen_at: Mapping[int, datetime]) -> None:
    """One head for each work order. `seen_at` is when each file was first seen: where nothing else tells, the newest counts."""
    keys, zone = tuple(keys_of(columns)), ZoneInfo(columns.timezone)

    def heads() -> Iterator[Head]:
        for identifier, versions in _versions(table.by_id(), keys, columns, zone):
            best = max((v.updated or _NO_MOMENT, seen_at[v.file]) for v in versions)
            equal = [v for v in versions if (v.updated or _NO_MOMENT, seen_at[v.file]) == best]
            contents = sorted({v.content() for v in equal})
            one = equal[-1]
            completed = one.first.get(Word.COMPLETED, "")
            base = one.updated or moment_of(completed, columns.dates, zone) or _NO_MOMENT
            number = identifier_text(one.first.get(Word.NUMBER, "")) or identifier
            status = status_of(columns, one.first.get(Word.STATUS, ""), completed)
            moment = moved(base, [columns.digest, *contents])
            yield Head(identifier, number, status, moment, one.file, len(contents) > 1)

    _put_all(table, heads())


def moved(base: datetime, contents: Sequence[str]) -> datetime:
    """A moment that tells contents apart: the base, and within a minute after it a place of their own."""
    digest = hashlib.sha256(" ".join(contents).encode()).digest()
    return base.replace(microsecond=0) + timedelta(microseconds=int.from_bytes(digest[:8], "big") % _SPREAD_MICROSECONDS)


def _versions(
    rows: Iterable[tuple[str, Row]], keys: Sequence[str], columns: ExportColumns, zone: ZoneInfo
) -> Iterator[tuple[str, list[_Version]]]:
    for identifier, group in groupby(rows, key=lambda row: row[0]):
        versions: list[_Version] = []
        for _, row in group:
            if not versions or versions[-1].file != row.file:
                versions.append(_Version(row.file, None))
            versions[-1].take(row, keys)
        for version in versions:
            version.updated = moment_of(version.first.get(Word.UPDATED, ""), columns.dates, zone)
        yield identifier, versions


def _put_all(table: Table, heads: Iterable[Head]) -> None:
    # The rows are walked by one statement while heads are put in by another: into a second table, so that none disturbs the other.
    waiting: list[Head] = []
    for head in heads:
        waiting.append(head)
        if len(waiting) >= _HEADS_AT_ONCE:
            table.put(waiting)
            waiting.clear()
    table.put(waiting)
