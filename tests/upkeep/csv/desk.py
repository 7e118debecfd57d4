"""A folder with exports, the columns as a person wrote them, and notes in memory: everything that the source touches, but no flow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connector.config.export_columns import read_export
from connector.config.reading import Reader
from connector.config.yaml_nodes import read_yaml
from connector.core.export import Export, ExportFile
from connector.core.problem import Problem
from connector.core.work_order import WorkOrder
from connector.upkeep.csv.source import CsvSource
from connector.upkeep.source import WorkOrderHead, WorkOrderRead
from tests.ledgers.rig import TestClock

COLUMNS = """\
columns: {id: ID, number: No, title: Title, completed: Done, labor_hours: Hours, worker: Who, part_number: Part, quantity: Qty,
          unit_cost: Price, additional_cost: Cost}
"""
HEADER = "ID,No,Title,Done,Hours,Who,Part,Qty,Price,Cost\n"
ROW = "w1,150,Leaking pump,2026-02-20T17:00:00Z,,,,,,100.00\n"


def export(folder: Path, text: str = COLUMNS, files: str = "inbox/*.csv") -> tuple[Export | None, list[Problem]]:
    """The exports as config.yaml would name them; the columns in a file of their own."""
    (folder / "columns.yaml").write_text(text, "utf-8")
    (folder / "source.yaml").write_text(f"kind: csv\nfiles: '{files}'\ncolumns: columns.yaml\n", "utf-8")
    root, _, problems = read_yaml(folder / "source.yaml")
    assert root is not None, problems
    reader = Reader("CONFIG", {})
    return read_export(reader, reader.table(root), root, folder, "America/Chicago"), reader.problems


@dataclass
class Notes:
    """Notes as the records keep them; `decided` is what a flow has stored."""

    kept: dict[str, ExportFile] = field(default_factory=dict)
    decided: dict[str, datetime] = field(default_factory=dict)

    def noted(self, keys: Collection[str]) -> Mapping[str, ExportFile]:
        return {key: self.kept[key] for key in keys if key in self.kept}

    def note(self, files: Collection[ExportFile]) -> None:
        self.kept |= {file.key: file for file in files}

    def longest(self, series: str) -> ExportFile | None:
        return max((f for f in self.kept.values() if f.series == series), key=lambda f: f.rows, default=None)

    def has_whole(self, columns: str) -> bool:
        return any(file.is_whole and file.columns == columns for file in self.kept.values())

    def moments(self, source_ids: Collection[str]) -> Mapping[str, datetime]:
        return {one: self.decided[one] for one in source_ids if one in self.decided}


class Desk:
    """One connection's inbox, and what a sync would do with it."""

    def __init__(self, folder: Path, columns: str = COLUMNS, files: str = "inbox/*.csv") -> None:
        self.folder, self.notes, self.clock = folder, Notes(), TestClock()
        (folder / "inbox").mkdir()
        self.map(columns, files)

    def map(self, columns: str, files: str = "inbox/*.csv") -> None:
        found, problems = export(self.folder, columns, files)
        assert found is not None, problems
        self.export = found
        self.source = CsvSource(found, site="", currency="USD", clock=self.clock, notes=self.notes)

    def put(self, text: str | bytes, name: str = "a.csv") -> Path:
        path = self.folder / "inbox" / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def sync(self, limit: int | None = None) -> dict[str, WorkOrderRead]:
        """Read and decide what is new, as the intake does; `limit` is after how many a kill comes."""
        since = datetime(2026, 1, 1, tzinfo=UTC) if self.notes.decided else None
        found = {}
        for head in self.source.changed_since(since):
            if limit is not None and len(found) >= limit:
                break
            if self.notes.decided.get(head.id) == head.updated_at:
                continue
            found[head.id] = self.source.read(head)
            self.notes.decided[head.id] = found[head.id].head.updated_at
        return found

    def heads(self) -> list[WorkOrderHead]:
        return list(self.source.changed_since(None))

    def one(self) -> WorkOrderRead:
        """The only work order there is."""
        (found,) = self.sync().values()
        return found

    def work_order(self) -> WorkOrder:
        """The same, read without a problem."""
        read = self.one()
        assert read.problems == ()
        assert read.work_order is not None
        return read.work_order

    def whole(self) -> set[str]:
        return {file.name for file in self.notes.kept.values() if file.is_whole}


def codes(read: WorkOrderRead) -> list[str]:
    """The code and the place of each problem."""
    return [f"{problem.code} {problem.place}" for problem in read.problems]
