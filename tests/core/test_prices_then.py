"""A price of today is kept from the first look at a completed work order on: a raise or a new price changes no old job."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from connector.core.prices_then import kept_in, prices_in, with_prices, written
from connector.core.work_order import LaborEntry, PartUsage, WorkOrder
from tests.core.examples import KIM, PUMP_SEAL, work_order

FIRST, LATER = datetime(2026, 1, 7, 8, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)


def order(part: str, per_hour: str) -> WorkOrder:
    used = PartUsage("p1", PUMP_SEAL, Decimal(1), Decimal(part), "part now")
    at_use = PartUsage("p2", PUMP_SEAL, Decimal(1), Decimal(9), "part usage")
    unpriced = PartUsage("p3", PUMP_SEAL, Decimal(1), None)
    logged = LaborEntry("t1", KIM, Decimal(3600), Decimal(per_hour), "user")
    own = LaborEntry("t2", None, Decimal(3600), Decimal(70), "time entry")
    return work_order(parts=(used, at_use, unpriced), labor=(logged, own))


def test_the_first_look_is_of_now_and_every_later_one_of_then() -> None:
    first = with_prices(order("12.35", "50"), {}, FIRST)
    assert [(p.cost_basis, p.priced_at) for p in first.parts] == [("part now", FIRST), ("part usage", None), ("", None)]
    assert [(e.rate_basis, e.priced_at) for e in first.labor] == [("user", FIRST), ("time entry", None)]
    kept = kept_in(written('{"date": "", "lines": []}', prices_in(first, FIRST)))
    later = with_prices(order("99.00", "80"), kept, LATER)
    assert [(p.unit_cost, p.cost_basis, p.priced_at) for p in later.parts][:2] == [
        (Decimal("12.35"), "part then", FIRST),
        (Decimal(9), "part usage", None),
    ]
    assert next((e.rate_per_hour, e.rate_basis, e.priced_at) for e in later.labor) == (Decimal(50), "user then", FIRST)
    assert kept_in(written("", prices_in(later, LATER))) == kept, "the moment stays that of the first look"


def test_what_has_no_price_of_today_keeps_none() -> None:
    assert prices_in(work_order(), FIRST) == {}
    assert (written("", {}), kept_in("")) == ("", {})


def test_a_price_that_nobody_dated_is_of_the_moment_it_is_kept() -> None:
    assert prices_in(order("1", "2"), FIRST) == {"part p1": (Decimal(1), FIRST), "user u1": (Decimal(2), FIRST)}
