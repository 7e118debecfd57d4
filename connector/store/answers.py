"""What the ledger answered to earlier sends, for the person who has to find out why."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.posting import Posting
from connector.store.batches import MEMBER
from connector.store.postings import SEND

# Answers that proved something. Each is the last of its send: what follows one has new bytes or another key.
PROVED = ("rejected", "posted")


def tries_in_vain(connection: Connection, posting: Posting) -> tuple[int, str]:
    """How many sends of a posting may have left and brought no answer that proved anything, and the words of the last such answer."""
    # A posting leaves in a batch before it ever leaves alone.
    told = [row for table in (MEMBER, SEND) for row in connection.execute(_answers_of(table, posting.id))]
    proved = sum(1 for row in told if row.outcome in PROVED)
    words = [str(row.reason) for row in told if row.outcome == "uncertain"]
    return max(0, posting.attempts - proved), words[-1] if words else ""


def _answers_of(table: sa.Table, posting_id: int) -> sa.Select[tuple[str, str]]:
    return sa.select(table.c.outcome, table.c.reason).where(table.c.posting_id == posting_id).order_by(table.c.id)
