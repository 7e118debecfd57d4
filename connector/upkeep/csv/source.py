"""Exports from UpKeep's own screens as a Source: what is new in them, and each work order from its rows.

A file counts as read when a decision about each of its work orders is stored: then it is not read again, under whatever name it comes.
A run that was killed goes on with what is not decided. A file that was not read yet is told of whole, however old its work orders are:
somebody may bring last year's export today.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from connector.core.clock import Clock
from connector.core.export import Export, ExportFile, Word
from connector.core.problem import Problem
from connector.upkeep.csv.assembling import ROWS_MAX, assemble
from connector.upkeep.csv.files import File, said_of, survey
from connector.upkeep.csv.filling import SPREAD, fill, leave_out, moved, settle
from connector.upkeep.csv.heading import keys_of
from connector.upkeep.csv.notes import FileNotes
from connector.upkeep.csv.table import Head, Table
from connector.upkeep.source import FileGoneError, SourceFile, WorkOrderHead, WorkOrderRead

log = logging.getLogger("connector.upkeep")

# No id of UpKeep's begins so: what stands for a file that cannot be read, or for those of its rows that belong to no work order.
FILE = "file:"
_IDS_PER_QUESTION = 200
_FAR = datetime(9999, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
_FILES_BEGAN = datetime(2000, 1, 1, tzinfo=UTC)


class CsvSource:
    """The exports that one pattern names (upkeep/source.py)."""

    def __init__(self, export: Export, *, site: str, currency: str, clock: Clock, notes: FileNotes) -> None:
        self.site = site
        self._export, self._columns = export, export.columns
        self._keys = tuple(keys_of(export.columns))
        self._currency, self._clock, self._notes = currency, clock, notes
        self._fresh: _Reading | None = None
        self._all: _Reading | None = None

    @property
    def calls(self) -> dict[str, int]:
        """No call: files lie here."""
        return {}

    def close(self) -> None:
        """Give the tables back."""
        for reading in (self._fresh, self._all):
            if reading is not None:
                reading.table.close()
        self._fresh = self._all = None

    # --- the list ---------------------------------------------------------------------------------------------------------------

    def changed_since(self, since: datetime | None) -> Iterator[WorkOrderHead]:
        """Heads of files that are not read whole yet, in ascending order of updated_at; with None, of every file.

        `updated_at` is the row's own moment, or its completion, moved within a minute by what the rows say: an edit is a change.
        """
        self.close()
        if since is None:
            self._all = reading = self._read(survey(self._export, self._clock.now()), {})
            self._note(reading, whole=set())
        else:
            self._fresh = reading = self._read_new()
        for head in reading.table.heads():
            yield _told(head)

    def _read_new(self) -> _Reading:
        files = survey(self._export, self._clock.now())
        noted = self._notes.noted([file.key for file in files if file.key])
        for file in files:
            if file.key in noted and noted[file.key].is_whole:
                log.info("action=file_skipped file=%s reason=already_read since=%s", file.name, noted[file.key].noted_at.isoformat())
        files = [file for file in files if not (file.key in noted and noted[file.key].is_whole)]
        reading = self._read(files, noted)
        self._note(reading, whole=set())
        self._leave_out_decided(reading)
        self._note(reading, whole={f.number for f in reading.files if not f.problems and reading.table.is_done(f.number)})
        return reading

    def _leave_out_decided(self, reading: _Reading) -> None:
        """What is decided as the files say it now, and what they say of an earlier state than the decided one."""
        may_be_older = Word.UPDATED in self._columns.named and self._notes.has_whole(self._columns.digest)
        heads = reading.table.heads()
        while some := list(islice(heads, _IDS_PER_QUESTION)):
            stored = self._notes.moments([head.id for head in some])
            known = [(head, stored[head.id]) for head in some if head.id in stored]
            reading.table.decide([h.id for h, before in known if before == h.moment or (may_be_older and before > h.moment + SPREAD)])
        reading.table.leave_out_decided()

    def _read(self, files: Sequence[File], noted: Mapping[str, ExportFile]) -> _Reading:
        reading = _Reading(list(files), Table())
        fill(reading.table, files, self._columns)
        if self._columns.is_by_row:
            self._check_order(reading)
        noted = noted or self._notes.noted([file.key for file in files if file.key])
        reading.noted = noted
        settle(reading.table, self._columns, {f.number: noted[f.key].noted_at if f.key in noted else _FAR for f in files})
        reading.table.put([self._head_of_file(file) for file in files if file.problems])
        return reading

    def _check_order(self, reading: _Reading) -> None:
        """Where a row's place is its id, each longer export must begin with all the rows of the shorter one."""
        longest = self._notes.longest(self._columns.series)
        rows, order = (longest.rows, longest.order) if longest and self._has_decided(longest) else (0, "")
        for file in sorted((f for f in reading.files if f.rows), key=lambda f: f.rows):
            if longest is not None and file.key == longest.key:
                continue
            if rows and (file.rows < rows or reading.table.order_of(file.number, rows) != order):
                series = self._columns.series
                message = f"Its first {rows} rows are not those that were read before as '{series}': nobody can tell which is which."
                file.add("CSV_ROWS_MOVED", message, "Export it in the same order, with what is new at the end; or map a column as id.")
                leave_out(reading.table, file)
                continue
            rows, order = file.rows, reading.table.order_of(file.number, file.rows)

    def _has_decided(self, file: ExportFile) -> bool:
        """Whether a decision about any of its rows is stored; before, no order of them has to be kept."""
        ids = [f"{file.series}:{nth}" for nth in range(1, file.rows + 1)]
        return any(self._notes.moments(ids[at : at + _IDS_PER_QUESTION]) for at in range(0, len(ids), _IDS_PER_QUESTION))

    def _note(self, reading: _Reading, whole: set[int]) -> None:
        """What begins to be read is noted before its first work order is told of, so that the order of its rows is known."""
        # Later than every file seen before, whatever the clock says: which of two is newer goes by it.
        now = max([self._clock.now(), *(one.noted_at + MICROSECOND for one in reading.noted.values())])
        fresh = []
        for file in reading.files:
            if not file.rows or (file.key in reading.noted and file.number not in whole):
                continue
            seen = reading.noted[file.key].noted_at if file.key in reading.noted else now
            order = reading.table.order_of(file.number, file.rows) if self._columns.is_by_row else ""
            columns = self._columns
            one = ExportFile(file.key, file.name, columns.digest, columns.series, file.rows, order, file.number in whole, seen)
            fresh.append(one)
            if one.is_whole:
                log.info("action=file_read_whole file=%s rows=%d", file.name, file.rows)
        self._notes.note(fresh)
        reading.noted = {**reading.noted, **{one.key: one for one in fresh}}

    # --- one work order ---------------------------------------------------------------------------------------------------------

    def read(self, head: WorkOrderHead) -> WorkOrderRead:
        """The whole work order, from the rows of the file that counts."""
        if head.id.startswith(FILE):
            return self._read_file(head)
        found = self._fresh.table.head(head.id) if self._fresh else None
        if self._fresh is not None and found is not None and found.moment == head.updated_at:
            return self._whole(self._fresh, found)
        found = self._everything().table.head(head.id)
        if found is not None:
            return self._whole(self._everything(), found)
        place, step = f"work order {head.number}", "Put the export back that names it; it is read again."
        problem = Problem("UNREADABLE_WORK_ORDER", place, "No file has it any more.", step)
        return WorkOrderRead(head, None, (problem,))

    def _whole(self, reading: _Reading, found: Head) -> WorkOrderRead:
        head, file = _told(found), reading.file(found.file)
        rows = reading.table.rows(found.id, found.file, ROWS_MAX + 1)
        place = f"work order {head.number}, {file.name}:{rows[0].line}"
        if len(rows) > ROWS_MAX:
            problem = Problem("CSV_TOO_MANY_ROWS", place, f"It has more than {ROWS_MAX} rows.", "Look at the column that is mapped as id.")
            return WorkOrderRead(head, None, (problem,))
        work_order, problems = assemble(head, self._keys, rows, self._columns, self._currency, file.name)
        if found.is_torn:
            message = "Another file says something else of it, and nothing tells which of the two is newer."
            step = "Delete the older export, or map the column that says when a work order was changed as `updated`."
            problems = (*problems, Problem("CSV_FILES_DISAGREE", place, message, step))
        return WorkOrderRead(head, work_order, problems)

    def _everything(self) -> _Reading:
        if self._all is None:
            self._all = self._read(survey(self._export, self._clock.now()), {})
        return self._all

    def find(self, number: str) -> WorkOrderRead | None:
        """The work order with that number."""
        reading = self._everything()
        found = reading.table.numbered(number)
        return self.read(_told(found)) if found else None

    def files(self, work_order_id: str) -> list[SourceFile]:
        """None: an export has no attachments."""
        return []

    def file(self, work_order_id: str, file_id: str, bytes_max: int) -> bytes | None:
        """An export has no attachments."""
        raise FileGoneError

    # --- files that cannot be read ----------------------------------------------------------------------------------------------

    def _head_of_file(self, file: File) -> Head:
        """What is wrong with a file is held like a work order: it is listed, and costs no other its posting."""
        return Head(f"{FILE}{file.name}", file.name, "", moved(_FILES_BEGAN, [str(problem) for problem in file.problems]), file.number)

    def _read_file(self, head: WorkOrderHead) -> WorkOrderRead:
        reading = self._fresh if self._fresh and self._fresh.table.head(head.id) else self._everything()
        problems = next((file.problems for file in reading.files if f"{FILE}{file.name}" == head.id), [])
        return WorkOrderRead(head, None, tuple(problems))

    # --- what is there ----------------------------------------------------------------------------------------------------------

    def visibility(self) -> list[Problem]:
        """Read every file, and tell what keeps any of them from being read."""
        files = self._everything().files
        if not files:
            message = "No file is there."
            return [Problem("CSV_NO_FILE", self._export.files, message, "Put an export there, or correct `files:` in config.yaml.")]
        return [problem for file in files for problem in file.problems]

    def detected(self) -> list[str]:
        """How each file is written, how much is in it, and whether it was read already."""
        reading, lines = self._everything(), []
        for file in reading.files:
            if file.dialect is not None:
                before = reading.noted.get(file.key)
                read = f"; already read, first seen {before.noted_at:%Y-%m-%d %H:%M}" if before and before.is_whole else ""
                lines.append(said_of(file, self._columns, reading.table.work_orders(file.number)) + read)
        return lines


class _Reading:
    """Files, and the table of what is in them."""

    def __init__(self, files: list[File], table: Table) -> None:
        self.files, self.table = files, table
        self.noted: Mapping[str, ExportFile] = {}

    def file(self, number: int) -> File:
        """The file of that number."""
        return next(file for file in self.files if file.number == number)


def _told(head: Head) -> WorkOrderHead:
    return WorkOrderHead(head.id, head.number, head.status, head.moment)
