"""A posted work order at the prices at which it was posted: UpKeep tells a part's cost and a user's rate as they are today."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from connector.core.costing import CostFact, CostKind, cost
from connector.core.mapping import Mapping
from connector.core.money import plain
from connector.core.period import completion_day
from connector.core.work_order import WorkOrder
from connector.flows.world import Policy

# Prices that stand in the mapping are compared, not kept.
_OF_THE_MAPPING = "rate table"


def at_posted_prices(work_order: WorkOrder, explanation: str, mapping: Mapping, policy: Policy) -> WorkOrder:
    """The work order with each price of UpKeep's as it was explained when its document was made; a cost that is new keeps its own."""
    if work_order.completed_at is None:
        return work_order
    completed = completion_day(work_order.completed_at, policy.timezone)
    facts, _ = cost(work_order, mapping.labor_rates, completed, policy.currency)
    prices = dict(_kept(facts, explanation))
    if not prices:
        return work_order
    return replace(
        work_order,
        labor=tuple(replace(one, rate_per_hour=prices.get(one.key, one.rate_per_hour)) for one in work_order.labor),
        parts=tuple(replace(one, unit_cost=prices.get(one.key, one.unit_cost)) for one in work_order.parts),
    )


def _kept(facts: Sequence[CostFact], explanation: str) -> Iterator[tuple[str, Decimal]]:
    """The prices that changed since, by the cost's key; costs that read the same are told apart by their order."""
    then: dict[tuple[str, str], list[dict[str, Any]]] = {}
    is_journal = False
    for row in json.loads(explanation or "{}").get("lines", []):
        is_journal = "tax_code" not in row
        if row["side"] == "debit" or not is_journal:  # A journal has two rows of each cost.
            then.setdefault((row["actual"], row["quantity"]), []).append(row)
    for fact in facts:
        rows = then.get((fact.description, plain(round(fact.quantity, 4))), [])
        row = rows.pop(0) if rows else None
        if fact.kind is CostKind.OTHER or row is None or str(row["basis"]).startswith(_OF_THE_MAPPING):
            continue
        price = Decimal(row["unit_price"])
        if price != fact.unit_price and not fact.basis.startswith(_OF_THE_MAPPING):
            yield fact.key, price
