"""A month of maintenance, invented from a seed: the same HTTP requests that a user's program would make at UpKeep."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connector.sandbox.client import UpKeepClient

MONTH = datetime(2026, 1, 1, 14, 0, tzinfo=UTC)
WORKERS = (("Kim", "Ito", "55.00"), ("Lee", "Okafor", "48.50"), ("Sam", "Alvarez", "61.25"))
PARTS = (
    ("Pump seal", "12.35"),
    ("Air filter 20×25", "18.40"),
    ("Contactor 40A", "64.90"),
    ("V-belt B52", "23.15"),
    ("Relief valve", "142.00"),
)
PLACES = ("Riverside", "Harbor", "Northgate", "Plant")
JOBS = (
    ("HVAC", "Rooftop unit not cooling"),
    ("Electrical", "Breaker trips in panel B"),
    ("Plumbing", "Leak under basin"),
    ("Equipment", "Conveyor belt slips"),
    ("Preventive", "Quarterly inspection"),
)
RENTALS = (("Crane rental", "Rental", "180.00"), ("Disposal fee", "Disposal", "35.50"), ("Permit", "Permit", "60.00"))
# One work order in so many has something wrong or odd with it, each kind in turn.
TROUBLE_EVERY = 9


def fill(client: httpx.Client, *, seed: int, orders: int, email: str = "admin@sandbox.example", password: str = "Sandbox-Pass-1") -> None:  # noqa: S107 the sandbox's own
    """Sign in to UpKeep and enter people, parts, places and so many work orders of January 2026."""
    chance = random.Random(seed)  # noqa: S311 invented data, not a secret
    upkeep = UpKeepClient(client)
    upkeep.sign_in(email, password)
    users = [upkeep.enter("users", _user(first, last, rate)) for first, last, rate in WORKERS]
    users.append(upkeep.enter("users", {"email": "temp@sandbox.example", "accountType": "LIMITED", "firstName": "New", "lastName": "Hire"}))
    parts = [upkeep.enter("parts", {"name": name, "cost": cost, "quantity": 100}) for name, cost in PARTS]
    parts.append(upkeep.enter("parts", {"name": "Gasket without a price", "quantity": 5}))
    places = [upkeep.enter("locations", {"name": name}) for name in PLACES]
    for number in range(1, orders + 1):
        order = _order(chance, number, orders, users, parts, places)
        if number % TROUBLE_EVERY == 0:
            _trouble(order, number // TROUBLE_EVERY, users, parts)
        upkeep.enter("work-orders", order)


def _user(first: str, last: str, rate: str) -> dict[str, Any]:
    email = f"{first.lower()}@sandbox.example"
    return {"email": email, "accountType": "TECHNICIAN", "firstName": first, "lastName": last, "hourlyRate": rate}


def _order(chance: random.Random, number: int, orders: int, users: list[Any], parts: list[Any], places: list[Any]) -> dict[str, Any]:
    category, title = chance.choice(JOBS)
    done = MONTH + timedelta(minutes=(30 * 24 * 60 * number) // (orders + 1))
    worker = chance.choice(users[:-1])
    stamp = done.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    order: dict[str, Any] = {
        "workOrderNo": str(1000 + number),
        "title": title,
        "category": category,
        "priority": chance.randint(0, 3),
        "status": "complete",
        "dateCompleted": stamp,
        "updatedAt": stamp,
        "location": chance.choice(places)["id"],
        "completedByUser": worker["id"],
        "timeLogs": [
            {"user": worker["id"], "dateStarted": stamp, "duration": chance.choice((20, 45, 60, 90, 135)), "category": "Wrench Time"}
            for _ in range(chance.randint(1, 2))
        ],
        "parts": [
            {"id": part["id"], "quantity": chance.randint(1, 4), "cost": part["cost"]}
            for part in chance.sample(parts[:-1], chance.randint(0, 2))
        ],
    }
    if chance.random() < 0.3:
        description, kind, cost = chance.choice(RENTALS)
        order["additionalCosts"] = [{"description": description, "category": kind, "cost": cost}]
    return order


def _trouble(order: dict[str, Any], kind: int, users: list[Any], parts: list[Any]) -> None:
    """What real accounts hold: a new hire without a rate, a part without a price, free work, a credit, emoji, open and unreadable ones."""
    if kind % 7 == 1:
        order["timeLogs"] = [{"user": users[-1]["id"], "duration": 60}]
    elif kind % 7 == 2:
        order["parts"] = [{"id": parts[-1]["id"], "quantity": 1}]
    elif kind % 7 == 3:
        order.update(timeLogs=[], parts=[], additionalCosts=[])
    elif kind % 7 == 4:
        order["additionalCosts"] = [{"description": "Core return", "category": "Credit", "cost": "-25.00"}]
    elif kind % 7 == 5:
        order["title"] = "🔧 " + order["title"] + " — " + "very long " * 60
    elif kind % 7 == 6:
        order["status"] = "inProgress"
    else:
        order["additionalCosts"] = [{"description": "Crane rental", "category": "Rental", "cost": "see invoice"}]
