"""Put evidence on posted documents: after the documents, on its own, and never a reason to touch one of them.

The story: what a dead run was sending becomes uncertain; each posted document gets the intents that the configuration asks for; then,
some at a time, ask the documents what is on them already, read or make the bytes, store their checksum, lease, send, record. What fails
waits for a later run, longer each time. core/evidence.py has the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.core.clock import Deadline
from connector.core.disposition import Remembered
from connector.core.evidence import (
    Attached,
    Evidence,
    EvidenceKind,
    EvidenceOutcome,
    EvidenceState,
    Found,
    Piece,
    file_name,
    is_other,
    media_type_of,
    note_text,
    proves_absence,
)
from connector.core.posting import Rejected, Throttled, Uncertain
from connector.core.summary import summary_of
from connector.flows.sending import ROUNDING_SECONDS
from connector.flows.summary_pdf import summary_pdf
from connector.flows.world import World
from connector.ledgers.ledger import LimitReachedError, ServiceUnreachableError
from connector.upkeep.source import FileGoneError, SourceUnreachableError

# So many pieces at most in one run: a backlog must not keep the writer's lock, and the vendor's limits, from the next documents.
PIECES_MAX = 200
# One look covers so many.
LOOK_CHUNK = 40
# So many bad answers in a row end it for this run.
REFUSALS_MAX = 3
# A period that is closed is seldom opened again.
CLOSED_WAIT = timedelta(hours=24)


@dataclass(slots=True)
class AttachedReport:
    """What one run did about evidence."""

    attached: int = 0
    failed: int = 0
    refusals_in_a_row: int = 0

    def count(self, evidence: Evidence) -> None:
        """Count a piece as it was recorded."""
        if evidence.state is EvidenceState.ATTACHED:
            self.attached += 1
            self.refusals_in_a_row = 0
        else:
            self.failed += 1
            self.refusals_in_a_row += 1


class _CannotBeReadError(Exception):
    """The bytes of a piece are not to be had now; nothing of it has left."""


class _IsNoneError(Exception):
    """The piece is none that goes on this document, ever."""


def attach(world: World) -> AttachedReport:
    """Bring evidence as far as it can go in this run. Call it as the ledger company's one writer, when the documents are done."""
    report, wanted = AttachedReport(), world.policy.evidence
    if not wanted.kinds() or not world.policy.posts:
        return report
    world.evidence.expire_leases()
    for kind in wanted.kinds():
        world.evidence.plan(kind, PIECES_MAX)
    if world.store.first_look_not_before(world.policy.settle_seconds) is not None:
        return report  # A new or restored database: what an earlier one sent moments ago may not show yet, and nothing of this hurries.
    after = seen = 0
    while not _is_over(world, report) and seen < PIECES_MAX and (pieces := world.evidence.due(wanted.sent(), LOOK_CHUNK, after)):
        after, seen = pieces[-1].id, seen + len(pieces)
        _serve(world, report, pieces)
        world.progress("attaching", report.attached, None)
    return report


def _is_over(world: World, report: AttachedReport) -> bool:
    return report.refusals_in_a_row >= REFUSALS_MAX or world.stopping()


def _serve(world: World, report: AttachedReport, pieces: Sequence[Evidence]) -> None:
    live = [piece for piece in pieces if _is_for_a_live_document(world, piece)]
    open_ones = _in_open_period(world, report, live)
    for listed in (piece for piece in open_ones if piece.kind is EvidenceKind.FILE_LIST):
        if not _is_over(world, report):
            _list_files(world, report, listed)
    for piece in _look(world, report, [piece for piece in open_ones if piece.kind is not EvidenceKind.FILE_LIST]):
        if _is_over(world, report):
            return
        _send(world, report, piece)


def _is_for_a_live_document(world: World, piece: Evidence) -> bool:
    """A document that a person ended is left alone; that it was ended is a finding of its own."""
    reason = "" if piece.is_document_live else f"its document is {piece.document_state.partition(' ')[0]}"
    if not reason and world.evidence.work_order_of(piece) is None:
        reason = "another document stands for its work order now"
    if reason:
        world.evidence.leave_out(piece, reason, is_told=False)
    return not reason


