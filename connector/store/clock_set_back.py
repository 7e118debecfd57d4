"""Times of ours that lie in the future were written before the clock was set back: nothing may wait until they come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.posting import State
from connector.store.audit import Trail
from connector.store.postings import JOINED, POSTING, SEND, change, posting_of

# No lease of the usual settings is longer, so a doubt that begins later than this from now was written before the clock was set back.
# A connection that waits longer for a lost answer has longer leases, and says so.
LEASE_SECONDS_MAX = 600.0

_LATEST: sa.BindParameter[datetime] = sa.bindparam("latest")
_NOW: sa.BindParameter[datetime] = sa.bindparam("now")
_TO_COME = JOINED.add_columns(SEND.c.leased_at).where(
    POSTING.c.ledger_company == sa.bindparam("company"),
    POSTING.c.state.in_([State.READY.value, State.UNCERTAIN.value, State.DRAFTED.value]),
    sa.or_(
        POSTING.c.uncertain_since > _LATEST,
        POSTING.c.absent_since > _NOW,
        # A throttle may end tomorrow, so its end tells nothing; but the send that met it cannot have been leased in the future.
        sa.and_(POSTING.c.not_before.is_not(None), SEND.c.leased_at > _NOW),
    ),
)


def forget_times_to_come(connection: Connection, trail: Trail, ledger_company: str, latest: datetime) -> None:
    """What waits for a time of ours that lies in the future waits from now on instead.

    That is longer than needed and never shorter: a look counts toward absence only as long after this moment as after a real attempt.
    """
    which = {"company": ledger_company, "latest": latest, "now": trail.at}
    for row in connection.execute(_TO_COME, which).all():
        values: dict[str, Any] = {}
        if row.uncertain_since is not None and row.uncertain_since > latest:
            values["uncertain_since"] = latest
        if row.absent_since is not None and row.absent_since > trail.at:
            values["absent_since"] = None
        if row.not_before is not None and row.leased_at is not None and row.leased_at > trail.at:
            values["not_before"] = None
        reason = f"uncertain since {row.uncertain_since}, absent since {row.absent_since}, not before {row.not_before}"
        change(connection, trail, posting_of(row), values, "clock_set_back", reason)
