"""The comparison of a window in numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from connector.core.source_record import WindowResult


def test_whatever_differs_is_counted_together() -> None:
    result = WindowResult(datetime(2026, 3, 2, tzinfo=UTC), date(2025, 12, 1), 7, 6, Decimal(1), Decimal(2), missed=2, changed=3, gone=1)
    assert result.differing == 6
