"""All SQL of the outbox: postings and their sends. Every write after a lease carries the fencing token in its WHERE."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.disposition import Intent
from connector.core.identity import Identity, fingerprint
from connector.core.mapping import DocumentKind
from connector.core.matching import Match
from connector.core.posting import (
    Event,
    Outcome,
    Phase,
    Posted,
    Posting,
    Rejected,
    State,
    Throttled,
    Uncertain,
    WriteRequest,
    event_of,
    next_state,
)
from connector.store.audit import Scope, Trail
from connector.store.frozen import expectation_text, read_expectation
from connector.store.tables import PostingIdentityRow, PostingRow, SendRow

POSTING = PostingRow.__table__  # type: ignore[attr-defined]
SEND = SendRow.__table__  # type: ignore[attr-defined]
IDENTITY = PostingIdentityRow.__table__  # type: ignore[attr-defined]

JOINED = (
    sa.select(
        POSTING,
        SEND.c.method,
        SEND.c.url,
        SEND.c.headers,
        SEND.c.body,
        SEND.c.key,
        IDENTITY.c.source_company,
        IDENTITY.c.site,
        IDENTITY.c.work_order_number,
        IDENTITY.c.flow,
        IDENTITY.c.revision,
    )
    .join(SEND, SEND.c.id == POSTING.c.send_id)
    .join(IDENTITY, IDENTITY.c.posting_id == POSTING.c.id)
)
_BY_ID = JOINED.where(POSTING.c.id == sa.bindparam("posting"))
# What must still be as it was read, for a change to count.
_READ = ("id", "token", "state", "phase", "generation")
_CHANGE = sa.update(POSTING).where(*(POSTING.c[name] == sa.bindparam(f"read_{name}") for name in _READ))


def posting_of(row: Any) -> Posting:
    """A stored posting as a value."""
    identity = Identity(row.ledger_company, row.source_company, row.site, row.work_order_number, row.flow, row.revision)
    headers = tuple((name, value) for name, value in json.loads(row.headers))
    return Posting(
        id=row.id,
        marker=row.marker,
        kind=DocumentKind(row.kind),
        work_order_number=row.work_order_number,
        state=State(row.state),
        expectation=read_expectation(row.expectation),
        attempted=row.attempted,
        generation=row.generation,
        phase=Phase(row.phase),
        remote_id=row.remote_id,
        token=row.token,
        attempts=row.attempts,
        looked=row.looked,
        uncertain_since=row.uncertain_since,
        absent_since=row.absent_since,
        refused=row.refused,
        identity=identity,
        narration=row.narration,
        key=row.key,
        request=WriteRequest(row.method, row.url, row.body, headers),
    )


def read(connection: Connection, posting_id: int) -> Posting:
    """One posting by our own id."""
    return posting_of(connection.execute(_BY_ID, {"posting": posting_id}).one())


def _read_alone(connection: Connection, posting_id: int) -> Posting:
    """One posting that nobody moves until the transaction ends."""
    return posting_of(connection.execute(_BY_ID.with_for_update(of=POSTING), {"posting": posting_id}).one())


def read_some(
    connection: Connection, ledger_company: str, states: Iterable[State], *, now: datetime | None, limit: int, after: int
) -> list[Posting]:
    """Postings in these states by id; with `now`, those that wait for a throttle to end are left out."""
    query = _some(tuple(state.value for state in states), is_due=now is not None)
    which = {"company": ledger_company, "after": after, "now": now, "limit": limit}
    return [posting_of(row) for row in connection.execute(query, which)]


@cache
def _some(states: tuple[str, ...], *, is_due: bool) -> sa.Select[Any]:
    """Built once for each question: every run asks the same few many times."""
    query = JOINED.where(POSTING.c.ledger_company == sa.bindparam("company"), POSTING.c.id > sa.bindparam("after"))
    if states:
        query = query.where(POSTING.c.state.in_(states))
    if is_due:
        query = query.where(sa.or_(POSTING.c.not_before.is_(None), POSTING.c.not_before <= sa.bindparam("now")))
    return query.order_by(POSTING.c.id).limit(sa.bindparam("limit", type_=sa.Integer))


def called(connection: Connection, scope: Scope, word: str) -> list[Posting]:
    """The postings of one connection whose document has that number (capitals do not count) or that id in the ledger, by id."""
    which = sa.or_(POSTING.c.marker == word.upper(), POSTING.c.remote_id.in_([word, word.lower()]))
    query = JOINED.where(POSTING.c.ledger_company == scope["ledger_company"], which)
    query = query.where(*(IDENTITY.c[name] == scope[name] for name in ("source_company", "site")))
    return [posting_of(row) for row in connection.execute(query.order_by(POSTING.c.id))]


# Built once: these run for every document, and a statement takes longer to build than to run.
_INSERT_POSTING, _INSERT_IDENTITY = sa.insert(POSTING).returning(POSTING.c.id), sa.insert(IDENTITY)
_INSERT_SEND = sa.insert(SEND).returning(SEND.c.id)
_POINT_TO_SEND = sa.update(POSTING).where(POSTING.c.id == sa.bindparam("posting")).values(send_id=sa.bindparam("send"))
_BY_KEY = sa.select(SEND.c.id).where(SEND.c.ledger_company == sa.bindparam("company"), SEND.c.key == sa.bindparam("key"))
_ENDED = sa.update(SEND).where(SEND.c.posting_id == sa.bindparam("posting"), SEND.c.token == sa.bindparam("leased"))
_STATE_OF = sa.select(POSTING.c.state).where(POSTING.c.id == sa.bindparam("posting"))
_SCOPE_OF_IDENTITY = ("ledger_company", "source_company", "site", "work_order_number", "flow", "revision")
_BY_IDENTITY = sa.select(IDENTITY.c.posting_id).where(*(IDENTITY.c[name] == sa.bindparam(name) for name in _SCOPE_OF_IDENTITY))


def state_of(connection: Connection, posting_id: int) -> State:
    """Where a posting stands, without all the rest of it."""
    return State(connection.execute(_STATE_OF, {"posting": posting_id}).scalar_one())


def find_by_identity(connection: Connection, identity: Identity) -> int | None:
    """The posting that covers an identity."""
    return connection.execute(_BY_IDENTITY, _columns_of(identity)).scalar_one_or_none()


def _columns_of(identity: Identity) -> dict[str, Any]:
    return {name: getattr(identity, name) for name in _SCOPE_OF_IDENTITY}


def enqueue(connection: Connection, trail: Trail, intent: Intent) -> int:
    """Store an intent; one whose bytes have never left is replaced, any other stays as it is. Returns the posting's id."""
    known = find_by_identity(connection, intent.identity)
    if known is None:
        return _insert(connection, trail, intent)
    # What the caller then says of the work order must still be so when it is stored.
    posting = _read_alone(connection, known)
    if posting.state in (State.READY, State.HELD) and not posting.attempted:
        _replace(connection, trail, posting, intent)
    return known


