"""A completed job as the source tells it, in neutral words: labor entries, part usages, other costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType

NO_FIELDS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Reference:
    """Something the work order points at (asset, location, person, part): its id at the source and its name."""

    id: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class LaborEntry:
    """Time that one person logged: seconds worked and, where the source knows it, the rate per hour."""

    key: str
    worker: Reference | None
    seconds: Decimal
    rate_per_hour: Decimal | None = None
    rate_basis: str = ""  # where rate_per_hour came from: "time entry", "user"
    category: str = ""
    worked_on: date | None = None  # by UTC's calendar, for the rate that was in force
    worked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PartUsage:
    """A part taken for the job: quantity (negative when returned) and the unit cost at use, None when unknown."""

    key: str
    part: Reference
    quantity: Decimal
    unit_cost: Decimal | None
    cost_basis: str = ""  # "part usage" or "part now"


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

    `completed_at` and `updated_at` are aware, in UTC. `labor_total` is labor cost as the source computed it, for jobs without
    a time log. `fields` are custom fields by name. Names and texts may hold anything a person can type.
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
