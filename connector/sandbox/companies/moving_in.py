"""Enters a company's people, places, assets, stock and schedules in UpKeep, as an administrator would in the first week."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from random import Random
from typing import Any

from connector.sandbox.client import UpKeepClient
from connector.sandbox.companies.blueprint import BILL_TO, BILLABLE, SITE, Blueprint, Equipment, Job, Place, Schedule, Technician

# What these keys are called in UpKeep's own documentation could not be read; the sources that were differ.
PARENT_LOCATION, PARENT_ASSET = "parentLocationId", "parentAssetId"
COST_CATEGORIES = ("Vendor invoice", "Permit", "Travel")
ASSET_FIELDS = (("Serial number", "singleLineText"), ("Installed", "number"), ("Warranty", "dropdown"))
ORDER_FIELDS = ((SITE, "dropdown"), (BILL_TO, "dropdown"), (BILLABLE, "dropdown"))


@dataclass(slots=True)
class Worker:
    """A technician who has a login now."""

    id: str
    person: Technician
    team: str


@dataclass(slots=True)
class Shelf:
    """A part as the storekeeper knows it: its present cost and how many there are."""

    id: str
    name: str
    category: str
    cost: Decimal
    count: int
    least: int
    full: int


@dataclass(frozen=True, slots=True)
class Where:
    """One asset, where it stands, whose place that is, and what goes wrong with it."""

    asset: str
    location: str
    site: str
    customer: str
    equipment: Equipment


@dataclass(slots=True)
class Due:
    """A schedule of one asset: the month in which it is due next, or the meter and the reading at which it is."""

    where: Where
    schedule: Schedule
    month: int = 0
    meter: str = ""
    reading: int = 0
    due_at: int = 0


@dataclass(slots=True)
class Entered:
    """Everything that work orders point at, with UpKeep's ids."""

    workers: dict[str, list[Worker]] = field(default_factory=lambda: defaultdict(list))  # by trade
    shelves: dict[str, Shelf] = field(default_factory=dict)
    vendors: dict[str, str] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    assets: list[Where] = field(default_factory=list)
    schedules: list[Due] = field(default_factory=list)

    def jobs(self) -> list[tuple[Where, Job]]:
        """Everything that can go wrong anywhere."""
        return [(where, job) for where in self.assets for job in where.equipment.jobs]


def move_in(client: UpKeepClient, blueprint: Blueprint, chance: Random, first_day: date) -> Entered:
    """Enter the company; what was entered."""
    entered = Entered()
    for kind, fields in (("custom-fields/assets", ASSET_FIELDS), ("custom-fields/workorders", ORDER_FIELDS)):
        for name, type_ in fields:
            client.enter(kind, {"name": name, "type": type_})
    for name in COST_CATEGORIES:
        client.enter("work-order-cost-categories", {"name": name})
    _people(client, blueprint, entered)
    for part in blueprint.parts:
        told = {"name": part.name, "partNumber": part.number, "category": part.category, "cost": str(part.cost)}
        record = client.enter("parts", told | {"quantity": part.stock, "minimumQuantity": part.least})
        entered.shelves[part.name] = Shelf(record["id"], part.name, part.category, part.cost, part.stock, part.least, part.stock)
    entrance = _Entrance(client, entered, chance, first_day)
    for region in blueprint.regions:
        entrance.place(region, "", "", "")
    return entered


def _people(client: UpKeepClient, blueprint: Blueprint, entered: Entered) -> None:
    teams: dict[str, str] = {}
    for person in blueprint.technicians:
        if person.trade not in teams:
            teams[person.trade] = client.enter("teams", {"name": person.trade, "description": f"All of {person.trade.lower()}"})["id"]
        user = {"email": person.email, "accountType": "TECHNICIAN", "firstName": person.first, "lastName": person.last}
        record = client.enter("users", user | {"jobTitle": person.trade, "hourlyRate": str(person.rate_per_hour)})
        client.link("teams", teams[person.trade], "users", record["id"])
        entered.workers[person.trade].append(Worker(record["id"], person, teams[person.trade]))
    for vendor in blueprint.vendors:
        told = {"businessName": vendor.name, "email": vendor.email, "description": vendor.service}
        entered.vendors[vendor.name] = client.enter("vendors", told)["id"]
    for name in blueprint.customers():
        entered.customers[name] = client.enter("customers", {"name": name})["id"]


@dataclass(slots=True)
class _Entrance:
    """Walks through the places from outside to inside."""

    client: UpKeepClient
    entered: Entered
    chance: Random
    first_day: date

    def place(self, place: Place, around: str, site: str, customer: str, level: int = 1) -> None:
        """One location, its customer, what stands in it, and the places inside."""
        told: dict[str, Any] = {"name": place.name, **({"address": place.address} if place.address else {})}
        if around:
            told[PARENT_LOCATION] = around
        location = str(self.client.enter("locations", told)["id"])
        if place.customer:
            self.client.link("locations", location, "customers", self.entered.customers[place.customer])
        customer, site = place.customer or customer, place.name if level == 2 else site
        for equipment in place.equipment:
            self.asset(equipment, location, site, customer, "")
        for inner in place.inside:
            self.place(inner, location, site, customer, level + 1)

    def asset(self, equipment: Equipment, location: str, site: str, customer: str, around: str) -> None:
        """One asset, its schedules with their meters, and what is built into it."""
        fields = [*equipment.fields, ("Warranty", "yes" if equipment.is_under_warranty else "no")]
        told: dict[str, Any] = {
            "name": equipment.name,
            "category": equipment.category,
            "model": equipment.model,
            "location": location,
            "customFields": [{"name": name, "value": value} for name, value in fields],
            **({PARENT_ASSET: around} if around else {}),
        }
        identifier = str(self.client.enter("assets", told)["id"])
        where = Where(identifier, location, site, customer, equipment)
        self.entered.assets.append(where)
        for schedule in equipment.schedules:
            self.schedule(where, schedule)
        for inner in equipment.inside:
            self.asset(inner, location, site, customer, identifier)

    def schedule(self, where: Where, schedule: Schedule) -> None:
        """A preventive-maintenance schedule: by the calendar, or by a meter that begins somewhere."""
        due = Due(where, schedule, month=self.chance.randrange(max(1, schedule.every_months)))
        timing: dict[str, Any] = {"asset": where.asset, "location": where.location}
        if schedule.every_units:
            meter = {"name": f"{where.equipment.name} {schedule.unit}", "units": schedule.unit, "frequency": 30}
            due.meter = str(self.client.enter("meters", meter | {"asset": where.asset, "location": where.location})["id"])
            due.reading = self.chance.randrange(schedule.every_units)
            due.due_at = schedule.every_units
            timing |= {"meter": due.meter, "meterConditionValue": schedule.every_units, "nextMeterReading": due.due_at}
        else:
            timing |= {"scheduleType": "EVERY_N_MONTHS", "repeatFrequency": "MONTHLY", "repeatInterval": schedule.every_months}
            timing["startDate"] = datetime(self.first_day.year, self.first_day.month, 1).strftime("%Y-%m-%dT00:00:00.000Z")  # noqa: DTZ001 written as UTC
        told = {"name": schedule.title, "mainDescription": schedule.title, "category": "Preventive", "schedules": [timing]}
        self.client.enter("preventive-maintenance", told | {"estimatedTime": schedule.minutes[1], "createFirstWO": False})
        self.entered.schedules.append(due)
