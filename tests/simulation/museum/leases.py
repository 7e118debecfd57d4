"""Who may send, and when."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from connector.core.clock import Deadline
from connector.core.posting import Posting
from connector.flows import sending
from connector.store import leases, postings
from connector.store.audit import Trail
from connector.store.postings import POSTING
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import freezes, helpless, hesitations


def no_last_check(patch: pytest.MonkeyPatch) -> None:
    """A send has no deadline, so nothing is checked before its first byte: a worker that wakes after its lease sends on."""
    patch.setattr(sending, "Deadline", lambda begun, seconds: Deadline(begun, 1e9))


def no_fencing_token(patch: pytest.MonkeyPatch) -> None:
    """A posting is written by its id alone: a worker that wakes after its lease overwrites what happened meanwhile."""

    def change_anyway(connection: Connection, trail: Trail, posting: Posting, values: dict[str, Any], event: str, reason: str = "") -> bool:
        connection.execute(sa.update(POSTING).where(POSTING.c.id == posting.id).values(values))
        token, after = values.get("token", posting.token), values.get("state", posting.state.value)
        trail.note_posting(posting, event, token=token, after=after, reason=reason)
        return True

    patch.setattr(postings, "change", change_anyway)


def a_lease_is_not_waited_for(patch: pytest.MonkeyPatch) -> None:
    """On a server, where a lock may be lost while its holder lives, what the holder was sending is doubted from now on, not from the
    end of its lease."""
    expire = leases.expire_leases
    patch.setattr(
        leases, "expire_leases", lambda connection, trail, ledger_company, host_now: expire(connection, trail, ledger_company, None)
    )


ACCIDENTS = (
    Accident(
        "a frozen worker that wakes after its lease",
        no_last_check,
        freezes(helpless("quickbooks")),
        Caught("duplicate", at=117, within=170),
    ),
    Accident(
        "a lease without a fencing token", no_fencing_token, hesitations(helpless("quickbooks")), Caught("duplicate", at=46, within=60)
    ),
    Accident(
        "a lease that is not waited for",
        a_lease_is_not_waited_for,
        hesitations(helpless("quickbooks")),
        Caught("duplicate", at=117, within=170),
    ),
)
