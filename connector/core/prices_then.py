"""Prices that change after the work: what a part and a user cost when a work order was first seen complete, kept for every later look.

UpKeep tells a part's cost and a user's rate as they are today. A work order that is read again months later, because it was held or because
somebody touched it, must not cost another amount for that reason. A release by a person forgets what was kept: today's price counts then.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from connector.core.money import plain
from connector.core.work_order import LaborEntry, PartUsage, WorkOrder

# Where a price of today comes from, and what it is called once it is kept.
THEN = {"part now": "part then", "user": "user then"}
# In the mapping digest's place: a person has released the work order (store/work_orders.py).
RELEASED = "released"
_KEY = "prices"

Prices = Mapping[str, tuple[Decimal, datetime]]


def prices_in(work_order: WorkOrder, now: datetime) -> dict[str, tuple[Decimal, datetime]]:
    """Every price of the work order that changes, by whose it is, with the moment from which it is known."""
    found: dict[str, tuple[Decimal, datetime]] = {}
    for usage in work_order.parts:
        if usage.unit_cost is not None and usage.cost_basis in (*THEN, *THEN.values()):
            found[_of_part(usage)] = (usage.unit_cost, _moment(usage.priced_at, now))
    for entry in work_order.labor:
        if entry.rate_per_hour is not None and entry.rate_basis in (*THEN, *THEN.values()):
            found[_of_user(entry)] = (entry.rate_per_hour, _moment(entry.priced_at, now))
    return found


def with_prices(work_order: WorkOrder, kept: Prices, now: datetime) -> WorkOrder:
    """The work order at the prices that were kept; a price that is met for the first time is of now."""
    return replace(
        work_order,
        parts=tuple(_part_then(usage, kept, now) for usage in work_order.parts),
        labor=tuple(_entry_then(entry, kept, now) for entry in work_order.labor),
    )


def written(explanation: str, prices: Prices) -> str:
    """An explanation (JSON) with the prices in it."""
    if not prices:
        return explanation
    told = json.loads(explanation) if explanation else {"date": "", "lines": []}
    told[_KEY] = {whose: [plain(price), moment.isoformat()] for whose, (price, moment) in prices.items()}
    return json.dumps(told, ensure_ascii=False)


def kept_in(explanation: str) -> dict[str, tuple[Decimal, datetime]]:
    """The prices that stand in an explanation."""
    told = json.loads(explanation).get(_KEY, {}) if explanation else {}
    return {whose: (Decimal(price), datetime.fromisoformat(moment)) for whose, (price, moment) in told.items()}


def _part_then(usage: PartUsage, kept: Prices, now: datetime) -> PartUsage:
    if usage.cost_basis not in THEN:
        return usage
    then = kept.get(_of_part(usage))
    if then is None:
        return replace(usage, priced_at=now)
    return replace(usage, unit_cost=then[0], cost_basis=THEN[usage.cost_basis], priced_at=then[1])


def _entry_then(entry: LaborEntry, kept: Prices, now: datetime) -> LaborEntry:
    if entry.rate_basis not in THEN:
        return entry
    then = kept.get(_of_user(entry))
    if then is None:
        return replace(entry, priced_at=now)
    return replace(entry, rate_per_hour=then[0], rate_basis=THEN[entry.rate_basis], priced_at=then[1])


def _of_part(usage: PartUsage) -> str:
    return f"part {usage.part.id}"


def _of_user(entry: LaborEntry) -> str:
    return f"user {entry.worker.id if entry.worker else ''}"


def _moment(told: date | None, now: datetime) -> datetime:
    return told if isinstance(told, datetime) else now
