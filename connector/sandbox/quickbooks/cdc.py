"""Change data capture: what was made, changed or deleted since a moment, of lists and documents, 30 days back and 1,000 objects at most.

What it does with a moment that is older, and with more objects, is documented nowhere: switches.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.books import Books, Entity
from connector.sandbox.quickbooks.faults import Refusal

LOOK_BACK = timedelta(days=30)
OBJECTS_MAX = 1000
# What the documentation excepts.
NOT_CAPTURED = frozenset({"taxcode", "taxrate", "taxagency", "timeactivity", "journalcode"})

Switches = dict[str, Any]


def captured(books: Books, kinds: dict[str, str], asked: dict[str, str], now: datetime, switches: Switches) -> list[Entity]:
    """One part of the answer for each kind that was asked for, empty where nothing changed; `kinds` are names by lower-case name."""
    wanted = [_kind(kinds, name) for name in asked.get("entities", "").split(",") if name.strip()]
    if not wanted:
        raise Refusal("2020", "Required parameter entities is missing in the request", "entities")
    since = _since(asked.get("changedSince", ""), now, switches)
    until = now - timedelta(seconds=float(switches["cdc_lag_seconds"]))
    found = {kind: books.changed(kind, since, until) for kind in dict.fromkeys(wanted)}
    return _bounded(found, switches)


def _kind(kinds: dict[str, str], name: str) -> str:
    lower = name.strip().lower()
    if lower in NOT_CAPTURED or lower not in kinds:
        raise Refusal("500", f"Operation cdc is not supported for {name.strip()}.")
    return kinds[lower]


def _since(text: str, now: datetime, switches: Switches) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal("2240", f"Invalid date format : {text}", "changedSince") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)
    if now - moment <= LOOK_BACK:
        return moment
    if switches["cdc_too_old"] == "refuse":
        raise Refusal("500", f"Operation cdc with changedSince date {text} which is older than fixed days is not supported.")
    return now - LOOK_BACK


def _bounded(found: dict[str, list[Entity]], switches: Switches) -> list[Entity]:
    if sum(len(rows) for rows in found.values()) > OBJECTS_MAX and switches["cdc_too_many"] == "refuse":
        raise Refusal("10100", "The result is too large.")
    parts, left = [], OBJECTS_MAX
    for kind, rows in found.items():
        shown = rows[:left]
        left -= len(shown)
        parts.append({kind: shown, "startPosition": Decimal(1), "maxResults": Decimal(len(shown))} if shown else {})
    return parts
