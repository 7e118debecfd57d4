"""Which documents a delivery of Xero's webhooks names (pure). Manual journals and payments have none: the sweeps see those.

A delivery without events is how Xero asks whether we mean to listen. An event of a kind that we do not post is none of ours, and that
a document was created is no news: it is ours only if we created it.
"""

from __future__ import annotations

import json
import re
from typing import Any

from connector.core.hint import Change, Delivery
from connector.core.mapping import DocumentKind

HEADER = "x-xero-signature"
CATEGORIES = {"INVOICE": DocumentKind.INVOICE, "CREDITNOTE": DocumentKind.CREDIT}
KINDS = frozenset(CATEGORIES.values())  # of which Xero tells
_ID = re.compile("[0-9A-Za-z-]{1,64}")


def read(body: bytes) -> Delivery:
    """Never raises: what cannot be read is counted, and the sweeps find what it was about."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return Delivery(unreadable=1)
    events = told.get("events") if isinstance(told, dict) else None
    if not isinstance(events, list):
        return Delivery(unreadable=1)
    readable = [event for event in events if _is_readable(event)]
    companies = dict.fromkeys(str(event["tenantId"]) for event in readable)
    changes = dict.fromkeys(
        Change(event["tenantId"], CATEGORIES[event["eventCategory"]], event["resourceId"])
        for event in readable
        if event["eventCategory"] in CATEGORIES and event["eventType"] != "CREATE"
    )
    return Delivery(tuple(companies), tuple(changes), len(events) - len(readable))


def _is_readable(event: Any) -> bool:
    if not isinstance(event, dict):
        return False
    told = [event.get(name) for name in ("tenantId", "resourceId", "eventCategory", "eventType")]
    return all(isinstance(text, str) and text for text in told) and all(_ID.fullmatch(str(text)) for text in told[:2])
