"""What the mapping says of the price of a job: markup in tiers, bill rates, billed hours, a limit, and what a contract covers.

Facts only; core/billing.py applies them. Each keeps the line of YAML that says so, for whoever asks why a line costs what it costs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from connector.core.costing import CostKind


class Per(StrEnum):
    """Of what the hours are counted together before they are rounded up or raised to a minimum."""

    ENTRY = "entry"  # each time that somebody logged
    WORKER = "worker"
    WORK_ORDER = "work_order"


class AboveLimit(StrEnum):
    """What becomes of what a customer agreed not to pay."""

    HOLD = "hold"  # a person decides
    ZERO_LINE = "zero_line"  # billed as far as the limit, and the rest named on a line of nothing
    COMPANY = "company"  # billed as far as the limit; the rest is the company's cost, and the invoice does not mention it


@dataclass(frozen=True, slots=True)
class Tier:
    """A markup for what costs up to so much; None: for everything above the tiers before it."""

    up_to: Decimal | None
    percent: Decimal
    place: str


@dataclass(frozen=True, slots=True)
class Tiers:
    """Markups by the cost of one piece, or by that of the line, without its sign; the lowest tier first, the last without a limit."""

    tiers: tuple[Tier, ...]
    is_by_unit_cost: bool

    def of(self, unit_cost: Decimal, amount: Decimal) -> Tier:
        """The tier that a cost belongs to: the whole of it has that markup."""
        size = abs(unit_cost if self.is_by_unit_cost else amount)
        return next(tier for tier in self.tiers if tier.up_to is None or size <= tier.up_to)

    def told(self, tier: Tier) -> str:
        """Which costs the tier is for, in words."""
        what = "unit cost" if self.is_by_unit_cost else "cost"
        return f"{what} up to {tier.up_to}" if tier.up_to is not None else f"{what} above the tiers"


@dataclass(frozen=True, slots=True)
class BillRate:
    """What an hour is billed at from a day on, whatever it costs: of one worker, trade or category of time; "" is any."""

    valid_from: date
    rate_per_hour: Decimal
    place: str
    worker: str = ""
    trade: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class HoursRule:
    """So many hours: the least that is billed, or the step that billed time is rounded up to."""

    hours: Decimal
    per: Per
    place: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a warranty or a contract covers: kinds of cost that the customer is not billed for."""

    kinds: frozenset[CostKind]
    shows_line: bool = False  # the invoice names it on a line of nothing


@dataclass(frozen=True, slots=True)
class BillingRules:
    """How costs become prices beyond one markup by kind."""

    markup_places: Mapping[CostKind, str] = field(default_factory=dict)  # where each markup in percent is written
    tiers: Mapping[CostKind, Tiers] = field(default_factory=dict)
    bill_rates: Sequence[BillRate] = ()
    minimum: HoursRule | None = None
    rounding: HoursRule | None = None
    above_limit: AboveLimit = AboveLimit.HOLD

    @property
    def needs_hours(self) -> bool:
        """Whether labor can only be billed where its hours are known."""
        return bool(self.bill_rates or self.minimum or self.rounding)
