"""What UpKeep's own messages name is read now, and not only by the next sync. It decides as the intake does, and moves no cursor.

A message may be late, doubled, lost or invented, so it decides nothing but when to read. What was read is forgotten only after the
decision is stored, so that a process that dies in between reads again. A work order that is not there any more is what the intake
finds then: a doubt about a posted document, and an intent that is never sent.
"""

from __future__ import annotations

from contextlib import suppress

from connector.core.disposition import Disposition, Remembered
from connector.core.source_hint import SourceHint
from connector.flows.intake import Intake, decide_read
from connector.flows.reference import ReferenceData, doubt
from connector.flows.sending import Sent, send_due
from connector.flows.world import World
from connector.flows.write_back import begin_telling
from connector.upkeep.source import SourceUnreachableError, UnreadableAnswerError, WorkOrderHead, WorkOrderRead

# So many are read by their ids at a time: anybody may have named them.
READ_MAX = 20


def heed_source(world: World, reference: ReferenceData) -> int:
    """Read what is named, and decide about it; how many are to be posted now. Raises SourceUnreachableError when UpKeep is away."""
    if not world.policy.hears or world.source_hints is None:
        return 0
    hints, intake = world.source_hints.waiting(READ_MAX), Intake()
    remembered = world.store.remembered([hint.source_id for hint in hints]) if hints else {}
    for hint in hints:
        if world.stopping():
            break
        with suppress(UnreadableAnswerError):  # The intake holds what cannot be read; a message alone is no reason to.
            _take(world, reference, remembered.get(hint.source_id), _read(world, hint, remembered), intake)
        world.source_hints.drop(hint)
    return intake.counts.get(Disposition.QUEUED, 0)


def _read(world: World, hint: SourceHint, remembered: dict[str, Remembered]) -> WorkOrderRead | None:
    """The work order as it is now; None where neither UpKeep nor our records know such a one."""
    assert world.looks is not None
    read, before = world.looks.look(hint.source_id), remembered.get(hint.source_id)
    if read is None and before is not None:
        return WorkOrderRead(WorkOrderHead(before.source_id, before.number, "", before.updated_at), None)
    return read


def _take(world: World, reference: ReferenceData, before: Remembered | None, read: WorkOrderRead | None, intake: Intake) -> None:
    """Store what became of it, unless it is unknown, or decided about already."""
    is_decided = before is not None and read is not None and read.work_order is not None and before.updated_at == read.head.updated_at
    if read is not None and not is_decided:
        decide_read(world, reference, read, before, intake)


def heed_source_early(world: World) -> list[str]:
    """Between two scheduled runs, as the ledger company's only writer: read what is named, post what is ready. What stood in the way."""
    with world.store.writer():
        begin_telling(world)
        try:
            queued = heed_source(world, ReferenceData(world))
        except SourceUnreachableError as error:
            return [f"a work order that UpKeep named was not read: {error}"]
        sent = Sent(stopped=[])
        if queued:
            try:
                send_due(world, sent)
            finally:
                if sent.refused:
                    doubt(world)
    return sent.stopped
