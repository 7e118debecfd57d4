"""Which rate a document of another currency says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from connector.core.exchange import Exchange, ExchangeRates

TABLE = ExchangeRates("m:1", ((date(2026, 2, 1), Decimal("1.10"), "m:3"), (date(2026, 1, 1), Decimal("1.05"), "m:2")))


def test_the_latest_rate_that_is_in_force_counts_and_none_before_the_first() -> None:
    assert TABLE.on(date(2026, 1, 31)) == Exchange("m:2", Decimal("1.05"))
    assert TABLE.on(date(2026, 2, 1)) == Exchange("m:3", Decimal("1.10"))
    assert TABLE.on(date(2025, 12, 31)) == Exchange("m:1")
    assert ExchangeRates("m:1").on(date(2026, 1, 1)) == Exchange("m:1", is_the_ledgers=True)
