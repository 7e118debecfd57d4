"""Several creates in QuickBooks' one batch call, and what its answer says of each (pure).

Items are answered in any order, each with its own entity or fault and under its own bId; the call itself answers 200 (Intuit, Batch).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.core.batch import Batch, BatchLimits, item_ids
from connector.core.posting import Outcome, Posted, Posting, Uncertain, WriteRequest
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.quickbooks.documents import ENTITY
from connector.ledgers.quickbooks.faults import AT_THE_DOOR, TRACES, judged, refused_at_the_door
from connector.ledgers.traced import traced

# Intuit says 30, and fault 1040 above it; it does not say how large a call may be, so that is kept small by us.
LIMITS = BatchLimits(items_max=30, bytes_max=1_000_000)


def batch_request(realm_id: str, postings: Sequence[Posting]) -> WriteRequest:
    """The creates of these postings as one call; each keeps its frozen content."""
    items = [
        {"bId": item, "operation": "create", ENTITY[posting.kind]: decode(posting.request.body)}
        for item, posting in zip(item_ids(len(postings)), postings, strict=True)
    ]
    body = encode({"BatchItemRequest": items})
    return WriteRequest("POST", f"/v3/company/{realm_id}/batch", body, (("content-type", "application/json"),))


def classify_batch(batch: Batch, status: int, headers: Mapping[str, str], body: bytes) -> list[Outcome]:
    """One answer to a batch, as one outcome for each member. A call that was refused as a whole is believed at the door only."""
    return [traced(outcome, headers, TRACES) for outcome in _judge_each(batch, status, headers, body)]


def _judge_each(batch: Batch, status: int, headers: Mapping[str, str], body: bytes) -> list[Outcome]:
    if status in AT_THE_DOOR:
        return [refused_at_the_door(status, headers, body)] * len(batch.members)
    rows = _rows(body) if status == 200 else None
    if rows is None:
        return [Uncertain(f"QuickBooks answered a batch with {status}, without its items")] * len(batch.members)
    answers = ([row for row in rows if row.get("bId") == item] for item in batch.items)
    return [_of_item(posting, own) for posting, own in zip(batch.members, answers, strict=True)]


def _rows(body: bytes) -> list[dict[str, Any]] | None:
    try:
        told = decode(body)
    except (ValueError, RecursionError):
        return None
    rows = told.get("BatchItemResponse") if isinstance(told, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else None


def _of_item(posting: Posting, rows: Sequence[Mapping[str, Any]]) -> Outcome:
    if len(rows) != 1:
        return Uncertain(f"QuickBooks' answer to a batch has the item {len(rows)} times")
    outcome = judged(posting.kind, 200, rows[0])
    if isinstance(outcome, Posted) and outcome.document.marker.upper() != posting.marker:
        return Uncertain("QuickBooks' answer to a batch has another document under the item")
    return outcome
