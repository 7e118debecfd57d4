"""All SQL about the exports that were read: which of them are done, and up to which state of a work order a decision is stored."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from connector.core.export import ExportFile
from connector.store.audit import Scope
from connector.store.database import Database
from connector.store.source_tables import ExportFileRow
from connector.store.upsert import upsert
from connector.store.work_orders import WORK_ORDER, in_scope

EXPORT_FILE = ExportFileRow.__table__  # type: ignore[attr-defined]
KEYS_PER_QUERY = 200


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """The exports of one connection (upkeep/csv/notes.py, FileNotes)."""

    database: Database
    scope: Scope

    def noted(self, keys: Collection[str]) -> dict[str, ExportFile]:
        """What is remembered of these files, by key."""
        wanted, found = list(keys), {}
        with self.database.write() as connection:
            for at in range(0, len(wanted), KEYS_PER_QUERY):
                query = self._mine().where(EXPORT_FILE.c.key.in_(wanted[at : at + KEYS_PER_QUERY]))
                found.update({row.key: _file(row) for row in connection.execute(query)})
        return found

    def note(self, files: Collection[ExportFile]) -> None:
        """Remember files, or what is new of them."""
        if not files:
            return
        with self.database.write() as connection:
            for file in files:
                values = asdict(file)
                upsert(connection, EXPORT_FILE, {**self.scope, "key": values.pop("key")}, values)

    def longest(self, series: str) -> ExportFile | None:
        """Of the exports of that name, the one with the most rows; the one seen first, if several have as many."""
        query = self._mine().where(EXPORT_FILE.c.series == series).order_by(EXPORT_FILE.c.rows.desc(), EXPORT_FILE.c.noted_at).limit(1)
        with self.database.write() as connection:
            row = connection.execute(query).first()
        return _file(row) if row is not None else None

    def has_whole(self, columns: str) -> bool:
        """Whether a file was read whole with these columns."""
        query = self._mine().where(EXPORT_FILE.c.columns == columns, EXPORT_FILE.c.is_whole.is_(True)).limit(1)
        with self.database.write() as connection:
            return connection.execute(query).first() is not None

    def moments(self, source_ids: Collection[str]) -> dict[str, datetime]:
        """The moment of change of the decided state of these work orders."""
        columns = (WORK_ORDER.c.source_id, WORK_ORDER.c.updated_at)
        query = sa.select(*columns).where(*in_scope(WORK_ORDER, self.scope), WORK_ORDER.c.source_id.in_(list(source_ids)))
        with self.database.write() as connection:
            return {row.source_id: row.updated_at for row in connection.execute(query)}

    def _mine(self) -> sa.Select[Any]:
        return sa.select(EXPORT_FILE).where(*in_scope(EXPORT_FILE, self.scope))


def _file(row: Any) -> ExportFile:
    return ExportFile(row.key, row.name, row.columns, row.series, row.rows, row.order, row.is_whole, row.noted_at)
