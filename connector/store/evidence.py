"""All SQL of evidence: what is meant for each posted document, its leases and outcomes. Nothing here touches a posting."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Clock
from connector.core.disposition import Disposition, Finding, Remembered
from connector.core.evidence import (
    OPEN,
    TRIES_TOLD,
    Attached,
    Evidence,
    EvidenceEvent,
    EvidenceKind,
    EvidenceOutcome,
    EvidenceState,
    EvidenceTally,
    Found,
    Planned,
    key_of,
    next_state,
    summary_name,
    wait_after,
)
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind
from connector.core.posting import Rejected, State, Throttled, Uncertain
from connector.store import findings, work_orders
from connector.store.audit import Trail
from connector.store.clock_set_back import LEASE_SECONDS_MAX
from connector.store.database import Database
from connector.store.frozen import read_expectation
from connector.store.leases import WRITER_GONE
from connector.store.postings import IDENTITY, POSTING
from connector.store.sightings import SIGHTING, owned_by
from connector.store.tables import EvidenceRow
from connector.store.work_orders import WORK_ORDER

EVIDENCE = EvidenceRow.__table__  # type: ignore[attr-defined]
# Neither a failure nor a vendor's pause makes a piece wait longer.
_LONGEST = timedelta(hours=26)
NOT_ATTACHED = "EVIDENCE_NOT_ATTACHED"

_JOINED = (
    sa.select(
        EVIDENCE,
        POSTING.c.kind.label("document"),
        POSTING.c.remote_id.label("document_id"),
        POSTING.c.marker,
        POSTING.c.expectation,
        IDENTITY.c.source_company,
        IDENTITY.c.site,
        IDENTITY.c.work_order_number,
        IDENTITY.c.flow,
        IDENTITY.c.revision,
        SIGHTING.c.seen,
    )
    .join(POSTING, POSTING.c.id == EVIDENCE.c.posting_id)
    .join(IDENTITY, IDENTITY.c.posting_id == POSTING.c.id)
    .outerjoin(SIGHTING, SIGHTING.c.posting_id == POSTING.c.id)
)


class EvidenceStore:
    """Our records about the evidence of one connection's documents; every method is one transaction."""

    def __init__(self, database: Database, *, scope: dict[str, str], clock: Clock, actor: str = "connector") -> None:
        self._database = database
        self._scope = scope
        self._clock = clock
        self._actor = actor

    def _deciding(self) -> AbstractContextManager[tuple[Connection, Trail]]:
        return self._database.deciding(self._actor, self._clock, self._scope)

    # --- what is meant ----------------------------------------------------------------------------------------------------------

    def plan(self, kind: EvidenceKind, limit: int) -> int:
        """Store the intent of that piece for posted documents that have none of it; how many, at most `limit`.

        Only the document that stands for its work order now gets any: the summary is made of that work order's record.
        """
        has_one = sa.exists().where(EVIDENCE.c.posting_id == POSTING.c.id, EVIDENCE.c.kind == kind.value)
        missing = (
            sa.select(POSTING.c.id, POSTING.c.remote_id, POSTING.c.marker, IDENTITY)
            .select_from(WORK_ORDER)  # The other way round it would be looked for once for each posting.
            .join(POSTING, POSTING.c.id == WORK_ORDER.c.posting_id)
            .join(IDENTITY, IDENTITY.c.posting_id == POSTING.c.id)
            .where(*work_orders.in_scope(WORK_ORDER, self._scope), WORK_ORDER.c.disposition == Disposition.POSTED.value)
            .where(POSTING.c.state == State.POSTED.value, ~has_one)
            .order_by(POSTING.c.id.desc())  # The newest first: a backlog of old ones must not keep them waiting.
            .distinct()  # UpKeep may list one job twice, under one number and with the same costs: they share their document.
            .limit(limit)
        )
        with self._deciding() as (connection, trail):
            rows = connection.execute(missing).all()
            self._insert(connection, trail, [_planned(row, kind) for row in rows])
        return len(rows)

    def _insert(self, connection: Connection, trail: Trail, planned: Sequence[Planned]) -> None:
        for one in planned:
            key = key_of(one, "", 1)
            row = EvidenceRow(
                ledger_company=one.identity.ledger_company, posting_id=one.posting_id, kind=one.kind.value, source=one.source,
                name=one.name, state=EvidenceState.DUE.value, key=key, made_at=trail.at,
            )  # fmt: skip
            connection.execute(sa.insert(EVIDENCE).values(row.model_dump(exclude={"id"})))

    def keep_files(self, listed: Evidence, planned: Sequence[Planned], too_many: str = "") -> None:
        """The list of a work order's files was read: each is meant for the document from now on; `too_many` says which are not."""
        event = EvidenceEvent.LEFT_OUT if too_many else EvidenceEvent.FOUND
        with self._deciding() as (connection, trail):
            if self._moved(connection, trail, listed, event, {"problem": too_many, "tries": 0}, too_many or f"{len(planned)} files"):
                self._insert(connection, trail, planned)
                if too_many:
                    self._tell(connection, trail, listed, too_many)
                else:
                    self._close_finding(connection, trail, listed)

    def due(self, kinds: Collection[EvidenceKind], limit: int, after: int = 0) -> list[Evidence]:
        """Pieces of these kinds that may go now, and uncertain ones of any kind, by id."""
        may_go = sa.and_(EVIDENCE.c.state == EvidenceState.DUE.value, EVIDENCE.c.kind.in_([kind.value for kind in kinds]))
        with self._database.write() as connection:
            is_due = sa.or_(EVIDENCE.c.not_before.is_(None), EVIDENCE.c.not_before <= self._clock.now())
            states = sa.or_(may_go, EVIDENCE.c.state == EvidenceState.UNCERTAIN.value)
            query = _JOINED.where(*owned_by(self._scope), states, is_due, EVIDENCE.c.id > after)
            return [_evidence_of(row) for row in connection.execute(query.order_by(EVIDENCE.c.id).limit(limit))]

    def of(self, number: str) -> list[Evidence]:
        """Everything that is meant for the documents of one work order."""
        with self._database.write() as connection:
            query = _JOINED.where(*owned_by(self._scope), IDENTITY.c.work_order_number == number).order_by(EVIDENCE.c.id)
            return [_evidence_of(row) for row in connection.execute(query)]

    def tally(self) -> EvidenceTally:
        """How the connection's evidence stands."""
        with self._database.write() as connection:
            counted = _JOINED.where(*owned_by(self._scope)).with_only_columns(EVIDENCE.c.state, sa.func.count(), maintain_column_froms=True)
            counts = {EvidenceState(row[0]): int(row[1]) for row in connection.execute(counted.group_by(EVIDENCE.c.state))}
            failing = _JOINED.where(*owned_by(self._scope), EVIDENCE.c.state.in_([state.value for state in OPEN]), EVIDENCE.c.tries > 0)
            return EvidenceTally(counts, tuple(_evidence_of(row) for row in connection.execute(failing.order_by(EVIDENCE.c.id).limit(20))))

    def work_order_of(self, evidence: Evidence) -> Remembered | None:
        """The work order whose document this is; None when another document stands for it now."""
        with self._database.write() as connection:
            return work_orders.of_posting(connection, self._scope, evidence.work_order_number, evidence.posting_id)

    # --- its life ---------------------------------------------------------------------------------------------------------------

    def freeze(self, evidence: Evidence, checksum: str, size: int) -> Evidence:
        """Store what is about to leave: other bytes than before have another key, because a vendor remembers the old one with the old."""
        return self._with_key(evidence, checksum, evidence.generation, {"checksum": checksum, "size": size})

    def next_key(self, evidence: Evidence) -> Evidence:
        """A next generation of the key, where the vendor would repeat its error under the old one."""
        return self._with_key(evidence, evidence.checksum, evidence.generation + 1, {})

    def _with_key(self, evidence: Evidence, checksum: str, generation: int, values: dict[str, Any]) -> Evidence:
        key = key_of(evidence.planned, checksum, generation)
        with self._deciding() as (connection, _):
            _change(connection, evidence, {**values, "generation": generation, "key": key})
            return _read(connection, evidence.id)

    def lease(self, evidence: Evidence, seconds: float) -> Evidence | None:
        """Take the right to send until then, with a new fencing token; None when somebody else has it."""
        with self._deciding() as (connection, trail):
            until = self._database.host_now(connection) + timedelta(seconds=seconds)
            values = {"token": evidence.token + 1, "attempts": evidence.attempts + 1, "lease_until": until, "not_before": None}
            reason = f"{evidence.name}, bytes with the SHA-256 {evidence.checksum}"
            taken = self._moved(connection, trail, evidence, EvidenceEvent.LEASED, values, reason)
            return _read(connection, evidence.id) if taken else None

    def record(self, evidence: Evidence, outcome: EvidenceOutcome) -> Evidence:
        """Store the outcome of a send under its fencing token."""
        if isinstance(outcome, Attached):
            return self.found(evidence, outcome.found)
        if isinstance(outcome, Uncertain):
            with self._deciding() as (connection, trail):
                self._lost(connection, trail, evidence, trail.at, outcome.reason)
                return _read(connection, evidence.id)
        if isinstance(outcome, Throttled):
            return self.failed(evidence, outcome.reason, timedelta(seconds=outcome.retry_after_seconds))
        return self.failed(evidence, f"{outcome.code}: {outcome.message}" if isinstance(outcome, Rejected) else outcome.reason)

    def found(self, evidence: Evidence, found: Found) -> Evidence:
        """It is on the document."""
        event = EvidenceEvent.ATTACHED if evidence.state is EvidenceState.SENDING else EvidenceEvent.FOUND
        values = {"remote_id": found.id, "problem": "", "tries": 0, "lease_until": None, "not_before": None}
        with self._deciding() as (connection, trail):
            told = f"{evidence.name}, ledger id {found.id}, SHA-256 {evidence.checksum or 'not known here: an earlier database sent it'}"
            if self._moved(connection, trail, evidence, event, values, told):
                self._close_finding(connection, trail, evidence)
            return _read(connection, evidence.id)

    def absent(self, evidence: Evidence, begun_at: datetime, *, is_proven: bool) -> Evidence:
        """An uncertain piece was looked for and is not there: the first of two looks, or the one that proves it."""
        with self._deciding() as (connection, trail):
            if is_proven:
                later = trail.at + wait_after(evidence.tries)
                values = {"uncertain_since": None, "absent_since": None, "not_before": later}
                reason = f"a first look found nothing at {evidence.absent_since}, a later one neither"
                self._moved(connection, trail, evidence, EvidenceEvent.PROVEN_ABSENT, values, reason)
            else:
                _change(connection, evidence, {"absent_since": begun_at})
            return _read(connection, evidence.id)

    def failed(self, evidence: Evidence, reason: str, throttled: timedelta | None = None) -> Evidence:
        """It could not be sent, or not be looked for: it waits, longer each time, and after some tries a person is told.

        What was throttled for so long has not failed: the vendor took nothing just then.
        """
        tries = evidence.tries + (throttled is None)
        with self._deciding() as (connection, trail):
            later = trail.at + (wait_after(tries) if throttled is None else throttled)
            values = {"tries": tries, "problem": reason[:500], "not_before": later, "lease_until": None}
            if self._moved(connection, trail, evidence, EvidenceEvent.FAILED, values, reason) and evidence.tries < tries == TRIES_TOLD:
                self._tell(connection, trail, evidence, reason)
            return _read(connection, evidence.id)

    def postpone(self, evidence: Evidence, reason: str, wait: timedelta) -> None:
        """Nothing is wrong with it, but it may not go now."""
        with self._deciding() as (connection, trail):
            _change(connection, evidence, {"problem": reason[:500], "not_before": trail.at + wait})

    def leave_out(self, evidence: Evidence, reason: str, *, is_told: bool = True) -> Evidence:
        """It will not be sent; a person is told, unless the document itself has ended, which is told elsewhere."""
        with self._deciding() as (connection, trail):
            values = {"problem": reason[:500], "lease_until": None, "not_before": None}
            if self._moved(connection, trail, evidence, EvidenceEvent.LEFT_OUT, values, reason) and is_told:
                self._tell(connection, trail, evidence, reason)
            return _read(connection, evidence.id)

    def note_twice(self, evidence: Evidence, found: Sequence[Found]) -> None:
        """The document has it more than once: told, and nothing is removed."""
        ids = ", ".join(one.id for one in found)
        words = f"Document {evidence.document_id} of work order {evidence.work_order_number} has {evidence.name} {len(found)} times: {ids}."
        step = "Remove all but one in the ledger; the document itself is as it should be."
        with self._deciding() as (connection, trail):
            finding = Finding("EVIDENCE_TWICE", evidence.work_order_number, evidence.marker, words, step)
            findings.add(connection, trail, self._scope, finding)

    def expire_leases(self) -> int:
        """What a dead writer was sending may have arrived: it is uncertain from now on. Call it as the company's one writer."""
        with self._deciding() as (connection, trail):
            host_now = None if self._database.locks.prove_death else self._database.host_now(connection)
            query = _JOINED.where(*owned_by(self._scope), EVIDENCE.c.state == EvidenceState.SENDING.value)
            rows = connection.execute(query).all()
            for row in rows:
                left = max(row.lease_until - host_now, timedelta(0)) if host_now is not None and row.lease_until else timedelta(0)
                # A higher token shuts out the writer that had the lease.
                self._lost(connection, trail, _evidence_of(row), trail.at + left, WRITER_GONE, token=row.token + 1)
            self._forget_times_to_come(connection, trail.at, timedelta(0) if host_now is None else timedelta(seconds=LEASE_SECONDS_MAX))
            return len(rows)

    def _forget_times_to_come(self, connection: Connection, now: datetime, ahead: timedelta) -> None:
        """What waits for a time of before a clock was set back waits from now on instead: longer than needed, and never shorter."""
        ours = EVIDENCE.c.ledger_company == self._scope["ledger_company"]
        to_come = (("uncertain_since", now + ahead, now + ahead), ("absent_since", now, None), ("not_before", now + _LONGEST, now))
        for name, latest, instead in to_come:
            connection.execute(sa.update(EVIDENCE).where(ours, EVIDENCE.c[name] > latest).values({name: instead}))

    # --- steps and doubts -------------------------------------------------------------------------------------------------------

    def _moved(
        self, connection: Connection, trail: Trail, evidence: Evidence, event: EvidenceEvent, values: dict[str, Any], reason: str
    ) -> bool:
        """Compare and set: false when somebody moved the piece since it was read, and nothing is changed."""
        state = next_state(evidence.state, event)
        if not _change(connection, evidence, {**values, "state": state.value}):
            return False
        who, token = evidence.identity, values.get("token", evidence.token)
        trail.note(
            f"evidence_{event}", source_company=who.source_company, site=who.site, work_order=evidence.work_order_number,
            marker=evidence.marker, token=token, before=evidence.state.value, after=state.value, reason=f"{evidence.kind}: {reason}",
        )  # fmt: skip
        return True

    def _lost(
        self, connection: Connection, trail: Trail, evidence: Evidence, since: datetime, reason: str, *, token: int | None = None
    ) -> None:
        """It may have arrived. It counts as a failure too: what is lost again and again is told."""
        values: dict[str, Any] = {"uncertain_since": since, "absent_since": None, "lease_until": None, "problem": reason[:500]}
        values |= {"tries": evidence.tries + 1, "token": evidence.token if token is None else token}
        if self._moved(connection, trail, evidence, EvidenceEvent.LOST_ANSWER, values, reason) and evidence.tries + 1 == TRIES_TOLD:
            self._tell(connection, trail, evidence, reason)

    def _tell(self, connection: Connection, trail: Trail, evidence: Evidence, reason: str) -> None:
        what = evidence.name or f"the {evidence.kind.replace('_', ' ')}"
        words = f"Work order {evidence.work_order_number} is in the books as it should be, but {what} is not on its document: {reason}."
        step = f"Put it there by hand if you need it; then run `connector held release {evidence.work_order_number}`, which closes this."
        finding = Finding("EVIDENCE_NOT_ATTACHED", evidence.work_order_number, evidence.marker, words.replace("..", "."), step)
        findings.add(connection, trail, self._scope, finding)

    def _close_finding(self, connection: Connection, trail: Trail, evidence: Evidence) -> None:
        """Only what was the last piece of its work order in trouble closes the doubt about it."""
        if not evidence.tries:
            return
        in_trouble = sa.or_(EVIDENCE.c.tries >= TRIES_TOLD, EVIDENCE.c.state == EvidenceState.LEFT_OUT.value)
        others = sa.select(EVIDENCE.c.id).where(EVIDENCE.c.posting_id == evidence.posting_id, EVIDENCE.c.id != evidence.id, in_trouble)
        if connection.execute(others.limit(1)).first() is None:
            findings.close(connection, trail, self._scope, evidence.work_order_number, "it is on the document now", NOT_ATTACHED)


