"""Once a night: compare what UpKeep lists as completed within a window of days with our records, and read again what differs.

Increments rely on the moment of change and on a filter. A row whose moment did not move, one that came late with an old moment, and one
that the filter skipped are found here: the window is listed by the day of completion, and each row is compared with what was noted of it
when it was decided. What is here and not listed (reopened, deleted, archived out of the list, moved to another site) is read by its id.
Details are read of what differs only; what is posted is never posted again, a change of it is a finding.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.core.money import ZERO
from connector.core.source_record import RowNote, WindowResult
from connector.flows.chunks import chunked
from connector.flows.intake import HEADS_PER_QUERY, Intake, decide_rows
from connector.flows.reference import ReferenceData
from connector.flows.world import World
from connector.upkeep.source import WindowedSource, WorkOrderHead

log = logging.getLogger("connector.window")

# A night's comparison is due from this hour on, by the connection's own time zone.
DUE_HOUR = 2
# Noted of a work order that is not listed any more when it was read: it is not read again every night.
NOT_LISTED = "not listed"


def window_is_due(world: World) -> bool:
    """Whether this night's comparison is still to be made."""
    if not world.policy.window_days or not isinstance(world.source, WindowedSource):
        return False
    last, zone = world.source_records.window(), ZoneInfo(world.policy.timezone)
    now = world.clock.now().astimezone(zone)
    begins = datetime.combine(now.date(), time(DUE_HOUR), zone)
    if now < begins:
        begins -= timedelta(days=1)
    # Noted in the future: the clock was set back since.
    return last is None or last.at < begins or last.at > now + timedelta(days=1)


@dataclass(slots=True)
class _Compared:
    """The window as it is listed; ids are kept, rows are not."""

    seen: set[str] = field(default_factory=set)
    total: Decimal = ZERO
    missed: int = 0
    changed: int = 0


def compare_window(world: World, reference: ReferenceData, intake: Intake) -> list[str]:
    """Compare, and decide anew about what differs, as part of a sync. What stood in the way, for the report."""
    if not isinstance(world.source, WindowedSource):
        return ["the window was not compared: this source cannot list by the day of completion"]
    now, zone = world.clock.now(), ZoneInfo(world.policy.timezone)
    first_day = max(world.policy.start_date, now.astimezone(zone).date() - timedelta(days=world.policy.window_days))
    begins = datetime.combine(first_day, time(), zone).astimezone(UTC)
    # Before anything is read again, and before rows are noted anew.
    ours = dict(world.source_records.completed(first_day))
    here_total = sum((note.shown_cost for note in ours.values() if note is not None and note.shown_cost is not None), ZERO)
    compared = _Compared()
    for heads in chunked(world.source.completed_since(begins), HEADS_PER_QUERY):
        if world.stopping():
            return []
        _compare(world, reference, intake, heads, compared)
    if ours and not compared.seen:
        return [f"the window was not compared: UpKeep lists nothing completed since {first_day}, and {len(ours)} are known here"]
    gone = _read_unlisted(world, reference, intake, [note or RowNote(identifier, "") for identifier, note in ours.items()], compared)
    if world.stopping():
        return []
    result = WindowResult(
        now, first_day, len(compared.seen), len(ours), compared.total, here_total, compared.missed, compared.changed, gone
    )  # fmt: skip
    world.source_records.keep_window(result)
    if result.differing:
        log.warning("action=window_differed missed=%d changed=%d gone=%d", result.missed, result.changed, result.gone)
    return []


def _compare(world: World, reference: ReferenceData, intake: Intake, heads: Sequence[WorkOrderHead], compared: _Compared) -> None:
    ids = [head.id for head in heads]
    known, noted = world.store.remembered(ids), world.source_records.rows(ids)
    differing: list[WorkOrderHead] = []
    unnoted: list[RowNote] = []
    for head in heads:
        compared.seen.add(head.id)
        compared.total += head.shown_cost or ZERO
        before, note = known.get(head.id), noted.get(head.id)
        if before is None:
            compared.missed += 1
            differing.append(head)
        elif before.updated_at != head.updated_at or (note is not None and note.digest != head.digest):
            compared.changed += 1
            differing.append(head)
        elif note is None:
            # Decided before rows were noted: from now on it can be compared.
            unnoted.append(RowNote(head.id, head.digest, head.shown_cost))
    world.source_records.note_rows(unnoted)
    decide_rows(world, reference, differing, known, intake)


def _read_unlisted(world: World, reference: ReferenceData, intake: Intake, ours: Sequence[RowNote], compared: _Compared) -> int:
    """Read what is here and not listed, each once; how many."""
    wanted = [note for note in ours if note.source_id not in compared.seen and note.digest != NOT_LISTED]
    for notes in chunked(wanted, HEADS_PER_QUERY):
        if world.stopping():
            break
        known = world.store.remembered([note.source_id for note in notes])
        heads = [WorkOrderHead(row.source_id, row.number, "", row.updated_at, digest=NOT_LISTED) for row in known.values()]
        decide_rows(world, reference, heads, known, intake)
    return len(wanted)
