"""All SQL of what work orders are told about their documents (core/write_back.py). Nothing here touches a posting."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Clock
from connector.core.disposition import Disposition, Finding
from connector.core.evidence import TRIES_TOLD, EvidenceEvent, EvidenceState, next_state, wait_after
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind
from connector.core.posting import State
from connector.core.write_back import Message, Told, text_of
from connector.store import findings, work_orders
from connector.store.audit import Trail
from connector.store.clock_set_back import LEASE_SECONDS_MAX
from connector.store.database import Database
from connector.store.leases import WRITER_GONE
from connector.store.postings import IDENTITY, POSTING, SEND
from connector.store.sightings import REVERSAL, SIGHTING, owned_by
from connector.store.source_tables import MessageRow
from connector.store.work_orders import WORK_ORDER

MESSAGE = MessageRow.__table__  # type: ignore[attr-defined]
NOT_WRITTEN = "MESSAGE_NOT_WRITTEN"
# Neither a failure nor a vendor's pause makes a message wait longer.
_LONGEST = timedelta(hours=26)

_JOINED = (
    sa.select(
        MESSAGE,
        POSTING.c.marker,
        IDENTITY.c.source_company,
        IDENTITY.c.site,
        IDENTITY.c.work_order_number,
        IDENTITY.c.flow,
        IDENTITY.c.revision,
        SIGHTING.c.seen,
        sa.select(sa.func.max(SEND.c.leased_at)).where(SEND.c.posting_id == POSTING.c.id).scalar_subquery().label("sent_at"),
    )
    .join(POSTING, POSTING.c.id == MESSAGE.c.posting_id)
    .join(IDENTITY, IDENTITY.c.posting_id == POSTING.c.id)
    .outerjoin(SIGHTING, SIGHTING.c.posting_id == POSTING.c.id)
)
_REVERSED = POSTING.alias("reversed")


class MessageStore:
    """Our records about the messages of one connection; every method is one transaction."""

    def __init__(self, database: Database, *, scope: dict[str, str], ledger: str, clock: Clock, actor: str = "connector") -> None:
        self._database = database
        self._scope = scope
        self._ledger = ledger
        self._clock = clock
        self._actor = actor
        self._since = "write_back_after " + "/".join(scope.values())

    def _deciding(self) -> AbstractContextManager[tuple[Connection, Trail]]:
        return self._database.deciding(self._actor, self._clock, self._scope)

    # --- what is meant ----------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Note what was there when messages were switched on, and when the database was new or restored. Call it before a run posts.

        Nobody is told of documents from before; and what a restored database does not know, an earlier one may have told.
        """
        with self._database.write() as connection:
            restored_at = self._database.meta(connection, "restored_at") or ""
            after, doubted, known = self._marks(connection)
            if after is not None and known == restored_at:
                return
            newest = connection.execute(sa.select(sa.func.max(POSTING.c.id))).scalar_one() or 0
            posted = sa.select(sa.func.max(POSTING.c.id)).where(POSTING.c.state == State.POSTED.value)
            first = connection.execute(posted).scalar_one() or 0 if after is None else after
            self._database.set_meta(connection, self._since, f"{first} {newest if known != restored_at else doubted} {restored_at}")

    def _marks(self, connection: Connection) -> tuple[int | None, int, str]:
        """The last posting from before messages, the last one that an earlier database may know more about, and the moment of that."""
        stored = self._database.meta(connection, self._since)
        if stored is None:
            return None, 0, ""
        after, doubted, restored_at = stored.split(" ", 2)
        return int(after), int(doubted), restored_at

    def plan(self, limit: int) -> int:
        """Store the intent of a message for each document that has none, its text with it; how many, at most `limit`."""
        with self._deciding() as (connection, trail):
            after = self._marks(connection)[0] or 0
            found = [row for query in (self._posted(after), self._taken_back(after)) for row in connection.execute(query.limit(limit))]
            # UpKeep may list one job twice, under one number and with the same costs: they share their document, and the first is told.
            rows = list({row.id: row for row in reversed(found)}.values())[::-1]
            for row in rows:
                text = text_of(Told(self._ledger, DocumentKind(row.kind), row.marker, row.remote_id, row.takes_back))
                made = MessageRow(
                    ledger_company=self._scope["ledger_company"], posting_id=row.id, source_id=row.source_id, text=text,
                    state=EvidenceState.DUE.value, made_at=trail.at,
                )  # fmt: skip
                connection.execute(sa.insert(MESSAGE).values(made.model_dump(exclude={"id"})))
        return len(rows)

    def _posted(self, after: int) -> sa.Select[Any]:
        """Documents that stand for their work orders."""
        query = sa.select(POSTING.c.id, POSTING.c.kind, POSTING.c.marker, POSTING.c.remote_id, WORK_ORDER.c.source_id)
        query = query.add_columns(sa.literal("").label("takes_back")).select_from(WORK_ORDER)
        query = query.join(POSTING, POSTING.c.id == WORK_ORDER.c.posting_id)
        stands = WORK_ORDER.c.disposition == Disposition.POSTED.value
        return query.where(*work_orders.in_scope(WORK_ORDER, self._scope), stands, *_untold(after)).order_by(POSTING.c.id, WORK_ORDER.c.id)

    def _taken_back(self, after: int) -> sa.Select[Any]:
        """Credits that took documents back."""
        query = sa.select(POSTING.c.id, POSTING.c.kind, POSTING.c.marker, POSTING.c.remote_id, WORK_ORDER.c.source_id)
        query = query.add_columns(_REVERSED.c.marker.label("takes_back")).select_from(WORK_ORDER)
        query = query.join(REVERSAL, REVERSAL.c.reversed_id == WORK_ORDER.c.posting_id).join(POSTING, POSTING.c.id == REVERSAL.c.posting_id)
        query = query.join(_REVERSED, _REVERSED.c.id == REVERSAL.c.reversed_id)
        return query.where(*work_orders.in_scope(WORK_ORDER, self._scope), *_untold(after)).order_by(POSTING.c.id, WORK_ORDER.c.id)

    def due(self, limit: int, after: int = 0) -> list[Message]:
        """Messages that may go now, or are to be looked for, by id."""
        states = [EvidenceState.DUE.value, EvidenceState.UNCERTAIN.value]
        with self._database.write() as connection:
            is_due = sa.or_(MESSAGE.c.not_before.is_(None), MESSAGE.c.not_before <= self._clock.now())
            query = _JOINED.where(*owned_by(self._scope), MESSAGE.c.state.in_(states), is_due, MESSAGE.c.id > after)
            doubted = self._marks(connection)[1]
            return [_message_of(row, doubted) for row in connection.execute(query.order_by(MESSAGE.c.id).limit(limit))]

    def of(self, number: str) -> list[Message]:
        """Every message about the documents of one work order."""
        with self._database.write() as connection:
            query = _JOINED.where(*owned_by(self._scope), IDENTITY.c.work_order_number == number).order_by(MESSAGE.c.id)
            return [_message_of(row, 0) for row in connection.execute(query)]

    def counts(self) -> dict[EvidenceState, int]:
        """How the connection's messages stand."""
        with self._database.write() as connection:
            counted = _JOINED.where(*owned_by(self._scope)).with_only_columns(MESSAGE.c.state, sa.func.count(), maintain_column_froms=True)
            return {EvidenceState(row[0]): int(row[1]) for row in connection.execute(counted.group_by(MESSAGE.c.state))}

    # --- its life ---------------------------------------------------------------------------------------------------------------

    def read(self, message: Message) -> Message:
        """The message as it stands now."""
        with self._database.write() as connection:
            return self._read(connection, message)

    def lease(self, message: Message, seconds: float) -> Message | None:
        """Take the right to send until then, with a new fencing token; None when somebody else has it."""
        with self._deciding() as (connection, trail):
            until = self._database.host_now(connection) + timedelta(seconds=seconds)
            values = {"token": message.token + 1, "attempts": message.attempts + 1, "lease_until": until, "not_before": None}
            taken = self._moved(connection, trail, message, EvidenceEvent.LEASED, values, message.text)
            return self._read(connection, message) if taken else None

    def done(self, message: Message, reason: str) -> None:
        """It is on the work order."""
        event = EvidenceEvent.ATTACHED if message.state is EvidenceState.SENDING else EvidenceEvent.FOUND
        values = {"problem": "", "tries": 0, "lease_until": None, "not_before": None}
        with self._deciding() as (connection, trail):
            if self._moved(connection, trail, message, event, values, reason) and message.tries:
                findings.close(connection, trail, self._scope, message.work_order_number, "it is on the work order now", NOT_WRITTEN)

    def lost(self, message: Message, reason: str) -> None:
        """It may have arrived."""
        with self._deciding() as (connection, trail):
            self._lost(connection, trail, message, trail.at, reason)

    def failed(self, message: Message, reason: str, throttled: timedelta | None = None) -> None:
        """It could not be sent, or not be looked for: it waits, longer each time, and after some tries a person is told, once."""
        tries = message.tries + (throttled is None)
        with self._deciding() as (connection, trail):
            later = trail.at + (wait_after(tries) if throttled is None else throttled)
            values = {"tries": tries, "problem": reason[:500], "not_before": later, "lease_until": None}
            if self._moved(connection, trail, message, EvidenceEvent.FAILED, values, reason) and message.tries < tries == TRIES_TOLD:
                self._tell_failures(connection, trail, message, reason)

    def absent(self, message: Message, begun_at: datetime, *, is_proven: bool) -> None:
        """An uncertain message was looked for and is not there: the first of two looks, or the one that proves it."""
        with self._deciding() as (connection, trail):
            if not is_proven:
                _change(connection, message, {"absent_since": begun_at})
                return
            values = {"uncertain_since": None, "absent_since": None, "not_before": trail.at + wait_after(message.tries)}
            reason = f"a first look found nothing at {message.absent_since}, a later one neither"
            self._moved(connection, trail, message, EvidenceEvent.PROVEN_ABSENT, values, reason)

    def leave_out(self, message: Message, reason: str) -> None:
        """It will not be sent, and nobody needs to know."""
        with self._deciding() as (connection, trail):
            self._moved(connection, trail, message, EvidenceEvent.LEFT_OUT, {"problem": reason[:500], "lease_until": None}, reason)

    def give_up(self, message: Message, reason: str) -> None:
        """It may have arrived, and nothing can prove it: it is never sent again, and a person is told, once."""
        with self._deciding() as (connection, trail):
            if self._moved(connection, trail, message, EvidenceEvent.LEFT_OUT, {"problem": reason[:500], "lease_until": None}, reason):
                words = f"{_is_booked(message)}; whether UpKeep has the message about it is not known:"
                step = f"Look there; write it by hand if you want it. `connector held release {message.work_order_number}` closes this."
                told = f"{words} {reason}. It is not sent again."
                finding = Finding("MESSAGE_UNCERTAIN", message.work_order_number, message.marker, told, step)
                findings.add(connection, trail, self._scope, finding)

    def expire_leases(self) -> None:
        """What a dead writer was sending may have arrived: it is uncertain from now on. Call it as the company's one writer."""
        with self._deciding() as (connection, trail):
            host_now = None if self._database.locks.prove_death else self._database.host_now(connection)
            query = _JOINED.where(*owned_by(self._scope), MESSAGE.c.state == EvidenceState.SENDING.value)
            for row in connection.execute(query).all():
                left = max(row.lease_until - host_now, timedelta(0)) if host_now is not None and row.lease_until else timedelta(0)
                # A higher token shuts out the writer that had the lease.
                self._lost(connection, trail, _message_of(row, 0), trail.at + left, WRITER_GONE, token=row.token + 1)
            self._forget_times_to_come(connection, trail.at, timedelta(0) if host_now is None else timedelta(seconds=LEASE_SECONDS_MAX))

    def _forget_times_to_come(self, connection: Connection, now: datetime, ahead: timedelta) -> None:
        """What waits for a time of before a clock was set back waits from now on instead: longer than needed, and never shorter."""
        ours = MESSAGE.c.ledger_company == self._scope["ledger_company"]
        to_come = (("uncertain_since", now + ahead, now + ahead), ("absent_since", now, None), ("not_before", now + _LONGEST, now))
        for name, latest, instead in to_come:
            connection.execute(sa.update(MESSAGE).where(ours, MESSAGE.c[name] > latest).values({name: instead}))

    # --- steps ------------------------------------------------------------------------------------------------------------------

    def _moved(
        self, connection: Connection, trail: Trail, message: Message, event: EvidenceEvent, values: dict[str, Any], reason: str
    ) -> bool:
        """Compare and set: false when somebody moved the message since it was read, and nothing is changed."""
        state = next_state(message.state, event)
        if not _change(connection, message, {**values, "state": state.value}):
            return False
        trail.note(
            f"message_{event}", work_order=message.work_order_number, marker=message.marker, token=values.get("token", message.token),
            before=message.state.value, after=state.value, reason=reason,
        )  # fmt: skip
        return True

    def _lost(self, connection: Connection, trail: Trail, message: Message, since: datetime, reason: str, token: int | None = None) -> None:
        values: dict[str, Any] = {"uncertain_since": since, "absent_since": None, "lease_until": None, "problem": reason[:500]}
        values |= {"tries": message.tries + 1, "token": message.token if token is None else token}
        if self._moved(connection, trail, message, EvidenceEvent.LOST_ANSWER, values, reason) and message.tries + 1 == TRIES_TOLD:
            self._tell_failures(connection, trail, message, reason)

    def _tell_failures(self, connection: Connection, trail: Trail, message: Message, reason: str) -> None:
        words = f"{_is_booked(message)}, but UpKeep does not take the message about it: {reason.rstrip('.')}."
        step = "See in UpKeep whether the login may write update messages; it is tried on, once a day at most."
        finding = Finding("MESSAGE_NOT_WRITTEN", message.work_order_number, message.marker, words, step)
        findings.add(connection, trail, self._scope, finding)

    def _read(self, connection: Connection, message: Message) -> Message:
        return _message_of(connection.execute(_JOINED.where(MESSAGE.c.id == message.id)).one(), self._marks(connection)[1])