def _planned(row: Any, kind: EvidenceKind) -> Planned:
    identity = Identity(row.ledger_company, row.source_company, row.site, row.work_order_number, row.flow, row.revision)
    return Planned(row.id, row.remote_id, identity, kind, summary_name(row.marker) if kind is EvidenceKind.SUMMARY else "")


def _change(connection: Connection, evidence: Evidence, values: dict[str, Any]) -> bool:
    same = {"id": evidence.id, "token": evidence.token, "state": evidence.state.value, "generation": evidence.generation}
    as_read = [EVIDENCE.c[name] == value for name, value in same.items()]
    return connection.execute(sa.update(EVIDENCE).where(*as_read).values(values)).rowcount == 1


def _read(connection: Connection, evidence_id: int) -> Evidence:
    return _evidence_of(connection.execute(_JOINED.where(EVIDENCE.c.id == evidence_id)).one())


_COPIED = (
    "id", "posting_id", "document_id", "marker", "work_order_number", "made_at", "source", "name", "checksum", "size", "generation", "key",
    "token", "attempts", "tries", "uncertain_since", "absent_since", "remote_id", "problem",
)  # fmt: skip


def _evidence_of(row: Any) -> Evidence:
    return Evidence(
        **{name: getattr(row, name) for name in _COPIED},
        kind=EvidenceKind(row.kind),
        document=DocumentKind(row.document),
        document_date=read_expectation(row.expectation).date,
        identity=Identity(row.ledger_company, row.source_company, row.site, row.work_order_number, row.flow, row.revision),
        state=EvidenceState(row.state),
        document_state=row.seen or "",
    )
