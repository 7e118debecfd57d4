"""What a first mapping is guessed from: the ledger's chart, and the codes on the completed work orders; writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.core.costing import cost
from connector.core.guessing import Offered, Seen
from connector.core.mapping import simplify_status
from connector.core.money import ZERO
from connector.core.period import completion_day
from connector.core.reference import ListKind
from connector.core.work_order import WorkOrder
from connector.flows.reference import chart_now
from connector.flows.world import World
from connector.ledgers.ledger import Account, Chart

# Enough to see every code that matters; a large company's years would be read for an hour.
WORK_ORDERS_MAX = 2_000
KEYS = ("category", "location", "team")
_EXPENSES = frozenset({"expense", "other expense", "cost of goods sold", "overheads", "directcosts"})
_INCOME = frozenset({"income", "other income", "revenue", "sales", "otherincome"})


@dataclass(frozen=True, slots=True)
class Survey:
    """The chart's active entries by what they are for, and by each key what the work orders have, the most money first."""

    company: str
    accounts: Sequence[Offered]  # all that take journal lines
    expenses: Sequence[Offered]
    income: Sequence[Offered]
    items: Sequence[Offered]
    tax_codes: Sequence[Offered]
    customers: Sequence[Offered]
    found: Mapping[str, Sequence[Seen]]
    work_orders: int
    is_whole: bool  # false when there were more than are read for a guess


def survey(world: World) -> Survey:
    """Read the chart, and the work orders completed since the start date."""
    chart = chart_now(world)
    orders = list(_completed(world))
    found = {key: values for key, values in _counted(orders[:WORK_ORDERS_MAX]).items() if key in KEYS or any(one.value for one in values)}
    active = [account for account in chart.accounts if account.active]
    return Survey(
        company=chart.company_name,
        accounts=[_offered(account) for account in active if account.journalable],
        expenses=[_offered(account) for account in active if _is(account, _EXPENSES) and account.journalable],
        income=[_offered(account) for account in active if _is(account, _INCOME)],
        items=_entries(chart, ListKind.ITEMS),
        tax_codes=_entries(chart, ListKind.TAX_CODES),
        customers=_entries(chart, ListKind.CUSTOMERS),
        found=found,
        work_orders=min(len(orders), WORK_ORDERS_MAX),
        is_whole=len(orders) <= WORK_ORDERS_MAX,
    )


def _is(account: Account, kinds: frozenset[str]) -> bool:
    return account.type.casefold() in kinds or account.group.casefold() in kinds


def _offered(account: Account) -> Offered:
    return Offered(account.name, account.number)


def _entries(chart: Chart, kind: ListKind) -> list[Offered]:
    return [Offered(entry.name, entry.fact("code") or entry.id) for entry in chart.lists.get(kind, ()) if entry.is_active]


def _completed(world: World) -> Iterator[tuple[WorkOrder, Decimal]]:
    """Completed work orders with what they cost, one more than are taken; those that cannot be read are left out."""
    count = 0
    for head in world.source.changed_since(None):
        if count > WORK_ORDERS_MAX:
            return
        if simplify_status(head.status) not in world.mapping.ready_statuses:
            continue
        order = world.source.read(head).work_order
        if order is None or order.completed_at is None:
            continue
        day = completion_day(order.completed_at, world.policy.timezone)
        if day < world.policy.start_date:
            continue
        facts, _ = cost(order, (), day, world.policy.currency, world.policy.cost_rules)
        count += 1
        world.progress("reading", count, None)
        yield order, sum((fact.amount for fact in facts), ZERO)


def _counted(orders: Sequence[tuple[WorkOrder, Decimal]]) -> dict[str, list[Seen]]:
    keys = dict.fromkeys([*KEYS, *(name for order, _ in orders for name in order.fields)])
    return {key: _values(key, orders) for key in keys}


def _values(key: str, orders: Sequence[tuple[WorkOrder, Decimal]]) -> list[Seen]:
    sums: dict[str, tuple[str, int, Decimal]] = {}
    for order, amount in orders:
        value = _value(order, key).strip()
        first, count, total = sums.get(value.casefold(), (value, 0, ZERO))
        sums[value.casefold()] = (first, count + 1, total + amount)
    return sorted((Seen(*row) for row in sums.values()), key=lambda one: (-one.amount, one.value))


def _value(order: WorkOrder, key: str) -> str:
    own = {"category": order.category, "location": str(order.location or ""), "team": str(order.team or "")}
    return own[key] if key in own else order.fields.get(key, "")