def _insert(connection: Connection, trail: Trail, intent: Intent) -> int:
    values = {
        "ledger_company": intent.identity.ledger_company,
        "kind": intent.kind.value,
        "marker": intent.marker,
        "narration": intent.narration,
        "state": State.READY.value,
        "expectation": expectation_text(intent.expectation),
        "attempted": False,
        "attempts": 0,
        "generation": 1,
        "phase": Phase.CREATE.value,
        "remote_id": "",
        "version": "",
        "token": 0,
        "looked": False,
        "refused": "",
    }
    posting_id = int(connection.execute(_INSERT_POSTING, values).scalar_one())
    identity = intent.identity
    connection.execute(_INSERT_IDENTITY, {"posting_id": posting_id, **_columns_of(identity)})
    _insert_send(connection, identity.ledger_company, posting_id, Phase.CREATE, 1, intent.request, intent.key)
    reason = _frozen(intent.request)
    trail.note("intended", work_order=identity.work_order_number, marker=intent.marker, after=State.READY.value, reason=reason)
    return posting_id


def _frozen(request: WriteRequest) -> str:
    return f"{request.method} {request.url}, bytes with the SHA-256 {hashlib.sha256(request.body).hexdigest()}"


def _replace(connection: Connection, trail: Trail, posting: Posting, intent: Intent) -> None:
    """New bytes mean a new key: a vendor remembers the old one with the old bytes."""
    state = posting.state if posting.state is State.READY else next_state(posting.state, Event.RELEASED, attempted=False)
    if posting.state is State.READY and posting.request.body == intent.request.body:
        return
    # Counted over all sends: phase two counts its generations anew, and a key names one set of bytes for ever.
    earlier = sa.select(sa.func.max(SEND.c.generation)).where(SEND.c.posting_id == posting.id)
    generation = connection.execute(earlier).scalar_one() + 1
    values = {
        "state": state.value,
        "kind": intent.kind.value,  # an invoice that has not left becomes a credit when its costs fall below zero
        "expectation": expectation_text(intent.expectation),
        "narration": intent.narration,
        "generation": generation,
        "phase": Phase.CREATE.value,
        "remote_id": "",
        "refused": "",
        "not_before": None,
    }
    if change(connection, trail, posting, values, "replaced", _frozen(intent.request)):
        key = fingerprint([intent.key, generation])
        _insert_send(connection, intent.identity.ledger_company, posting.id, Phase.CREATE, generation, intent.request, key)