def _in_open_period(world: World, report: AttachedReport, pieces: Sequence[Evidence]) -> list[Evidence]:
    """Nothing is written into a closed period, a file neither: it waits until the period is opened. What is uncertain is looked for."""
    if not pieces:
        return []
    try:
        last_locked_day = world.ledger.period_lock().last_locked_day
    except LimitReachedError:
        report.refusals_in_a_row = REFUSALS_MAX
        return []
    except ServiceUnreachableError as error:
        _all_failed(world, report, pieces, str(error))
        return []
    closed = {p.id for p in pieces if p.state is EvidenceState.DUE and last_locked_day is not None and p.document_date <= last_locked_day}
    for piece in pieces:
        if piece.id in closed:
            world.evidence.postpone(piece, f"the books are closed through {last_locked_day}", CLOSED_WAIT)
    return [piece for piece in pieces if piece.id not in closed]


def _all_failed(world: World, report: AttachedReport, pieces: Sequence[Evidence], reason: str) -> None:
    for piece in pieces:
        report.count(world.evidence.failed(piece, reason))


# --- what is there already ----------------------------------------------------------------------------------------------------


def _look(world: World, report: AttachedReport, pieces: Sequence[Evidence]) -> list[Evidence]:
    """One look for all: what is there is recorded; what may go now is returned."""
    if not pieces:
        return []
    begun_at = world.clock.now()
    try:
        found = world.ledger.evidence_on(pieces)
    except LimitReachedError:
        report.refusals_in_a_row = REFUSALS_MAX  # Nothing has failed: a later run goes on.
        return []
    except ServiceUnreachableError as error:
        _all_failed(world, report, pieces, f"the ledger could not be asked what is on its document: {error}")
        return []
    absent = []
    for piece in pieces:
        if found[piece.id]:
            _adopt(world, report, piece, found[piece.id])
        elif piece.state is EvidenceState.DUE:
            absent.append(piece)
        else:
            _note_absence(world, piece, begun_at)
    return absent


def _adopt(world: World, report: AttachedReport, piece: Evidence, found: Sequence[Found]) -> None:
    if len(found) > 1:
        world.evidence.note_twice(piece, found)
    if is_other(piece, found[0]):
        world.evidence.leave_out(piece, f"file {found[0].id} has its name, and {found[0].size} bytes instead of {piece.size}")
        return
    report.count(world.evidence.found(piece, found[0]))


def _note_absence(world: World, piece: Evidence, begun_at: datetime) -> None:
    is_proven = proves_absence(piece, begun_at, world.policy.settle_seconds)
    if is_proven is None:
        return
    proven = world.evidence.absent(piece, begun_at, is_proven=is_proven)
    if is_proven and world.ledger.repeats_errors:
        world.evidence.next_key(proven)


# --- the sends ----------------------------------------------------------------------------------------------------------------


def _send(world: World, report: AttachedReport, piece: Evidence) -> None:
    """Make the bytes, store what they are, lease, send, record."""
    try:
        content = _piece_of(world, piece)
    except _IsNoneError as error:
        world.evidence.leave_out(piece, str(error))
        return
    except _CannotBeReadError as error:
        report.count(world.evidence.failed(piece, str(error)))
        return
    # The deadline begins before the lease does, so that it ends before it, wherever the process stands still in between.
    deadline = Deadline(world.clock.monotonic(), world.policy.send_deadline_seconds)
    frozen = world.evidence.freeze(piece, content.checksum, len(content.content))
    leased = world.evidence.lease(frozen, world.policy.lease_seconds)
    if leased is None:
        return
    outcome = _checked(world, leased, world.ledger.send_evidence(leased, content, deadline))
    recorded = world.evidence.record(leased, outcome)
    report.count(recorded)
    if isinstance(outcome, Throttled):
        report.refusals_in_a_row = REFUSALS_MAX  # What is throttled now would only use up what the documents need.
    if isinstance(outcome, Rejected):
        _leave_out_if_it_ended(world, recorded)


