"""All SQL of the batches: their members are leased together or not at all, and each is recorded under its own fencing token."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.batch import Batch, batch_key, item_ids
from connector.core.posting import Outcome, Posting, WriteRequest
from connector.store.audit import Trail
from connector.store.leases import take
from connector.store.postings import POSTING, SEND, conclude, ended
from connector.store.tables import BatchMemberRow, BatchRow
from connector.store.upsert import upsert

BATCH = BatchRow.__table__  # type: ignore[attr-defined]
MEMBER = BatchMemberRow.__table__  # type: ignore[attr-defined]
_ENDED = sa.update(MEMBER).where(MEMBER.c.posting_id == sa.bindparam("posting"), MEMBER.c.token == sa.bindparam("leased"))


class MemberMovedError(Exception):
    """Somebody moved a member since it was read: the batch, whose members are frozen, does not leave."""


def lease(connection: Connection, trail: Trail, postings: Sequence[Posting], request: WriteRequest, until: datetime) -> Batch:
    """Store the batch and lease all its members; raises MemberMovedError, and the transaction must then be undone."""
    company = postings[0].identity.ledger_company
    key = batch_key(company, request)
    batch_id = _stored(connection, company, request, key, trail.at)
    members = []
    for item, posting in zip(item_ids(len(postings)), postings, strict=True):
        leased = take(connection, trail, posting, until, f"item {item} of the batch {key}")
        if leased is None:
            raise MemberMovedError(posting.marker)
        which, values = {"batch_id": batch_id, "item": item}, {"posting_id": posting.id, "token": leased.token}
        upsert(connection, MEMBER, which, {**values, "ended_at": None, "outcome": "", "reason": ""})
        members.append(leased)
    present = sa.select(POSTING.c.send_id).where(POSTING.c.id.in_([posting.id for posting in postings]))
    # When their right to leave was last taken, alone or together: a clock that was set back since is seen by it.
    connection.execute(sa.update(SEND).where(SEND.c.id.in_(present)).values(leased_at=trail.at))
    return Batch(tuple(members), request, key)


def _stored(connection: Connection, company: str, request: WriteRequest, key: str, now: datetime) -> int:
    """The same bytes leave under the same key again when a ledger refused them unread: then they are the same batch."""
    frozen = {"method": request.method, "url": request.url, "headers": json.dumps(request.headers), "body": request.body}
    upsert(connection, BATCH, {"ledger_company": company, "key": key}, {"leased_at": now}, frozen)
    found = sa.select(BATCH.c.id).where(BATCH.c.ledger_company == company, BATCH.c.key == key)
    return int(connection.execute(found).scalar_one())


def record(connection: Connection, trail: Trail, posting: Posting, outcome: Outcome) -> bool:
    """Store what became of one member under its fencing token; false when the lease is no longer ours."""
    if not conclude(connection, trail, posting, outcome):
        return False
    connection.execute(_ENDED, {"posting": posting.id, "leased": posting.token, **ended(trail, outcome)})
    return True
