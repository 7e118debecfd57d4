"""Tell work orders in UpKeep where their documents are: after the documents, on its own, and never a reason to touch one of them.

The story: what a dead run was sending becomes uncertain; each document that was posted since this was switched on gets the intent of
one message, its text with it; then, some at a time: look where something may be there already, lease, send, record. UpKeep knows no
idempotency key; core/write_back.py has the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from connector.core.clock import Deadline
from connector.core.evidence import EvidenceState, proves_absence
from connector.core.posting import NotSent, Rejected, Throttled, Uncertain
from connector.core.write_back import Message, is_in
from connector.flows.world import World
from connector.flows.write_back_records import MessageRecords, WorkOrderMessages
from connector.upkeep.source import SourceUnreachableError
from connector.upkeep.writing import Done, Gone, Written

# So many messages at most in one run: a backlog must not keep the writer's lock from the next documents.
MESSAGES_MAX = 200
CHUNK = 40
# So many bad answers in a row end it for this run.
FAILURES_MAX = 3
HIDDEN = "UpKeep does not show the messages of a work order"


@dataclass(slots=True)
class ToldReport:
    """What one run told work orders."""

    told: int = 0
    failures_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class _Desk:
    """What telling needs of the world, where it is switched on."""

    world: World
    records: MessageRecords
    upkeep: WorkOrderMessages
    report: ToldReport

    @property
    def is_over(self) -> bool:
        return self.report.failures_in_a_row >= FAILURES_MAX or self.world.stopping()


def begin_telling(world: World) -> None:
    """Note where messages begin, before this run posts anything."""
    if world.policy.write_back and world.messages is not None:
        world.messages.begin()


def tell(world: World) -> ToldReport:
    """Bring the messages as far as they can go in this run. Call it as the ledger company's one writer, when the documents are done."""
    report, records, upkeep = ToldReport(), world.messages, world.upkeep
    if not (world.policy.write_back and world.policy.posts) or records is None or upkeep is None:
        return report
    records.expire_leases()
    records.plan(MESSAGES_MAX)
    if world.store.first_look_not_before(world.policy.settle_seconds) is not None:
        return report  # A new or restored database: what an earlier one sent moments ago may still arrive, and nothing of this hurries.
    desk, after, seen = _Desk(world, records, upkeep, report), 0, 0
    while not desk.is_over and seen < MESSAGES_MAX and (messages := records.due(CHUNK, after)):
        after, seen = messages[-1].id, seen + len(messages)
        for message in messages:
            if desk.is_over:
                break
            _serve(desk, message)
        world.progress("telling", report.told, None)
    return report


def _serve(desk: _Desk, message: Message) -> None:
    if not message.is_document_live:
        desk.records.leave_out(message, f"its document is {message.document_state.partition(' ')[0]}")
        return
    try:
        desk.upkeep.ready()
        if _may_go(desk, message):
            _send(desk, message)
    except SourceUnreachableError as error:
        desk.records.failed(message, str(error))
        desk.report.failures_in_a_row += 1


# --- what is there already ----------------------------------------------------------------------------------------------------


def _may_go(desk: _Desk, message: Message) -> bool:
    """Whether it is certain that the message is not on the work order; what a look finds is recorded."""
    if message.state is EvidenceState.DUE and message.is_sure:
        return True  # Nothing of it ever left, or what left is proven absent.
    begun_at = desk.world.clock.now()
    texts = desk.upkeep.messages(message.source_id)
    if texts is not None and is_in(message, texts):
        desk.records.done(message, "it is on the work order already")
        return False
    is_shown = desk.upkeep.proves_absence(texts)
    if message.state is EvidenceState.UNCERTAIN:
        _note_absence(desk, message, begun_at, is_shown=is_shown)
        return False
    if not is_shown:
        desk.records.leave_out(message, f"an earlier database may have sent it, and {HIDDEN}")
    return is_shown


def _note_absence(desk: _Desk, message: Message, begun_at: datetime, *, is_shown: bool) -> None:
    """Two looks late enough prove it absent; where nothing can, it is given up when it can arrive no more."""
    is_proven = proves_absence(message, begun_at, desk.world.policy.settle_seconds)
    if is_proven is None:
        return
    if not is_shown:
        desk.records.give_up(message, f"the answer was lost, and {HIDDEN}")
    else:
        desk.records.absent(message, begun_at, is_proven=is_proven)


# --- the send -----------------------------------------------------------------------------------------------------------------


def _send(desk: _Desk, message: Message) -> None:
    """Lease, send, record."""
    policy, clock = desk.world.policy, desk.world.clock
    # The deadline begins before the lease does, so that it ends before it, wherever the process stands still in between.
    deadline = Deadline(clock.monotonic(), policy.send_deadline_seconds)
    leased = desk.records.lease(message, policy.lease_seconds)
    if leased is None:
        return
    _record(desk, leased, desk.upkeep.say(leased.source_id, leased.text, deadline.ends))


def _record(desk: _Desk, leased: Message, outcome: Written) -> None:
    records = desk.records
    match outcome:
        case Done():
            records.done(leased, "UpKeep took it")
            desk.report.told += 1
            desk.report.failures_in_a_row = 0
            return
        case Gone():
            # Not written, and never to be: that the work order is gone is told elsewhere.
            records.failed(leased, "the work order is not in UpKeep any more", timedelta(0))
            records.leave_out(records.read(leased), "the work order is not in UpKeep any more")
            return
        case Uncertain(reason=reason):
            records.lost(leased, reason)
        case Throttled(retry_after_seconds=seconds, reason=reason):
            records.failed(leased, reason, timedelta(seconds=seconds))
            desk.report.failures_in_a_row = FAILURES_MAX
        case Rejected(code=code, message=words):
            records.failed(leased, f"{code}: {words}")
        case NotSent(reason=reason):
            records.failed(leased, reason)
        case _:
            assert_never(outcome)
    desk.report.failures_in_a_row += 1