def withdraw(connection: Connection, trail: Trail, posting_id: int) -> None:
    """Its work order is not to be posted any more, and nothing of it has left: the posting waits."""
    posting = read(connection, posting_id)
    if posting.state is State.READY:
        set_state(connection, trail, posting, Event.BLOCKED, "its work order is not to be posted any more, or as another document")


def change(connection: Connection, trail: Trail, posting: Posting, values: dict[str, Any], event: str, reason: str = "") -> bool:
    """Compare and set: only if nobody moved the posting since we read it; false when somebody did, and nothing is changed."""
    was = (posting.id, posting.token, posting.state.value, posting.phase.value, posting.generation)
    as_read = {f"read_{name}": value for name, value in zip(_READ, was, strict=True)}
    if connection.execute(_CHANGE, {**as_read, **values}).rowcount != 1:
        return False
    token, after = values.get("token", posting.token), values.get("state", posting.state.value)
    trail.note_posting(posting, event, token=token, after=after, reason=reason)
    return True


def next_phase(connection: Connection, trail: Trail, posting: Posting, phase: Phase, request: WriteRequest, key: str) -> Posting:
    """Store the intent of a further write of the same posting, before it can be leased; unchanged when somebody moved it."""
    generation = posting.generation + 1 if posting.phase is phase else 1
    present = connection.execute(_BY_KEY, {"company": posting.identity.ledger_company, "key": key})
    if present.scalar_one_or_none() is not None:
        key = fingerprint([key, posting.id, posting.token, generation])
    if not change(connection, trail, posting, {"phase": phase.value, "generation": generation}, "intended", _frozen(request)):
        return posting  # With its old token, so that it cannot be leased either.
    _insert_send(connection, posting.identity.ledger_company, posting.id, phase, generation, request, key)
    return read(connection, posting.id)


def _insert_send(
    connection: Connection, ledger_company: str, posting_id: int, phase: Phase, generation: int, request: WriteRequest, key: str
) -> None:
    values = {
        "ledger_company": ledger_company,
        "posting_id": posting_id,
        "phase": phase.value,
        "generation": generation,
        "method": request.method,
        "url": request.url,
        "headers": json.dumps(request.headers),
        "body": request.body,
        "key": key,
        "token": 0,
        "outcome": "",
        "reason": "",
    }
    send_id = connection.execute(_INSERT_SEND, values).scalar_one()
    connection.execute(_POINT_TO_SEND, {"posting": posting_id, "send": send_id})


def record(connection: Connection, trail: Trail, posting: Posting, outcome: Outcome) -> bool:
    """Store the outcome of a send under its fencing token; false when the lease is no longer ours, and nothing is changed."""
    if not conclude(connection, trail, posting, outcome):
        return False
    connection.execute(_ENDED, {"posting": posting.id, "leased": posting.token, **ended(trail, outcome)})
    return True


def ended(trail: Trail, outcome: Outcome) -> dict[str, Any]:
    """What a send, or a member of a batch, says of its end."""
    return {"ended_at": trail.at, "outcome": type(outcome).__name__.lower(), "reason": _reason(outcome)[:500]}


