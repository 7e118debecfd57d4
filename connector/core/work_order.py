"""A completed job as the source tells it, in neutral words: labor entries, part usages, other costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

NO_FIELDS: Mapping[str, str] = MappingProxyType({})
NO_CURRENCIES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reference:
    """Something the work order points at (asset, location, person, part): its id at the source and its name."""

    id: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an asset or a location beside its name, as far as the mapping asks for it.

    `path` are the names from the top of its hierarchy down to itself. `customer` and `vendor` are those that belong to it, else to the
    nearest one above it that has any. `fields` are its own custom fields by name.
    """

    path: tuple[str, ...] = ()
    category: str = ""
    customer: Reference | None = None
    vendor: Reference | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: NO_FIELDS)


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class LaborEntry:
    """Time that one person logged: seconds worked and, where the source knows it, the rate per hour.

    `rate_basis` is where that rate came from: "time entry", "user" (the user's rate as it is now), or "user then" (as it was when this
    work order was first seen). `trade` and `vendor` are what a rate table may go by, where the source knows them.
    """

    key: str
    worker: Reference | None
    seconds: Decimal
    rate_per_hour: Decimal | None = None
    rate_basis: str = ""
    category: str = ""
    worked_on: date | None = None  # by UTC's calendar, where only the day is known
    worked_at: datetime | None = None
    trade: str = ""
    vendor: Reference | None = None
    priced_at: date | None = None  # when a rate that changes was what rate_per_hour says


@dataclass(frozen=True, slots=True)
class PartUsage:
    """A part taken for the job: quantity (negative when returned) and its unit cost, None when unknown.

    `cost_basis` is where the cost came from: "part usage" (as it was used), "part now" (the part's cost as it is now), or "part then"
    (as it was when this work order was first seen).
    """

    key: str
    part: Reference
    quantity: Decimal
    unit_cost: Decimal | None
    cost_basis: str = ""
    priced_at: date | None = None  # when a cost that changes was what unit_cost says


@dataclass(frozen=True, slots=True)
class OtherCost:
    """Money spent on the job that is neither logged time nor a stocked part."""

    key: str
    category: str
    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """One work order with its actuals; everything here was readable (what was not is a Problem beside it).

    `completed_at` and `updated_at` are aware, in UTC. `labor_total` is labor cost as the source computed it, beside the time log or
    without one. `total_told` is the whole cost that the source shows, where it tells one, and `currencies` are all that it names.
    `vendor` and `customer` are the work order's own, where the source has such. `fields` are custom fields by name. `criteria` are those
    of its completion by their keys (core/keys.py). Names and texts may hold anything a person can type.
    """

    id: str
    number: str
    site: str
    title: str
    status: str
    updated_at: datetime
    completed_at: datetime | None = None
    category: str = ""
    priority: str = ""
    archived: bool = False
    asset: Reference | None = None
    location: Reference | None = None
    team: Reference | None = None
    completed_by: Reference | None = None
    assigned_to: Reference | None = None
    fields: Mapping[str, str] = field(default_factory=lambda: NO_FIELDS)
    labor: tuple[LaborEntry, ...] = ()
    parts: tuple[PartUsage, ...] = ()
    other: tuple[OtherCost, ...] = ()
    labor_total: Decimal | None = None
    url: str = ""
    criteria: Mapping[str, str] = field(default_factory=lambda: NO_FIELDS)
    total_told: Decimal | None = None
    currencies: frozenset[str] = NO_CURRENCIES
    vendor: Reference | None = None
    customer: Reference | None = None
    asset_context: Context = NO_CONTEXT
    location_context: Context = NO_CONTEXT
