"""All rows of the exports in a database of their own, on disk, gone when it is closed: grouped and ordered without being in memory."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ROWS = "id TEXT, file INTEGER, line INTEGER, nth INTEGER, cells TEXT, fault TEXT, digest BLOB"
_HEADS = "id TEXT PRIMARY KEY, number TEXT, status TEXT, moment INTEGER, file INTEGER, is_torn INTEGER, is_decided INTEGER DEFAULT 0"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: the mapped cells in the order of the heading's keys; `fault` is what is wrong with its length."""

    file: int
    line: int
    cells: tuple[str, ...]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """A work order as the files tell it. `file` is the one that counts; it is torn when two files that count contradict each other."""

    id: str
    number: str
    status: str
    moment: datetime
    file: int
    is_torn: bool = False


class Table:
    """Rows by work order, heads by moment. SQLite keeps a database without a name in a temporary file of its own."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA temp_store = FILE")
        self._db.execute(f"CREATE TABLE row ({_ROWS})")
        self._db.execute(f"CREATE TABLE head ({_HEADS})")
        self._db.execute("CREATE TABLE decided (id TEXT PRIMARY KEY)")
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Give the disk back."""
        self._db.close()

    def add(self, identifier: str, nth: int, row: Row, raw: Sequence[str]) -> None:
        """One row; `raw` are all of its cells, mapped or not, where the order of the rows must be known again."""
        digest = hashlib.sha256(json.dumps(raw).encode()).digest()[:16] if raw else b""
        values = (identifier, row.file, row.line, nth, json.dumps(row.cells, ensure_ascii=True), row.fault, digest)
        self._db.execute("INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)", values)

    def forget(self, file: int) -> None:
        """Take the rows of a file out again."""
        self._db.execute("DELETE FROM row WHERE file = ?", (file,))

    def order_of(self, file: int, rows: int) -> str:
        """The digest of a file's first so many rows, one after the other."""
        digest = hashlib.sha256()
        for (one,) in self._db.execute("SELECT digest FROM row WHERE file = ? AND nth <= ? ORDER BY nth", (file, rows)):
            digest.update(one)
        return digest.hexdigest()

    def index(self) -> None:
        """Once, when all rows are in."""
        self._db.execute("CREATE INDEX by_id ON row (id, file, line)")

    def by_id(self) -> Iterator[tuple[str, Row]]:
        """Every row, those of one work order together, and of each the files one after the other."""
        for identifier, *rest in self._db.execute("SELECT id, file, line, cells, fault FROM row ORDER BY id, file, line"):
            yield identifier, _row(*rest)

    def rows(self, identifier: str, file: int, limit: int) -> list[Row]:
        """The rows of one work order in one file."""
        query = "SELECT file, line, cells, fault FROM row WHERE id = ? AND file = ? ORDER BY line LIMIT ?"
        return [_row(*found) for found in self._db.execute(query, (identifier, file, limit))]

    def put(self, heads: Sequence[Head]) -> None:
        """Heads; a later one of the same id takes the place of the earlier."""
        values = [(h.id, h.number, h.status, (h.moment - _EPOCH) // _MICROSECOND, h.file, h.is_torn) for h in heads]
        insert = "INSERT OR REPLACE INTO head (id, number, status, moment, file, is_torn) VALUES (?, ?, ?, ?, ?, ?)"
        self._db.executemany(insert, values)

    def heads(self) -> Iterator[Head]:
        """Those about which nothing is decided yet, in ascending order of their moment."""
        yield from self._heads("WHERE is_decided = 0 ORDER BY moment, id")

    def decide(self, identifiers: Sequence[str]) -> None:
        """A decision about these is stored; nobody who walks over the heads is disturbed before `leave_out_decided`."""
        self._db.executemany("INSERT OR IGNORE INTO decided VALUES (?)", [(one,) for one in identifiers])

    def leave_out_decided(self) -> None:
        """From now on they are told of no more."""
        self._db.execute("UPDATE head SET is_decided = 1 WHERE id IN (SELECT id FROM decided)")

    def is_done(self, file: int) -> bool:
        """Whether all work orders that a file names are decided, and none of them is torn."""
        query = "SELECT 1 FROM row JOIN head ON head.id = row.id WHERE row.file = ? AND (is_decided = 0 OR is_torn = 1) LIMIT 1"
        return self._db.execute(query, (file,)).fetchone() is None

    def head(self, identifier: str) -> Head | None:
        """The work order of that id."""
        return next(self._heads("WHERE id = ?", identifier), None)

    def numbered(self, number: str) -> Head | None:
        """The work order of that number."""
        return next(self._heads("WHERE number = ? ORDER BY id", number), None)

    def work_orders(self, file: int) -> int:
        """How many work orders a file names."""
        return int(self._db.execute("SELECT count(DISTINCT id) FROM row WHERE file = ?", (file,)).fetchone()[0])

    def _heads(self, where: str, *values: str) -> Iterator[Head]:
        query = f"SELECT id, number, status, moment, file, is_torn FROM head {where}"  # noqa: S608 no word of it is a person's
        for identifier, number, status, moment, file, is_torn in self._db.execute(query, values):
            yield Head(identifier, number, status, _EPOCH + moment * _MICROSECOND, file, bool(is_torn))


def _row(file: int, line: int, cells: str, fault: str) -> Row:
    return Row(file, line, tuple(json.loads(cells)), fault)
