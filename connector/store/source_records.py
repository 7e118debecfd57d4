"""All SQL about what is kept of the source beside the decisions (flows/source_records.py)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Clock
from connector.core.field_watch import GONE, FieldSeen, FieldStanding, gone_finding, is_used
from connector.core.posting import State
from connector.core.source_record import Elsewhere, RowNote, WindowResult
from connector.store import findings
from connector.store.audit import Scope
from connector.store.database import Database
from connector.store.postings import POSTING
from connector.store.sightings import REVERSAL
from connector.store.source_tables import SourceFieldRow, SourceRowRow, SourceWindowRow
from connector.store.upsert import upsert, upsert_all
from connector.store.work_orders import WORK_ORDER, in_scope

ROW = SourceRowRow.__table__  # type: ignore[attr-defined]
WINDOW = SourceWindowRow.__table__  # type: ignore[attr-defined]
FIELD = SourceFieldRow.__table__  # type: ignore[attr-defined]
CHUNK = 1_000
BACK = "the field is on UpKeep's records again"
_LIVE = [state.value for state in State if state is not State.HELD]


class SourceRecordStore:
    """One connection's records about its source; every method is one transaction."""

    def __init__(self, database: Database, *, scope: Scope, clock: Clock, actor: str = "connector") -> None:
        self._database = database
        self._scope = dict(scope)
        self._clock = clock
        self._actor = actor

    # --- rows -------------------------------------------------------------------------------------------------------------------

    def rows(self, source_ids: Sequence[str]) -> dict[str, RowNote]:
        """The rows that were noted of these."""
        query = sa.select(ROW).where(*in_scope(ROW, self._scope), ROW.c.source_id.in_(list(source_ids)))
        with self._database.write() as connection:
            return {row.source_id: RowNote(row.source_id, row.digest, row.shown_cost) for row in connection.execute(query)}

    def note_rows(self, notes: Sequence[RowNote]) -> None:
        """Note rows, each in the place of its last one."""
        if notes:
            rows = [{**self._scope, "source_id": n.source_id, "digest": n.digest, "shown_cost": n.shown_cost} for n in notes]
            with self._database.write() as connection:
                upsert_all(connection, ROW, (*self._scope, "source_id"), rows)

    def completed(self, first: date) -> Iterator[tuple[str, RowNote | None]]:
        """Our work orders completed on that day or later, by source id, each with its noted row."""
        noted = sa.and_(ROW.c.source_id == WORK_ORDER.c.source_id, *in_scope(ROW, self._scope))
        query = (
            sa.select(WORK_ORDER.c.id, WORK_ORDER.c.source_id, ROW.c.digest, ROW.c.shown_cost)
            .outerjoin(ROW, noted)
            .where(*in_scope(WORK_ORDER, self._scope), WORK_ORDER.c.completed_on >= first.isoformat(), WORK_ORDER.c.disposition != "open")
            .order_by(WORK_ORDER.c.id)
        )
        after = 0
        while True:
            with self._database.write() as connection:
                page = connection.execute(query.where(WORK_ORDER.c.id > after).limit(CHUNK)).all()
            if not page:
                return
            for row in page:
                yield row.source_id, RowNote(row.source_id, row.digest, row.shown_cost) if row.digest is not None else None
            after = page[-1].id

    def elsewhere(self, source_ids: Sequence[str]) -> dict[str, Elsewhere]:
        """The same records under other sites of the company; the one with a live document, where there are several."""
        credit = POSTING.alias("credit")
        query = (
            sa.select(
                *(WORK_ORDER.c[name] for name in ("source_id", "site", "number")),
                *(POSTING.c[name] for name in ("marker", "state", "attempted")),
                credit.c.state.label("credit_state"),
            )
            .outerjoin(POSTING, POSTING.c.id == WORK_ORDER.c.posting_id)
            .outerjoin(REVERSAL, REVERSAL.c.reversed_id == POSTING.c.id)
            .outerjoin(credit, credit.c.id == REVERSAL.c.posting_id)
            .where(
                WORK_ORDER.c.source_company == self._scope["source_company"],
                WORK_ORDER.c.site != self._scope["site"],
                WORK_ORDER.c.source_id.in_(list(source_ids)),
            )
            .order_by(WORK_ORDER.c.id)
        )
        found: dict[str, Elsewhere] = {}
        with self._database.write() as connection:
            for row in connection.execute(query):
                is_live = (row.state in _LIVE or bool(row.attempted)) and row.credit_state != State.POSTED.value
                if is_live or row.source_id not in found:
                    found[row.source_id] = Elsewhere(row.source_id, row.site, row.number, row.marker or "", is_live)
        return found

    # --- the window -------------------------------------------------------------------------------------------------------------

    def window(self) -> WindowResult | None:
        """What the last comparison found; None before the first."""
        with self._database.write() as connection:
            row = connection.execute(sa.select(WINDOW).where(*in_scope(WINDOW, self._scope))).first()
        if row is None:
            return None
        counts = {name: getattr(row, name) for name in ("listed", "here", "listed_total", "here_total", "missed", "changed", "gone")}
        return WindowResult(at=row.at, first_day=date.fromisoformat(row.first_day), **counts)

    def keep_window(self, result: WindowResult) -> None:
        """Keep what a comparison found, in the place of the last one."""
        names = ("at", "listed", "here", "listed_total", "here_total", "missed", "changed", "gone")
        values = {name: getattr(result, name) for name in names} | {"first_day": result.first_day.isoformat()}
        with self._database.write() as connection:
            upsert(connection, WINDOW, self._scope, values)

    # --- fields -----------------------------------------------------------------------------------------------------------------

    def note_fields(self, seen: Sequence[FieldSeen], used: Collection[tuple[str, str]]) -> None:
        """Add what a run saw; one of the `used` fields that is gone since opens an alarm, and closes it when it is back."""
        if not seen:
            return
        with self._database.deciding(self._actor, self._clock, self._scope) as (connection, trail):
            before = {(one.kind, one.name): one for one in self._fields(connection)}
            rows = []
            for one in seen:
                was = before.get((one.kind, one.name), FieldStanding(one.kind, one.name, one.is_known))
                now = was.after(one)
                rows.append(self._row(now))
                if now.is_gone and not was.is_gone and is_used(one.kind, one.name, used):
                    findings.add(connection, trail, self._scope, gone_finding(now))
                elif was.is_gone and not now.is_gone:
                    findings.close(connection, trail, self._scope, one.name, BACK, GONE)
            upsert_all(connection, FIELD, (*self._scope, "kind", "name"), rows)

    def _row(self, standing: FieldStanding) -> dict[str, object]:
        names = ("kind", "name", "is_known", "records", "present", "since", "retyped", "types")
        return {**self._scope, **{name: getattr(standing, name) for name in names}}

    def fields(self) -> list[FieldStanding]:
        """Every field that was ever looked for, by kind and name."""
        with self._database.write() as connection:
            return self._fields(connection)

    def _fields(self, connection: Connection) -> list[FieldStanding]:
        query = sa.select(FIELD).where(*in_scope(FIELD, self._scope)).order_by(FIELD.c.kind, FIELD.c.name)
        return [
            FieldStanding(r.kind, r.name, r.is_known, r.records, r.present, r.since, r.retyped, r.types) for r in connection.execute(query)
        ]
