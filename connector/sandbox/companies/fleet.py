"""A truck fleet: regions, depots, workshops and bays; vehicles with what is built on them, serviced by the mile; lessees pay for damage."""

from __future__ import annotations

import random
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

TRADES = (Trade("Diesel mechanic", (40, 58)), Trade("Trailer mechanic", (32, 44)), Trade("Refrigeration technician", (44, 60)))
DIESEL, TRAILER, COLD = (trade.name for trade in TRADES)
SITES = ("Riverside", "Northgate", "Lockport", "Quad Cities", "Fox Valley", "Calumet")
LESSEES = ("Meridian Produce", "Coastline Freight", "Harvest Lane Dairy", "Redbrick Beverages")
VEHICLES_PER_BAY = 4
PARTS = (
    StockedPart("Engine oil 15W-40, gallon", "OIL-1540", "Engine", Decimal("17.90"), 600, 150),
    StockedPart("Oil filter LF14000", "FLT-LF14", "Engine", Decimal("34.20"), 120, 30),
    StockedPart("Fuel filter kit", "FLT-FS20", "Engine", Decimal("61.75"), 80, 20),
    StockedPart("Battery group 31", "BAT-31", "Electrical", Decimal("154.00"), 60, 15),
    StockedPart("Marker lamp LED", "LMP-M1", "Electrical", Decimal("8.65"), 200, 50),
    StockedPart("Brake shoe set 4707", "BRK-4707", "Brakes", Decimal("92.30"), 80, 20),
    StockedPart("Brake chamber 30/30", "BRK-3030", "Brakes", Decimal("58.45"), 60, 15),
    StockedPart("Steer tire 295/75R22.5", "TIR-295", "Tires", Decimal("412.00"), 60, 15),
    StockedPart("Mud flap", "FLP-24", "Body", Decimal("19.10"), 100, 25),
    StockedPart("Reefer belt", "BLT-RF1", "Refrigeration", Decimal("47.85"), 50, 12),
    StockedPart("Lift-gate pump", "PMP-LG", "Body", Decimal("338.00"), 12, 3),
)
VENDORS = (
    Vendor("Interstate Towing", DIESEL, "dispatch@interstatetowing.example", "Heavy tow", (380, 1_600)),
    Vendor("Badger Tire", TRAILER, "ar@badgertire.example", "Road-side tire service", (260, 780)),
    Vendor("Polar Transport Refrigeration", COLD, "billing@polartransport.example", "Compressor rebuilt", (700, 2_600)),
    Vendor("Great Lakes Collision", DIESEL, "estimates@glcollision.example", "Frame straightened", (900, 4_200)),
)
TRUCK = (
    Job("Check-engine lamp", "Vehicles", DIESEL, (45, 180), ("Fuel filter kit",), 9),
    Job("Does not start", "Electrical", DIESEL, (30, 120), ("Battery group 31",), 7, WINTER),
    Job("Brakes pull", "Vehicles", DIESEL, (90, 240), ("Brake shoe set 4707", "Brake chamber 30/30"), 7),
    Job("Steer tire worn", "Vehicles", TRAILER, (45, 90), ("Steer tire 295/75R22.5",), 6, SUMMER),
    Job("Cab air conditioning warm", "HVAC", DIESEL, (60, 150), (), 5, SUMMER),
)
BODY = (
    Job("Marker lamps out", "Electrical", TRAILER, (15, 45), ("Marker lamp LED", "Mud flap"), 7),
    Job("Lift gate does not rise", "Equipment", TRAILER, (60, 180), ("Lift-gate pump",), 4),
)
REEFER = (
    Job("Box warm", "HVAC", COLD, (60, 210), ("Reefer belt",), 9, SUMMER),
    Job("Alarm code 31", "HVAC", COLD, (30, 90), (), 5),
)
WORKSHOP = (
    Job("Lift slow", "Equipment", DIESEL, (45, 120), (), 3),
    Job("Floor drain backs up", "Plumbing", TRAILER, (30, 90), (), 3, WINTER, permit=True),
)
SERVICE = (
    Schedule("PM-A service", DIESEL, (60, 105), 0, 15_000, "miles", (5_200, 9_400), ("Engine oil 15W-40, gallon", "Oil filter LF14000")),
    Schedule("Yearly DOT inspection", DIESEL, (75, 120), 12),
)
REEFER_SERVICE = (Schedule("Reefer service", COLD, (60, 90), 0, 1_500, "engine hours", (180, 420), ("Reefer belt",)),)


def fleet(chance: random.Random, technicians: int) -> Blueprint:
    """One depot for every five technicians, with two bays for each; four trucks belong to a bay."""
    count = max(2, technicians // 5)
    depots = tuple(
        _depot(chance, SITES[n] if n < len(SITES) else f"Depot {n + 1}", n, max(2, technicians * 2 // count)) for n in range(count)
    )
    half = (count + 1) // 2
    regions = (Place("West", inside=depots[:half]), Place("East", inside=depots[half:]))
    return Blueprint("Ironwood Fleet Leasing", regions, hired(chance, TRADES, technicians), VENDORS, PARTS, billable_percent=18)


def _depot(chance: random.Random, name: str, number: int, bays: int) -> Place:
    lift = Equipment(
        f"{name} vehicle lift",
        "Workshop",
        "Stertil-Koni Skylift",
        (serial(chance), installed(chance, 2009, 2021)),
        WORKSHOP,
        (Schedule("Yearly lift inspection", TRAILER, (60, 90), 12),),
        capital="Replace vehicle lift",
    )
    homes = tuple(_bay(chance, name, number, bay) for bay in range(1, bays + 1))
    workshop = Place(f"{name} workshop", equipment=(lift,), inside=homes)
    return Place(name, address(chance, TOWNS[number % len(TOWNS)]), "", (), (workshop,))


def _bay(chance: random.Random, depot: str, number: int, bay: int) -> Place:
    lessee = LESSEES[(number + bay) % len(LESSEES)] if bay % 2 else ""
    trucks = tuple(_truck(chance, f"{depot[:3].upper()}-{bay:02}{unit}") for unit in range(1, VEHICLES_PER_BAY + 1))
    return Place(f"{depot} bay {bay}", "", lessee, trucks)


def _truck(chance: random.Random, unit: str) -> Equipment:
    year = chance.randint(2015, 2025)
    body = Equipment(f"Body {unit}", "Body", "Morgan 26 ft", (serial(chance),), BODY)
    reefer = Equipment(
        f"Reefer {unit}", "Refrigeration", "Thermo King T-1080", (serial(chance),), REEFER, REEFER_SERVICE, is_under_warranty=year >= 2023
    )
    model = chance.choice(("Freightliner M2 106", "International MV607", "Hino L6"))
    fields = (serial(chance), ("Installed", str(year)))
    return Equipment(
        f"Truck {unit}", "Vehicles", model, fields, TRUCK, SERVICE, (body, reefer), is_under_warranty=year >= 2024, capital="Replace engine"
    )
