"""What the ledger answered to earlier sends, for the person who has to find out why."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.posting import Posting
from connector.store.postings import SEND

# Answers that proved something. Each is the last of its send: what follows one has new bytes or another key.
PROVED = ("rejected", "posted")


def tries_in_vain(connection: Connection, posting: Posting) -> tuple[int, str]:
    """How many sends of a posting may have left and brought no answer that proved anything, and the words of the last such answer."""
    told = list(connection.execute(sa.select(SEND.c.outcome, SEND.c.reason).where(SEND.c.posting_id == posting.id).order_by(SEND.c.id)))
    proved = sum(1 for row in told if row.outcome in PROVED)
    words = [str(row.reason) for row in told if row.outcome == "uncertain"]
    return max(0, posting.attempts - proved), words[-1] if words else ""
