"""UpKeep by hand: a source over answers that a test writes down, and over the stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from connector.core.keys import Need
from connector.sandbox.clock import SandboxClock
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from connector.upkeep.official import UpKeepSource
from connector.upkeep.source import WorkOrderHead
from tests.ledgers.rig import TestClock

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DONE = "2026-02-20T17:00:00.000Z"
HEAD = WorkOrderHead("HW2I379ErS", "150", "complete", datetime(2026, 2, 20, 17, tzinfo=UTC))
Handler = Callable[[httpx.Request], httpx.Response]


def moment(seconds: int) -> str:
    """So many seconds after a day's beginning, as UpKeep writes it."""
    at = datetime(2026, 2, 20, tzinfo=UTC) + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def order(**fields: Any) -> dict[str, Any]:
    """A readable work order with nothing on it; a field of None is left out by whoever asks for that."""
    return {
        "id": HEAD.id,
        "workOrderNo": "150",
        "title": "Repair sink",
        "status": "complete",
        "updatedAt": DONE,
        "dateCompleted": DONE,
    } | fields


@dataclass
class Records:
    """The records that work orders point at, in memory."""

    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    needs: frozenset[Need] = frozenset()
    others: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def user(self, identifier: str) -> Mapping[str, Any]:
        return self.users.get(identifier, {})

    def part(self, identifier: str) -> Mapping[str, Any]:
        return self.parts.get(identifier, {})

    def named(self, kind: str, identifier: str) -> str:
        return self.names.get(identifier, "")

    def record(self, kind: str, identifier: str) -> Mapping[str, Any]:
        return self.others.get(identifier, {})


def source_over(
    handler: Handler | httpx.BaseTransport, *, clock: Any = None, token: str = "", page_size: int = 100, **more: Any
) -> UpKeepSource:
    return UpKeepSource(
        base_url="https://upkeep.example",
        email=more.pop("email", "admin@sandbox.example"),
        password=more.pop("password", "Sandbox-Pass-1"),
        token=token,
        company="upkeep",
        site="",
        clock=clock or TestClock(),
        page_size=page_size,
        transport=handler if isinstance(handler, httpx.BaseTransport) else httpx.MockTransport(handler),
        **more,
    )


@dataclass
class Answers:
    """A service written down by path: a value is JSON, a response is given as it is, a list is used up one by one."""

    by_path: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    ends: str = "2027-01-01T00:00:00.000Z"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v2")
        self.asked.append(path)
        found = self.by_path.get(path)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        if isinstance(found, httpx.Response):
            return httpx.Response(found.status_code, headers=found.headers, content=found.content)
        if path == "/auth" and found is None:
            return httpx.Response(200, json={"success": True, "result": {"sessionToken": "r:1", "expiresAt": self.ends}})
        if found is None:
            return httpx.Response(404, json={"success": False, "message": "not found"})
        return httpx.Response(200, content=json.dumps(found))


class StandIn:
    """The stand-in under one setting of its switches, and a source that reads it."""

    def __init__(self, *, page_size: int = 100, time_unit: str = "minutes", token: str = "", **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.sandbox = Sandbox.create(clock=self.clock, switches={**switches, "time_unit": time_unit})
        self.vendor = self.sandbox.vendors.upkeep
        transport = SandboxTransport(self.sandbox.upkeep.handle)
        self.person = httpx.Client(transport=transport, base_url="https://upkeep.example/api/v2")
        self.person.headers["Session-Token"] = self.vendor.organization_token
        self.source = source_over(transport, clock=Ticking(self.clock), token=token, page_size=page_size, time_unit=time_unit)

    def create(self, kind: str, **fields: Any) -> str:
        answer = self.person.post(f"/{kind}", content=json.dumps(fields, default=str), headers={"content-type": "application/json"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["result"]["id"])

    def orders(self, count: int, **fields: Any) -> list[str]:
        return [self.create("work-orders", **({"title": f"Job {n}", "updatedAt": moment(n)} | fields)) for n in range(1, count + 1)]

    def walk(self, since: datetime | None = None) -> list[str]:
        return [head.id for head in self.source.changed_since(since)]

    def money(self, identifier: str) -> tuple[list[tuple[Decimal, Decimal | None]], list[tuple[Decimal, Decimal | None]], Decimal]:
        """Seconds and rate of labor, quantity and unit cost of parts, the sum of the rest."""
        read = self.source.read(WorkOrderHead(identifier, "1", "complete", HEAD.updated_at))
        assert read.work_order is not None
        assert read.problems == ()
        labor = [(entry.seconds, entry.rate_per_hour) for entry in read.work_order.labor]
        parts = [(usage.quantity, usage.unit_cost) for usage in read.work_order.parts]
        return labor, parts, sum((cost.amount for cost in read.work_order.other), Decimal(0))


@dataclass
class Ticking:
    """The stand-in's clock as the connector's: sleeping moves it."""

    clock: SandboxClock
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.clock.now()

    def monotonic(self) -> float:
        return self.clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)
