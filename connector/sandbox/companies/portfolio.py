"""A property portfolio: regions, sites, buildings, floors, units and rooms; tenants pay for some of the repairs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

from connector.sandbox.companies.blueprint import (
    SUMMER,
    TOWNS,
    WINTER,
    Blueprint,
    Equipment,
    Job,
    Place,
    Schedule,
    StockedPart,
    Trade,
    Vendor,
    address,
    hired,
    installed,
    serial,
)

TRADES = (
    Trade("HVAC technician", (44, 62)),
    Trade("Electrician", (48, 66)),
    Trade("Plumber", (46, 64)),
    Trade("Building engineer", (34, 46)),
)
HVAC, ELECTRICIAN, PLUMBER, ENGINEER = (trade.name for trade in TRADES)
# The sites that the example mappings know come first.
SITES = ("Riverside", "Harbor", "Northgate", "Elm Court", "Summit", "Lakeview", "Old Mill", "Kingsley", "Westfield", "Brookside")
TENANTS = {"Riverside": "Riverside Apartments", "Harbor": "Harbor Mall", "Northgate": "Northgate Clinic"}
SHOPS = (
    "Bluebird Coffee", "Larkin & Sons Hardware", "Meridian Dental", "Paper Lantern Books", "Kestrel Insurance", "Solano Fitness",
    "Greenleaf Pharmacy", "Copper Kettle Kitchen", "Tidewater Optical", "Alder Accounting", "Juniper Day Care",
    "Ridgeline Physical Therapy",
)  # fmt: skip
PARTS = (
    StockedPart("Air filter 20×25×2 MERV 13", "FLT-20252", "HVAC", Decimal("18.40"), 240, 60),
    StockedPart("Contactor 40 A 24 V", "CTR-40A", "HVAC", Decimal("64.90")),
    StockedPart("Run capacitor 45/5 µF", "CAP-455", "HVAC", Decimal("22.75")),
    StockedPart("Condenser fan motor ½ hp", "MTR-050", "HVAC", Decimal("238.00"), 12, 3),
    StockedPart("V-belt B52", "BLT-B52", "HVAC", Decimal("23.15")),
    StockedPart("Hot-surface igniter", "IGN-HS1", "HVAC", Decimal("41.30"), 40, 10),
    StockedPart("GFCI receptacle 20 A", "REC-GF20", "Electrical", Decimal("27.60")),
    StockedPart("LED tube 4 ft", "LED-T8", "Electrical", Decimal("9.85"), 300, 80),
    StockedPart("Breaker 20 A single pole", "BRK-20", "Electrical", Decimal("14.20")),
    StockedPart("Faucet cartridge", "CRT-1225", "Plumbing", Decimal("19.95")),
    StockedPart("Toilet fill valve", "VLV-400A", "Plumbing", Decimal("11.45"), 120, 30),
    StockedPart("Relief valve 150 psi", "VLV-TP150", "Plumbing", Decimal("42.00"), 24, 6),
    StockedPart("Door closer", "DRC-4040", "Building", Decimal("118.50"), 20, 5),
)
VENDORS = (
    Vendor("Prairie Mechanical", HVAC, "ar@prairiemechanical.example", "Refrigerant recovery and recharge", (280, 1_450)),
    Vendor("Ace Rooter & Drain", PLUMBER, "billing@acerooter.example", "Main line jetting", (190, 640)),
    Vendor("Tri-County Electric", ELECTRICIAN, "office@tricountyelectric.example", "Thermographic survey", (240, 900)),
    Vendor("Midtown Elevator", ENGINEER, "service@midtownelevator.example", "Door operator adjustment", (320, 1_100)),
    Vendor("Clearview Glass", ENGINEER, "accounts@clearviewglass.example", "Insulated glass unit replaced", (260, 820)),
)
ROOFTOP = (
    Job("Not cooling", "HVAC", HVAC, (60, 210), ("Contactor 40 A 24 V", "Run capacitor 45/5 µF"), 40, SUMMER),
    Job("Fan belt squeals", "HVAC", HVAC, (30, 75), ("V-belt B52",), 15),
    Job("Condenser fan does not start", "HVAC", HVAC, (75, 180), ("Condenser fan motor ½ hp",), 10, SUMMER),
    Job("No heat", "HVAC", HVAC, (45, 150), ("Hot-surface igniter",), 20, WINTER),
)
ROOFTOP_SCHEDULES = (
    Schedule("Quarterly filter change", HVAC, (30, 60), 3, parts=("Air filter 20×25×2 MERV 13",)),
    Schedule("Compressor inspection", HVAC, (60, 90), 0, 1_000, "run hours", (140, 420)),
)
PANEL = (
    Job("Breaker trips", "Electrical", ELECTRICIAN, (30, 120), ("Breaker 20 A single pole",), 6),
    Job("Corridor lights out", "Electrical", ELECTRICIAN, (30, 90), ("LED tube 4 ft",), 8, WINTER),
)
HEATER = (
    Job("No hot water", "Plumbing", PLUMBER, (60, 150), ("Relief valve 150 psi",), 6, WINTER, permit=True),
    Job("Leak at the drain pan", "Plumbing", PLUMBER, (45, 120), (), 4),
)
UNIT = (
    Job("Faucet drips", "Plumbing", PLUMBER, (30, 60), ("Faucet cartridge",), 5),
    Job("Toilet runs", "Plumbing", PLUMBER, (20, 45), ("Toilet fill valve",), 6),
    Job("Outlet dead", "Electrical", ELECTRICIAN, (30, 60), ("GFCI receptacle 20 A",), 4),
    Job("Door does not latch", "Grounds and doors", ENGINEER, (20, 60), ("Door closer",), 4),
)


def portfolio(chance: random.Random, technicians: int) -> Blueprint:
    """One site for every two technicians, from three up; each has two buildings."""
    shops = iter(SHOPS)
    names = [
        SITES[number % len(SITES)] + (f" {number // len(SITES) + 1}" if number >= len(SITES) else "")
        for number in range(_sites(technicians))
    ]
    sites = [_site(chance, name, shops) for name in names]
    half = (len(sites) + 1) // 2
    regions = (Place("North region", inside=tuple(sites[:half])), Place("South region", inside=tuple(sites[half:])))
    return Blueprint("Cornerstone Property Group", regions, hired(chance, TRADES, technicians), VENDORS, PARTS, billable_percent=22)


def _sites(technicians: int) -> int:
    return max(3, technicians // 2)


def _site(chance: random.Random, name: str, shops: Iterator[str]) -> Place:
    where = address(chance, chance.choice(TOWNS))
    buildings = tuple(_building(chance, f"{name} {letter}", where, next(shops, "")) for letter in "AB")
    gates = Equipment(
        f"{name} parking gate", "Access", "DoorKing 1601", (serial(chance),), (Job("Gate stuck", "Equipment", ENGINEER, (30, 90), (), 5),)
    )
    return Place(name, where, TENANTS.get(name, f"{name} Owners Association"), (gates,), buildings)


def _building(chance: random.Random, name: str, where: str, shop: str) -> Place:
    roof = Equipment(
        f"{name} RTU-1",
        "HVAC",
        chance.choice(("Trane Voyager 10 t", "Carrier 48TC 12 t", "Lennox Energence 8 t")),
        (serial(chance), installed(chance, 2006, 2023)),
        ROOFTOP,
        ROOFTOP_SCHEDULES,
        (Equipment(f"{name} RTU-1 compressor", "HVAC", "Copeland ZP", (serial(chance),), (), (), is_under_warranty=chance.random() < 0.3),),
        is_under_warranty=chance.random() < 0.2,
        capital="Replace rooftop unit",
    )
    panel = Equipment(
        f"{name} main panel",
        "Electrical",
        "Square D QO 400 A",
        (serial(chance),),
        PANEL,
        (Schedule("Yearly panel survey", ELECTRICIAN, (60, 120), 12),),
    )
    heater = Equipment(
        f"{name} water heater",
        "Plumbing",
        "A. O. Smith BTH-199",
        (serial(chance), installed(chance, 2012, 2024)),
        HEATER,
        (Schedule("Half-yearly flush", PLUMBER, (45, 75), 6),),
        capital="Replace water heater",
    )
    floors = tuple(_floor(chance, name, number, shop if number == 1 else "") for number in (1, 2, 3))
    return Place(f"Building {name}", where, "", (roof, panel, heater), floors)


def _floor(chance: random.Random, building: str, number: int, shop: str) -> Place:
    units = []
    for letter in "ab" if not shop else "a":
        name = f"{building} {number}{letter}"
        fixtures = Equipment(f"{name} fixtures", "Unit", "Standard fit-out 2019", (installed(chance, 2009, 2023),), UNIT)
        rooms = (Place(f"{name} bath", equipment=(fixtures,)), Place(f"{name} kitchen"))
        units.append(Place(f"{'Shop' if shop else 'Unit'} {name}", "", shop, (), rooms))
    return Place(f"{building} floor {number}", inside=tuple(units))
