"""The right to send: taken under a new fencing token, and lost with the writer that had it."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.posting import Event, Phase, Posting, State, next_state
from connector.store import postings
from connector.store.audit import Trail
from connector.store.postings import POSTING, SEND

# The send that a posting has at present.
_PRESENT = sa.select(POSTING.c.send_id).where(POSTING.c.id == sa.bindparam("posting")).scalar_subquery()
_LEAVES = sa.update(SEND).where(SEND.c.id == _PRESENT)
WRITER_GONE = "the writer that had the lease is gone; what it sent may have arrived"


def lease(connection: Connection, trail: Trail, posting: Posting, until: datetime) -> Posting | None:
    """The lease is ours only if nobody moved the posting since we read it. `until` is in the time of the database's host."""
    leased = take(connection, trail, posting, until)
    if leased is not None:
        connection.execute(_LEAVES, {"posting": posting.id, "token": leased.token, "leased_at": trail.at})
    return leased


def take(connection: Connection, trail: Trail, posting: Posting, until: datetime, reason: str = "") -> Posting | None:
    """The posting's own part of a lease, whether it leaves alone or in a batch."""
    state = next_state(posting.state, Event.LEASED, attempted=posting.attempted)
    values = {
        "state": state.value,
        "token": posting.token + 1,
        "attempts": posting.attempts + 1,
        "lease_until": until,
        "not_before": None,
    }
    if posting.phase is Phase.CREATE:
        values["remote_id"] = ""  # What it is about to make has no id yet.
    taken = postings.change(connection, trail, posting, values, Event.LEASED.value, reason)
    return postings.read(connection, posting.id) if taken else None


def expire_leases(connection: Connection, trail: Trail, ledger_company: str, host_now: datetime | None) -> int:
    """What an earlier writer was sending may have arrived: it is uncertain from now on. How many.

    With `host_now`, the earlier writer may be alive and only cut off: its bytes may leave until its lease ends on the database's host.
    """
    sending = sa.select(POSTING.c.id, POSTING.c.lease_until).where(
        POSTING.c.ledger_company == ledger_company, POSTING.c.state == State.SENDING.value
    )
    expired = 0
    for row in connection.execute(sending).all():
        posting = postings.read(connection, row.id)
        left = max(row.lease_until - host_now, timedelta(0)) if host_now is not None and row.lease_until is not None else timedelta(0)
        # A higher token shuts out the writer that had the lease.
        late = {
            "token": posting.token + 1,
            "attempted": True,
            "uncertain_since": trail.at + left,
            "absent_since": None,
            "lease_until": None,
        }
        late["refused"] = ""
        if (
            posting.state is State.SENDING
            and postings.set_state(connection, trail, posting, Event.LEASE_EXPIRED, WRITER_GONE, late) is not None
        ):
            expired += 1
    return expired
