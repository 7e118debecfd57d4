"""The rows of a file one after the other, each with the line it begins on; never the whole file in memory."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connector.upkeep.csv.detecting import CHUNK_BYTES, Dialect, is_preface

# A description may be long; a cell that is longer is a quote that was opened and never closed.
CELL_LENGTH_MAX = 1_000_000
CELLS_MAX = 2_000


class BrokenFileError(Exception):
    """The file cannot be read as rows from that line on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Print:
    """What tells one file from another, and from itself when it was changed meanwhile: digest of the bytes, size, time of change."""

    digest: str
    size: int
    changed_ns: int
    ends_with_newline: bool


def print_of(path: Path) -> Print:
    """Read the file's bytes once; raises OSError."""
    digest, last, size = hashlib.sha256(), b"", 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size, last = size + len(chunk), (last + chunk)[-4:]
    # In UTF-16 a zero byte follows, or a whole end of line does.
    is_ended = last.rstrip(b"\0").endswith((b"\n", b"\r"))
    return Print(digest.hexdigest(), size, path.stat().st_mtime_ns, is_ended)


def rows_of(path: Path, dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Line and cells of each row, the header first; rows without any text are left out. Raises BrokenFileError."""
    csv.field_size_limit(CELL_LENGTH_MAX)
    began, is_first = 1, True
    # What a guessed encoding does not know becomes a sign that says so.
    with path.open(encoding=dialect.encoding, errors="replace", newline="") as file:
        reader = csv.reader(file, delimiter=dialect.delimiter, strict=True)
        while True:
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise BrokenFileError(began, f"{error}") from None
            if cells is None:
                return
            if len(cells) > CELLS_MAX:
                raise BrokenFileError(began, f"{len(cells)} columns")
            if any(cell.strip() for cell in cells) and not (is_first and is_preface(cells)):
                yield began, cells
            is_first, began = False, reader.line_num + 1