def _is_booked(message: Message) -> str:
    return f"Work order {message.work_order_number} is in the books as it should be"


def _untold(after: int) -> list[sa.ColumnElement[bool]]:
    has_one = sa.exists().where(MESSAGE.c.posting_id == POSTING.c.id)
    return [POSTING.c.state == State.POSTED.value, POSTING.c.id > after, ~has_one]


def _change(connection: Connection, message: Message, values: dict[str, Any]) -> bool:
    as_read = (MESSAGE.c.id == message.id, MESSAGE.c.token == message.token, MESSAGE.c.state == message.state.value)
    return connection.execute(sa.update(MESSAGE).where(*as_read).values(values)).rowcount == 1


_COPIED = (
    "id", "posting_id", "source_id", "work_order_number", "marker", "text", "token", "attempts", "tries", "uncertain_since", "absent_since",
    "problem",
)  # fmt: skip


def _message_of(row: Any, doubted: int) -> Message:
    return Message(
        **{name: getattr(row, name) for name in _COPIED},
        identity=Identity(row.ledger_company, row.source_company, row.site, row.work_order_number, row.flow, row.revision),
        state=EvidenceState(row.state),
        # Made and sent by this database since it began: nobody else can have told it. By numbers, because clocks are set.
        is_sure=row.posting_id > doubted and row.sent_at is not None,
        document_state=row.seen or "",
    )
