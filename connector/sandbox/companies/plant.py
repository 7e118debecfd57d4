"""A food plant: campuses, plants, halls, lines, cells and stations, with machines built of machines; nearly all work is its own."""

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

TRADES = (
    Trade("Millwright", (42, 58)),
    Trade("Electrician", (48, 66)),
    Trade("Controls technician", (54, 74)),
    Trade("Utilities operator", (36, 48)),
)
MILLWRIGHT, ELECTRICIAN, CONTROLS, UTILITIES = (trade.name for trade in TRADES)
SITES = ("Plant", "Plant East", "Packing Center", "Cold Store", "Mill House", "Bottling")
# Who packs here under a brand of their own, and pays for what is broken on their line.
BRANDS = ("Orchard Valley Foods", "Northstar Provisions", "Sunrise Cereal Company")
PARTS = (
    StockedPart("Bearing 6205-2RS", "BRG-6205", "Drives", Decimal("12.80"), 160, 40),
    StockedPart("Roller chain 50-1R, 10 ft", "CHN-50", "Drives", Decimal("46.25"), 60, 15),
    StockedPart("Gearbox oil ISO 220, gallon", "OIL-220", "Lubricants", Decimal("31.10"), 200, 50),
    StockedPart("Pump seal 1.5 in", "SEA-150", "Pumps", Decimal("88.40"), 60, 15),
    StockedPart("Proximity sensor M12", "SNS-M12", "Controls", Decimal("37.90")),
    StockedPart("Solenoid valve 24 V", "VLV-24", "Controls", Decimal("72.15"), 50, 12),
    StockedPart("VFD fan kit", "VFD-FAN", "Controls", Decimal("54.00"), 24, 6),
    StockedPart("Motor starter 18 A", "STR-18", "Electrical", Decimal("143.70"), 24, 6),
    StockedPart("Fuse 30 A class J", "FUS-J30", "Electrical", Decimal("16.35"), 150, 40),
    StockedPart("Steam trap ½ in", "TRP-050", "Utilities", Decimal("129.00"), 30, 8),
    StockedPart("Compressor air filter", "FLT-AIR", "Utilities", Decimal("58.20"), 60, 15),
)
VENDORS = (
    Vendor("Keystone Rewind", MILLWRIGHT, "ar@keystonerewind.example", "Motor rewound", (420, 2_800)),
    Vendor("Lakeland Refrigeration", UTILITIES, "billing@lakelandref.example", "Ammonia system service", (600, 3_400)),
    Vendor("Precision Alignment", MILLWRIGHT, "office@precisionalign.example", "Laser alignment", (350, 1_200)),
    Vendor("Integra Automation", CONTROLS, "invoices@integra.example", "PLC programming", (480, 2_200)),
)
CONVEYOR = (
    Job("Belt slips", "Equipment", MILLWRIGHT, (30, 120), ("Roller chain 50-1R, 10 ft",), 9),
    Job("Bearing runs hot", "Equipment", MILLWRIGHT, (45, 150), ("Bearing 6205-2RS",), 8, SUMMER),
    Job("Photo eye blocked", "Electrical", CONTROLS, (15, 60), ("Proximity sensor M12",), 6),
)
FILLER = (
    Job("Fill weight drifts", "Equipment", CONTROLS, (30, 120), ("Solenoid valve 24 V",), 8),
    Job("Product pump leaks", "Equipment", MILLWRIGHT, (60, 180), ("Pump seal 1.5 in",), 7),
)
DRIVE = (
    Job("Drive trips on overload", "Electrical", ELECTRICIAN, (30, 120), ("Fuse 30 A class J", "Motor starter 18 A"), 5, SUMMER),
    Job("Drive overheats", "Electrical", CONTROLS, (30, 90), ("VFD fan kit",), 4, SUMMER),
)
COMPRESSOR = (
    Job("Air pressure low", "Equipment", UTILITIES, (45, 150), ("Compressor air filter",), 5),
    Job("Dryer freezes", "HVAC", UTILITIES, (60, 120), (), 3, SUMMER),
)
BOILER = (
    Job("Steam trap blows through", "Plumbing", UTILITIES, (45, 120), ("Steam trap ½ in",), 6, WINTER),
    Job("Low-water cutoff trips", "Plumbing", UTILITIES, (60, 180), (), 3, WINTER, permit=True),
)
LINE_SCHEDULES = (Schedule("Monthly lubrication", MILLWRIGHT, (30, 75), 1, parts=("Gearbox oil ISO 220, gallon",)),)
METERED = (Schedule("Change of gearbox oil", MILLWRIGHT, (60, 120), 0, 2_000, "run hours", (380, 640), ("Gearbox oil ISO 220, gallon",)),)


