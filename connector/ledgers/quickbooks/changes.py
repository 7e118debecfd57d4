"""What became of our documents in QuickBooks since a moment: change data capture, deleted ones as tombstones (pure).

It looks back 30 days and shows 1,000 objects at most, and what it does beyond either is documented nowhere. So neither end is left to
it: what is too old or too much is not whole.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from connector.core.mapping import DocumentKind
from connector.ledgers.quickbooks.documents import ENTITY

LOOK_BACK = timedelta(days=30)
# So far we ask back at most, by our own clock, so that a refusal is not our fault.
ASKED_BACK = timedelta(days=29)
OBJECTS_MAX = 1000
# Faults that say so: the result is too large, and (in words that QuickBooks also has for other things) it is too long ago.
CANNOT_TELL = frozenset({"10100", "500"})
# Asked without a moment of the last time, only the ledger's own moment is wanted.
GLANCE = timedelta(minutes=1)


def question(kinds: Collection[DocumentKind], since: datetime | None, now: datetime) -> dict[str, str]:
    """The parameters of the call."""
    asked = now - GLANCE if since is None else max(since, now - ASKED_BACK)
    names = ",".join(sorted(ENTITY[kind] for kind in kinds))
    return {"entities": names, "changedSince": asked.astimezone(UTC).isoformat(timespec="seconds")}


def rows_of(told: Mapping[str, Any]) -> list[tuple[DocumentKind, dict[str, Any]]]:
    """Every changed object with its kind; raises on an answer in another shape, which proves nothing."""
    return [row for part in told["CDCResponse"] for response in part["QueryResponse"] for row in _of_response(response)]


def _of_response(response: Mapping[str, Any]) -> Iterator[tuple[DocumentKind, dict[str, Any]]]:
    found = [(kind, row) for kind, name in ENTITY.items() for row in response.get(name, [])]
    if response.get("maxResults") and not found:
        raise ValueError("it counts objects that it does not show")
    for kind, row in found:
        if not isinstance(row["Id"], str):
            raise TypeError("an object has no id")
        yield kind, row


def moment_of(told: Mapping[str, Any]) -> datetime | None:
    """When it was answered, by QuickBooks' own clock; None when it does not say."""
    try:
        moment = datetime.fromisoformat(str(told.get("time")))
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None


def is_whole(params: Mapping[str, str], since: datetime | None, until: datetime | None, objects: int) -> bool:
    """Whether the answer shows all that changed since that moment."""
    if since is None or until is None or objects >= OBJECTS_MAX:
        return False
    return datetime.fromisoformat(params["changedSince"]) <= since and until - since <= LOOK_BACK