def _checked(world: World, piece: Evidence, outcome: EvidenceOutcome) -> EvidenceOutcome:
    """Half a file is none; and the answer to a resend may come from the vendor's memory: it counts after a look alone."""
    if not isinstance(outcome, Attached):
        return outcome
    if is_other(piece, outcome.found):
        return Uncertain(f"the ledger says that it has {outcome.found.size} bytes of {piece.size}")
    is_new = outcome.age_seconds is None or outcome.age_seconds <= world.policy.settle_seconds + ROUNDING_SECONDS
    if piece.attempts <= 1 and is_new:
        return outcome
    try:
        seen = world.ledger.evidence_on([piece])[piece.id]
    except ServiceUnreachableError as error:
        return Uncertain(f"the answer could not be checked: {error}")
    return Attached(seen[0]) if seen else Uncertain("the answer names a file that is not there")


def _leave_out_if_it_ended(world: World, piece: Evidence) -> None:
    """A refusal may be because the document is gone since the ledger's changes were read."""
    known = world.store.posted_with([piece.document_id])
    if not known or piece.state is not EvidenceState.DUE:
        return
    try:
        document = world.ledger.read(known[0].posting)
    except ServiceUnreachableError:
        return
    if document is None or document.status != "live":
        world.evidence.leave_out(piece, "its document is not in the books any more", is_told=False)


# --- the bytes ----------------------------------------------------------------------------------------------------------------


def _piece_of(world: World, piece: Evidence) -> Piece:
    """The bytes of a piece: made again from our records, or read again in UpKeep."""
    if piece.kind is EvidenceKind.ATTACHMENT:
        return _file(world, piece)
    row = _work_order_of(world, piece)
    if piece.kind is EvidenceKind.HISTORY_NOTE:
        return Piece(note_text(piece, row.mapping_digest).encode(), "text/plain")
    return Piece(summary_pdf(summary_of(piece, row, world.ledger.kind)), "application/pdf")


def _file(world: World, piece: Evidence) -> Piece:
    """A file as UpKeep has it now, whole; one that is too large, or of no kind that a ledger takes, is left out."""
    media_type, limit = media_type_of(piece.name), world.ledger.evidence_limits.bytes_max
    if not media_type:
        raise _IsNoneError("the ledger is not known to take files of that kind")
    try:
        content = world.source.file(_work_order_of(world, piece).source_id, piece.source, limit)
    except FileGoneError:
        raise _IsNoneError("it is not on the work order in UpKeep any more") from None
    except SourceUnreachableError as error:
        raise _CannotBeReadError(str(error)) from None
    if content is None:
        raise _IsNoneError(f"it has more than {limit:,} bytes")
    if not content:
        raise _IsNoneError("it is empty")
    return Piece(content, media_type)


def _list_files(world: World, report: AttachedReport, listed: Evidence) -> None:
    """Mean each of the work order's files for its document; as many as a document takes beside the summary."""
    try:
        files = world.source.files(_work_order_of(world, listed).source_id)
    except SourceUnreachableError as error:
        report.count(world.evidence.failed(listed, str(error)))
        return
    taken = world.ledger.evidence_limits.files_max - 1
    planned = [
        replace(listed.planned, kind=EvidenceKind.ATTACHMENT, name=file_name(one.name, one.id, listed.marker), source=one.id)
        for one in files[:taken]
    ]
    too_many = f"a document takes {taken} files beside the summary, and there are {len(files)}" if len(files) > taken else ""
    world.evidence.keep_files(listed, planned, too_many)


def _work_order_of(world: World, piece: Evidence) -> Remembered:
    row = world.evidence.work_order_of(piece)
    assert row is not None  # _is_for_a_live_document has seen it
    return row