def plant(chance: random.Random, technicians: int) -> Blueprint:
    """One site for every six technicians; each has lines of three cells, and its utilities."""
    count = max(2, technicians // 6)
    names = [SITES[number] if number < len(SITES) else f"Plant {number + 1}" for number in range(count)]
    sites = tuple(_site(chance, name, number) for number, name in enumerate(names))
    campus = Place("Main campus", inside=sites)
    return Blueprint("Hartland Foods Manufacturing", (campus,), hired(chance, TRADES, technicians), VENDORS, PARTS, billable_percent=6)


def _site(chance: random.Random, name: str, number: int) -> Place:
    boiler = Equipment(
        f"{name} boiler",
        "Utilities",
        "Cleaver-Brooks CBEX 200 hp",
        (serial(chance), installed(chance, 1998, 2019)),
        BOILER,
        (Schedule("Monthly blow-down and water test", UTILITIES, (30, 60), 1),),
        capital="Retube boiler",
    )
    compressor = Equipment(
        f"{name} air compressor",
        "Utilities",
        "Sullair 3000 75 hp",
        (serial(chance), installed(chance, 2008, 2022)),
        COMPRESSOR,
        (Schedule("Air-end service", UTILITIES, (90, 150), 0, 4_000, "run hours", (550, 720), ("Compressor air filter",)),),
        is_under_warranty=chance.random() < 0.3,
        capital="Replace air compressor",
    )
    utilities = Place(f"{name} utilities", equipment=(boiler, compressor))
    halls = tuple(_hall(chance, f"{name} hall {hall}", BRANDS[(number + hall) % len(BRANDS)] if hall == 2 else "") for hall in (1, 2))
    return Place(name, address(chance, TOWNS[number % len(TOWNS)]), "", (), (*halls, utilities))


def _hall(chance: random.Random, name: str, brand: str) -> Place:
    lines = tuple(_line(chance, f"{name} line {number}", brand if number == 1 else "") for number in (1, 2))
    return Place(name, inside=lines)


def _line(chance: random.Random, name: str, brand: str) -> Place:
    def drive(of: str) -> Equipment:
        return Equipment(f"{of} drive", "Drives", "SEW KA47 5 hp", (serial(chance),), DRIVE, METERED)

    conveyor = Equipment(
        f"{name} conveyor",
        "Conveying",
        "Dorner AquaGard 7350",
        (serial(chance), installed(chance, 2010, 2023)),
        CONVEYOR,
        LINE_SCHEDULES,
        (drive(f"{name} conveyor"),),
    )
    filler = Equipment(
        f"{name} filler",
        "Filling",
        "All-Fill B-350",
        (serial(chance), installed(chance, 2011, 2024)),
        FILLER,
        (Schedule("Quarterly calibration", CONTROLS, (45, 90), 3),),
        (drive(f"{name} filler"),),
        is_under_warranty=chance.random() < 0.25,
        capital="Rebuild filler",
    )
    stations = (Place(f"{name} infeed", equipment=(conveyor,)), Place(f"{name} filling station", equipment=(filler,)))
    return Place(name, "", brand, (), (Place(f"{name} cell 1", inside=stations),))
