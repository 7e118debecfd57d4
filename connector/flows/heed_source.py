"""What UpKeep's own messages name is read now, and not only by the next sync. It decides as the intake does, and moves no cursor.

A message may be late, doubled, lost or invented, so it decides nothing but when to read. What was read is forgotten only after the
decision is stored, so that a process that dies in between reads again. A work order that is not there any more is what the intake
finds then: a doubt about a posted document, and an intent that is never sent.
"""

from __future__ import annotations

from contextlib import suppress

from connector.core.disposition import Disposition, Remembered
from connector.core.source_hint import SourceHint
from connector.flows.intake import change_after_posting, is_settled
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
    hints, queued = world.source_hints.waiting(READ_MAX), 0
    remembered = world.store.remembered([hint.source_id for hint in hints]) if hints else {}
    for hint in hints:
        if world.stopping():
            break
        with suppress(UnreadableAnswerError):  # The intake holds what cannot be read; a message alone is no reason to.
            queued += _take(world, reference, remembered.get(hint.source_id), _read(world, hint, remembered))
        world.source_hints.drop(hint)
    return queued


def _read(world: World, hint: SourceHint, remembered: dict[str, Remembered]) -> WorkOrderRead | None:
    """The work order as it is now; None where neither UpKeep nor our records know such a one."""
    assert world.looks is not None
    read, before = world.looks.look(hint.source_id), remembered.get(hint.source_id)
    if read is None and before is not None:
        return WorkOrderRead(WorkOrderHead(before.source_id, before.number, "", before.updated_at), None)
    return read


def _take(world: World, reference: ReferenceData, before: Remembered | None, read: WorkOrderRead | None) -> bool:
    """Store what became of it; whether it is to be posted."""
    if read is None or (before is not None and read.work_order is not None and before.updated_at == read.head.updated_at):
        return False  # Unknown, or decided about already.
    decision = reference.decide(read)
    if before is None or not is_settled(before):
        world.store.decide([decision], None)
        return decision.disposition is Disposition.QUEUED
    finding = change_after_posting(before, decision, gone=read.work_order is None and not read.problems)
    world.store.mark_seen([(read.head.id, read.head.updated_at)], None)
    world.store.add_findings([finding] if finding else [])
    return False


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
