"""The files that a pattern names, each with what tells it from others, and the problems that keep one from being read at all."""

from __future__ import annotations

import glob
import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from connector.core.export import Export, ExportColumns, Word
from connector.core.problem import Problem
from connector.upkeep.csv.detecting import Dialect, delimiter_of, encoding_of
from connector.upkeep.csv.heading import keys_of
from connector.upkeep.csv.rows import Print, print_of

# A file whose last line is not ended may still be written, unless nobody has touched it for so long.
UNTOUCHED_MIN = timedelta(minutes=1)
_WAIT = "Wait until it is whole; it is read at the next sync."


@dataclass(slots=True)
class File:
    """One file: its place among the others, what identifies it, how it is written, and what is wrong with it."""

    number: int
    path: Path
    name: str
    key: str = ""
    print: Print | None = None
    dialect: Dialect | None = None
    problems: list[Problem] = field(default_factory=list)
    rows: int = 0

    def add(self, code: str, message: str, next_step: str, line: int = 0) -> None:
        """Note why it cannot be read, or which of its rows cannot."""
        self.problems.append(Problem(code, f"{self.name}:{line}" if line else self.name, message, next_step))


def survey(export: Export, now: datetime) -> list[File]:
    """Every file that the pattern names, in the order of their names; each is read once for its digest."""
    written = export.folder / export.files
    found = [export.files] if written.is_file() else sorted(glob.glob(export.files, root_dir=export.folder, recursive=True))  # noqa: PTH207 takes absolute ones too
    files = []
    for number, name in enumerate(found):
        path = export.folder / name
        if path.is_file():
            file = File(number, path, path.name if Path(name).is_absolute() else Path(name).as_posix())
            _identify(file, export.columns, now)
            files.append(file)
    return files


def _identify(file: File, columns: ExportColumns, now: datetime) -> None:
    try:
        file.print = print_of(file.path)
        file.key = hashlib.sha256(f"{file.print.digest} {columns.digest}".encode()).hexdigest()
        if not file.print.size:
            file.add("CSV_EMPTY", "There is nothing in it.", "Export it again, or delete it.")
        elif not file.print.ends_with_newline and now - _changed_at(file.print, now) < UNTOUCHED_MIN:
            file.add("CSV_STILL_WRITTEN", "Its last line is not ended, and it was changed just now.", _WAIT)
        else:
            encoding, is_guess = encoding_of(file.path, columns.encoding)
            expected = keys_of(columns).values()
            file.dialect = Dialect(encoding, delimiter_of(file.path, encoding, expected, columns.delimiter), is_guess)
    except UnicodeError as error:
        said = columns.encoding or "the encoding that it begins with"
        file.add("CSV_UNREADABLE", f"It is not written in {said}: {error}.", "Correct `encoding:`, or export it again.")
    except OSError as error:
        file.add("CSV_UNREADABLE", f"It cannot be opened: {error.strerror}.", "Let the connector's user read it.")


def _changed_at(one: Print, now: datetime) -> datetime:
    """Never later than now: the clock of another machine may have written it."""
    return min(now, datetime.fromtimestamp(one.changed_ns // 1_000_000_000, now.tzinfo))


def check_unchanged(file: File) -> None:
    """Whether it is still the file that was looked at."""
    try:
        status = file.path.stat()
    except OSError:
        file.add("CSV_STILL_WRITTEN", "It went away while it was read.", _WAIT)
        return
    if file.print is not None and (status.st_size, status.st_mtime_ns) != (file.print.size, file.print.changed_ns):
        file.add("CSV_STILL_WRITTEN", "It changed while it was read.", _WAIT)


def said_of(file: File, columns: ExportColumns, work_orders: int) -> str:
    """One line for `check`: how the file is written, how much is in it, and what makes the id."""
    ids = f"row of '{columns.series}'" if columns.is_by_row else columns.named.get(Word.ID) or columns.named[Word.NUMBER]
    return f"{file.name}: {file.dialect}; {file.rows} rows, {work_orders} work orders by {ids}"
