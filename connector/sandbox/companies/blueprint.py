"""What a believable company is made of, before anything is entered in UpKeep; and the people and addresses that companies are given."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

CENT = Decimal("0.01")
# What work orders say about themselves in custom fields; the mapping that the sandbox writes goes by them.
SITE, BILL_TO, BILLABLE = "Site", "Bill to", "Billable"
SUMMER, WINTER = frozenset({5, 6, 7, 8, 9}), frozenset({11, 12, 1, 2, 3})

_FIRST = (
    "Maria", "James", "Aisha", "Tomás", "Linh", "Robert", "Grace", "Dmitri", "Keiko", "Samuel", "Noor", "Patrick", "Elena", "Andre",
    "Priya", "Walter", "Yara", "Desmond", "Ingrid", "Luis", "Hannah", "Omar", "Colleen", "Victor", "Zoë", "Malik", "Ruth", "Stefan",
)  # fmt: skip
_LAST = (
    "Delgado", "Whitfield", "Okonkwo", "Nguyen", "Kowalski", "Haddad", "O'Brien", "Castellanos", "Yamada", "Bergström", "Pruitt",
    "Mbeki", "Santangelo", "Roy", "Fitzgerald", "Abernathy", "Kaplan", "Moreau", "Sandoval", "Thibodeaux", "Lindqvist", "Park", "Vargas",
)  # fmt: skip
_STREETS = ("Mill", "Harbor", "Cedar", "Union", "Lakeshore", "Foundry", "Second", "Prospect", "Canal", "Jefferson", "Orchard", "Depot")
_WAYS = ("Street", "Avenue", "Road", "Drive")
TOWNS = ("Rockford, IL 61101", "Joliet, IL 60432", "Peoria, IL 61602", "Davenport, IA 52801", "Madison, WI 53703", "Gary, IN 46402")


@dataclass(frozen=True, slots=True)
class Trade:
    """What technicians are called and are paid for an hour, lowest and highest, in whole units of the currency."""

    name: str
    pay: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Technician:
    """One person who logs time."""

    first: str
    last: str
    email: str
    trade: str
    rate_per_hour: Decimal


@dataclass(frozen=True, slots=True)
class StockedPart:
    """A part on the shelf: its number, unit cost, the stock at the beginning, and below which it is ordered."""

    name: str
    number: str
    category: str
    cost: Decimal
    stock: int = 80
    least: int = 20


@dataclass(frozen=True, slots=True)
class Vendor:
    """Whose invoices come as additional costs: for what, and lowest and highest."""

    name: str
    trade: str
    email: str
    service: str
    charge: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Job:
    """What goes wrong with equipment, how often (weight), in which months more often, and what the repair takes."""

    title: str
    category: str
    trade: str
    minutes: tuple[int, int]
    parts: tuple[str, ...] = ()
    weight: int = 10
    season: frozenset[int] = frozenset()
    permit: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Preventive maintenance: every so many months, or every so many units of a meter that runs so fast a month."""

    title: str
    trade: str
    minutes: tuple[int, int]
    every_months: int = 0
    every_units: int = 0
    unit: str = ""
    units_per_month: tuple[int, int] = (0, 0)
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Equipment:
    """An asset: category, model, custom fields, what goes wrong with it, what is done before it does, and what is built into it."""

    name: str
    category: str
    model: str
    fields: tuple[tuple[str, str], ...] = ()
    jobs: tuple[Job, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    inside: tuple[Equipment, ...] = ()
    is_under_warranty: bool = False
    capital: str = ""  # what its replacement is called; "" where it is never a capital repair


@dataclass(frozen=True, slots=True)
class Place:
    """A location with what stands in it; a place without a customer has that of the place around it."""

    name: str
    address: str = ""
    customer: str = ""
    equipment: tuple[Equipment, ...] = ()
    inside: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Blueprint:
    """A whole company. `regions` are the topmost places, and the level below them are the sites, each a department of the books."""

    name: str
    regions: tuple[Place, ...]
    technicians: tuple[Technician, ...]
    vendors: tuple[Vendor, ...]
    parts: tuple[StockedPart, ...]
    # How often a job is billed to the customer of its place, in a hundred.
    billable_percent: int

    def sites(self) -> list[Place]:
        """The level of places that the books know."""
        return [site for region in self.regions for site in region.inside]

    def customers(self) -> list[str]:
        """Everybody who rents or uses a place, once."""
        return list(dict.fromkeys(place.customer for region in self.regions for place in within(region) if place.customer))


def within(place: Place) -> list[Place]:
    """The place and every place in it, outermost first."""
    return [place, *(deeper for inner in place.inside for deeper in within(inner))]


def hired(chance: random.Random, trades: Sequence[Trade], count: int) -> tuple[Technician, ...]:
    """So many technicians, every trade at least once where they are enough; each at a rate of their own."""
    people = []
    for number in range(count):
        trade = trades[number % len(trades)]
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        letters = "".join(c for c in f"{first}.{last}".lower() if c.isascii() and (c.isalpha() or c == "."))
        rate = Decimal(chance.randint(trade.pay[0] * 4, trade.pay[1] * 4)) / 4
        people.append(Technician(first, last, f"{letters}.{number + 1}@sandbox.example", trade.name, rate.quantize(CENT)))
    return tuple(people)


def address(chance: random.Random, town: str) -> str:
    """A street address in that town."""
    return f"{chance.randint(100, 4_900)} {chance.choice(_STREETS)} {chance.choice(_WAYS)}, {town}"


def serial(chance: random.Random) -> tuple[str, str]:
    """A serial number, as a custom field."""
    return ("Serial number", f"{chance.choice('ABCDEFGHJK')}{chance.randint(10_000, 99_999)}-{chance.randint(10, 99)}")


def installed(chance: random.Random, first_year: int, last_year: int) -> tuple[str, str]:
    """A year, as a custom field."""
    return ("Installed", str(chance.randint(first_year, last_year)))
