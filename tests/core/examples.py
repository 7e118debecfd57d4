"""Small, memorable values for the core's tests: WO-4711 is a leaking pump at Riverside."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connector.core.costing import CostKind, LaborRate
from connector.core.identity import Identity
from connector.core.mapping import AccountFact, DocumentKind, Fact, InvoiceRules, Lookup, Mapping
from connector.core.posting import Expectation, LedgerDocument, LedgerLine
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference, WorkOrder

KIM = Reference("u1", "kim@example.com")
PUMP_SEAL = Reference("p1", "Pump seal")
PUMP = Identity("realm-1", "upkeep", "", "4711", "cost")


def work_order(**changed: Any) -> WorkOrder:
    facts: dict[str, Any] = {
        "id": "wo4711",
        "number": "4711",
        "site": "",
        "title": "Leaking pump",
        "status": "complete",
        "category": "HVAC",
        "updated_at": datetime(2026, 1, 6, 16, 2, tzinfo=UTC),
        "completed_at": datetime(2026, 1, 6, 16, 2, tzinfo=UTC),
        "location": Reference("l1", "Riverside"),
        "labor": (LaborEntry("t1", KIM, Decimal(5400), Decimal("45.00"), "time entry"),),
        "parts": (PartUsage("u1", PUMP_SEAL, Decimal(3), Decimal("12.35"), "part usage"),),
        "other": (OtherCost("c1", "Disposal", "Oil disposal", Decimal("40.00")),),
    }
    return WorkOrder(**(facts | changed))


def fact(value: str, line: int = 1) -> Fact:
    return Fact(value, f"mapping.yaml:{line}")


def mapping(**changed: Any) -> Mapping:
    facts: dict[str, Any] = {
        "file": "mapping.yaml",
        "digest": "d1",
        "debits": (
            AccountFact(fact("Repairs"), "", None),
            AccountFact(fact("Parts expense"), "", CostKind.PARTS),
            AccountFact(fact("HVAC repairs"), "hvac", None),
            AccountFact(fact("HVAC labor"), "hvac", CostKind.LABOR),
        ),
        "credits": {CostKind.LABOR: fact("Labor applied"), CostKind.PARTS: fact("Parts inventory"), CostKind.OTHER: fact("Accrued")},
        "invoice": InvoiceRules(customer=Lookup("location", {"riverside": fact("Riverside Apartments")})),
    }
    return Mapping(**(facts | changed))


def rate(per_hour: str, valid_from: date, worker: str = "") -> LaborRate:
    return LaborRate(worker, valid_from, Decimal(per_hour), "mapping.yaml:9")


def expectation(**changed: Any) -> Expectation:
    facts: dict[str, Any] = {
        "kind": DocumentKind.JOURNAL_ENTRY,
        "marker": "4711-ABCDEFGHIJKLM",
        "date": date(2026, 1, 6),
        "currency": "USD",
        "total": Decimal("10.00"),
        "lines": (LedgerLine("60", Decimal("10.00")), LedgerLine("21", Decimal("-10.00"))),
    }
    return Expectation(**(facts | changed))


def ledger_document(**changed: Any) -> LedgerDocument:
    facts: dict[str, Any] = {
        "id": "146",
        "kind": DocumentKind.JOURNAL_ENTRY,
        "marker": "4711-ABCDEFGHIJKLM",
        "status": "live",
        "date": date(2026, 1, 6),
        "currency": "USD",
        "total": Decimal("10.00"),
        "lines": (LedgerLine("60", Decimal("10.00")), LedgerLine("21", Decimal("-10.00"))),
    }
    return LedgerDocument(**(facts | changed))
