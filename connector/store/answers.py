"""What the ledger answered to earlier sends, for the person who has to find out why."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.store.postings import SEND


def last_answer(connection: Connection, posting_id: int) -> str:
    """What was answered to the last send that left the posting uncertain; nothing when no answer was noted."""
    query = sa.select(SEND.c.reason).where(SEND.c.posting_id == posting_id, SEND.c.outcome == "uncertain").order_by(SEND.c.id.desc())
    return str(connection.execute(query.limit(1)).scalar_one_or_none() or "")