def conclude(connection: Connection, trail: Trail, posting: Posting, outcome: Outcome) -> bool:
    """The posting's own part of an outcome; false when the lease is no longer ours."""
    event = event_of(outcome)
    state = next_state(State.SENDING, event, attempted=posting.attempted, drafted=posting.phase is Phase.POST_DRAFT)
    values: dict[str, Any] = {"state": state.value, "lease_until": None}
    values |= _after(outcome, state, posting, trail.at)
    reason = f"ledger id {outcome.document.id}" if isinstance(outcome, Posted) else _reason(outcome)
    return change(connection, trail, replace(posting, state=State.SENDING), values, event.value, reason)


def _after(outcome: Outcome, state: State, posting: Posting, now: datetime) -> dict[str, Any]:
    """The columns that an outcome sets beside the state."""
    if isinstance(outcome, Posted):
        document = outcome.document
        return {"remote_id": document.id, "version": document.version, "attempted": False, "uncertain_since": None, "absent_since": None}
    if isinstance(outcome, Throttled):
        values: dict[str, Any] = {"not_before": now + timedelta(seconds=outcome.retry_after_seconds)}
    else:
        values = {}
    if isinstance(outcome, Uncertain) or state is State.UNCERTAIN:
        values |= {"attempted": True, "uncertain_since": now, "absent_since": None}
        values["refused"] = _reason(outcome)[:500] if isinstance(outcome, Rejected) else ""
        values["remote_id"] = outcome.missing_id if isinstance(outcome, Uncertain) and posting.phase is Phase.CREATE else posting.remote_id
    elif not isinstance(outcome, Rejected):
        # Nothing left, or the vendor refused before processing: this attempt does not count as one that may have arrived.
        values["attempts"] = max(0, posting.attempts - 1)
    return values


def _reason(outcome: Outcome) -> str:
    if isinstance(outcome, Rejected):
        return f"{outcome.code}: {outcome.message}"
    return "" if isinstance(outcome, Posted) else outcome.reason


def apply_match(connection: Connection, trail: Trail, posting: Posting, match: Match) -> State | None:
    """Apply what a look-up proved; returns the new state, None when somebody moved the posting since it was read."""
    event = match.event
    if event is Event.PROVEN_ABSENT and posting.state is State.UNCERTAIN and posting.refused:
        event = Event.PROVEN_REFUSED
    state = next_state(posting.state, event, attempted=posting.attempted)
    values: dict[str, Any] = {"state": state.value, "absent_since": None, "uncertain_since": None, "attempted": False}
    if event in (Event.FOUND_LIVE, Event.FOUND_DRAFT):
        values |= {"remote_id": match.documents[0].id, "version": match.documents[0].version}
    elif event is Event.FOUND_OTHER:
        # Something carries our marker: whatever a person does next, nothing is sent without a look.
        values |= {"attempted": True, "uncertain_since": trail.at}
    elif event is Event.PROVEN_ABSENT:
        values |= {"looked": True, "phase": Phase.CREATE.value, "remote_id": ""}
        if posting.phase is not Phase.CREATE:
            first = sa.select(SEND.c.id).where(SEND.c.posting_id == posting.id, SEND.c.phase == Phase.CREATE.value)
            values["send_id"] = connection.execute(first.order_by(SEND.c.id.desc()).limit(1)).scalar_one()
    return state if change(connection, trail, posting, values, event.value, _seen(posting, match)) else None


def _seen(posting: Posting, match: Match) -> str:
    if match.event is Event.PROVEN_ABSENT:
        refused = f"; the last answer was: {posting.refused}" if posting.refused else ""
        return f"a first look found nothing at {posting.absent_since}, a later one neither{refused}"
    return match.reason or "ledger id " + ", ".join(document.id for document in match.documents)


def set_state(
    connection: Connection, trail: Trail, posting: Posting, event: Event, reason: str, values: dict[str, Any] | None = None
) -> State | None:
    """One more step of the table, outside a send; None when somebody moved the posting since it was read."""
    state = next_state(posting.state, event, attempted=posting.attempted)
    return state if change(connection, trail, posting, {"state": state.value, **(values or {})}, event.value, reason) else None


def note_absent(connection: Connection, trail: Trail, posting: Posting, begun_at: datetime) -> None:
    """Note a look-up that found nothing: the first of two after an uncertain attempt."""
    values: dict[str, Any] = {"looked": True} if posting.state is State.READY else {"absent_since": posting.absent_since or begun_at}
    change(connection, trail, posting, values, "found_nothing", f"a look that began at {begun_at}")
