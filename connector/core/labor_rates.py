"""The company's own dated hourly rates, and which of them is in force.

Precedence, written once: the worker's own line (by id, name or e-mail), then that of the vendor who sent the worker, then that of the
trade, then the one for everyone; of each, the latest that was valid on the day of the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.core.work_order import Reference

# From when a rate without a day is in force.
ALWAYS = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class LaborRate:
    """A dated hourly rate: for one worker, one vendor or one trade (at most one of them; none is everyone), in force from a day on."""

    worker: str
    valid_from: date
    rate_per_hour: Decimal
    place: str = ""
    vendor: str = ""
    trade: str = ""

    @property
    def dated(self) -> date | None:
        """The day from which it is in force; None where none was written."""
        return self.valid_from if self.valid_from > ALWAYS else None


def rate_in_force(
    worker: Reference | None, day: date, rates: Sequence[LaborRate], vendor: Reference | None = None, trade: str = ""
) -> LaborRate | None:
    """The rate of that worker, vendor or trade on that day, by the precedence above; None when there is none."""
    valid = [rate for rate in rates if rate.valid_from <= day]
    workers, vendors, trades = _names(worker), _names(vendor), {trade.strip().casefold()} - {""}
    general = [rate for rate in valid if not (rate.worker or rate.vendor or rate.trade)]
    for group in (
        [rate for rate in valid if rate.worker.strip().casefold() in workers],
        [rate for rate in valid if rate.vendor.strip().casefold() in vendors],
        [rate for rate in valid if rate.trade.strip().casefold() in trades],
        general,
    ):
        if group:
            return max(group, key=lambda rate: rate.valid_from)
    return None


def _names(who: Reference | None) -> set[str]:
    return {name.strip().casefold() for name in (who.id, who.name) if name} if who else set()
