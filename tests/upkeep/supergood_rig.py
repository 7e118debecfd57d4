"""The normalised API in process: its stand-in over a company with some work orders, a vault in memory, a clock that sleeping moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from connector.core.contract import Contract
from connector.core.source_session import SourceSession
from connector.sandbox.clock import SandboxClock
from connector.sandbox.supergood.catalogue import FIELDS, HEADERS, PARAMS, PATHS, SESSION_FIELDS
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from connector.upkeep.source import WorkOrderHead, WorkOrderRead
from connector.upkeep.supergood.source import SupergoodSource
from tests.stage import START, SharedClock


@dataclass
class Vault:
    """Sessions in memory; `locked` counts who holds the sign-in."""

    session: SourceSession = field(default_factory=SourceSession)
    locked: int = 0

    def load(self) -> SourceSession:
        return self.session

    def save(self, session: SourceSession) -> None:
        assert self.locked, "a session is written under its lock only"
        self.session = session

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        assert not self.locked, "the lock of a session is not taken twice"
        self.locked += 1
        try:
            yield
        finally:
            self.locked -= 1


class Rig:
    """One company, and as many clients of it as a test needs."""

    def __init__(self, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.sandbox = Sandbox.create(clock=self.clock, supergood=switches)
        self.vendor, self.shell = self.sandbox.vendors.supergood, self.sandbox.supergood
        self.records = self.vendor.records
        self.vault = Vault()
        self.before_call: Callable[[httpx.Request], None] = lambda request: None

    def source(self, contract: Contract | None = None, *, totp: bool = True, clock: Any = None, **login: Any) -> SupergoodSource:
        def handler(request: httpx.Request) -> httpx.Response:
            self.before_call(request)
            return SandboxTransport(self.shell.handle).handle_request(request)

        told = {"username": self.vendor.username, "password": self.vendor.password, "totp_secret": self.vendor.totp_secret if totp else ""}
        return SupergoodSource(
            base_url="http://127.0.0.1:4",
            **(told | login),
            company="upkeep",
            site="",
            clock=clock or SharedClock(self.clock),
            sessions=self.vault,
            contract=contract or Contract(),
            transport=httpx.MockTransport(handler),
        )

    def order(self, number: int, at: int | None = None, **fields: Any) -> str:
        """A completed work order that changed so many seconds after a day's beginning."""
        stamp = datetime.fromtimestamp(1_771_545_600 + (number if at is None else at), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        body = {
            "title": f"Job {number}", "workOrderNo": str(number), "status": "complete", "dateCompleted": stamp, "updatedAt": stamp,
            "additionalCosts": [{"description": "Crane", "category": "Rental", "cost": "100.00"}],
        }  # fmt: skip
        return str(self.records.create("work-orders", body | fields)["id"])

    def touch(self, number: int) -> None:
        """Somebody saves the work order now."""
        self.clock.advance(1)
        record = next(r for r in self.records.by_kind["work-orders"].values() if r["workOrderNo"] == str(number))
        self.records.touch(record)

    def paths(self, method: str = "GET") -> list[str]:
        return [entry["path"] for entry in self.shell.log if entry["method"] == method]


def numbers(heads: Iterator[WorkOrderHead] | list[WorkOrderHead]) -> list[str]:
    return [head.number for head in heads]


def read_all(source: SupergoodSource) -> dict[str, WorkOrderRead]:
    return {head.number: source.read(head) for head in source.changed_since(None)}


def customers_contract(**more: Any) -> Contract:
    """The contract of the catalogue's invented customer, as a configuration would say it."""
    default, theirs = Contract(), {ours: there for there, ours in PATHS["customer"].items()}
    names = default.names | {ours: there for there, ours in PARAMS["customer"].items() if ours in default.names}
    names |= {ours: there for ours, there in SESSION_FIELDS["customer"].items() if ours in default.names}
    words = FIELDS["customer"]
    fields = {
        "id": words["id"], "number": words["number"], "status": words["status"], "updated_at": words["updated_at"],
        "completed_at": words["completed_at"], "labor": words["labor"], "parts": words["parts"],
        "additional_costs": words["additional_costs"], "category": words["category"], "labor_id": words["id"],
        "labor_time": words["hours"], "labor_rate": words["rate"], "labor_category": words["cost_code"], "part_id": words["part_id"],
        "part_quantity": words["quantity"], "part_unit_cost": words["unit_cost"], "additional_id": words["id"],
        "additional_category": words["category"], "additional_amount": words["amount"],
        "session_token": SESSION_FIELDS["customer"]["token"], "session_ends": SESSION_FIELDS["customer"]["expires_at"],
    }  # fmt: skip
    header, _ = HEADERS["customer"]
    return replace(
        default,
        paths={
            "sign_in": theirs["/sessions"], "refresh": theirs["/sessions/refresh"], "work_orders": theirs["/work-orders"],
            "work_order": theirs["/work-orders"] + "/{id}",
        },
        names=names,
        fields=default.fields | {name: (f"/{word}",) for name, word in fields.items()},
        header=header,
        scheme="",
        **more,
    )  # fmt: skip
