"""Where a rig's processes work: the sandbox over sockets, a configuration, a real database, and the nursery that starts them."""

from __future__ import annotations

import itertools
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from cryptography.fernet import Fernet

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.cli.sandbox_config import plain_mapping_text
from connector.sandbox.wire import Request, Response
from connector.store.engine import url_of
from connector.store.vault import KEY_VARIABLE
from tests.rig.child import LEASE_VARIABLE, STRIKE_VARIABLE, kind_of
from tests.rig.nursery import Child, Nursery
from tests.store.databases import PostgresServer

# D and T of docs/exactly-once.md: far above what the stand-ins take to commit.
SETTLE_SECONDS = 0.3
# What a writer that died on a server was sending may leave until then.
LEASE_SECONDS = 2.0

# A ledger that helps with nothing: it remembers no idempotency key and takes any number twice, so that only our own protocol protects.
# (Xero's invoice numbers stay unique: that is documented and not a setting.)
UNHELPFUL = {"key_life_seconds": 0, "warn_duplicate_journal_number": False, "custom_txn_numbers": False}

Hook = Callable[[Request], None]


def nothing(_request: Request) -> None:
    """Let the request pass."""


class Watched:
    """A stand-in's rules with somebody who looks on: called when a request is whole, and when it has been done but not answered."""

    def __init__(self, vendor: Any, settle_seconds: float) -> None:
        self._vendor = vendor
        self._settle_seconds = settle_seconds
        self.on_arrival: Hook = nothing
        self.on_commit: Hook = nothing
        self.child: Child | None = None
        self.late = 0  # writes done later than D after their sender's death: the rig itself broke the assumption

    def __getattr__(self, name: str) -> Any:
        return getattr(self._vendor, name)

    def handle(self, request: Request) -> Response:
        self.on_arrival(request)
        answer: Response = self._vendor.handle(request)
        child = self.child
        if kind_of(request.method, request.path) and child is not None and child.ended.is_set():
            self.late += time.monotonic() - child.ended_at > self._settle_seconds
        self.on_commit(request)
        return answer


@dataclass
class Ground:
    """One connection from the sandbox's UpKeep to one of its ledgers, worked by real processes."""

    running: RunningSandbox
    ledger: str
    document: str
    address: str
    config: Path
    nursery: Nursery
    environment: dict[str, str]
    upkeep: httpx.Client
    engine: sa.Engine
    watched: Watched
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1001))

    @property
    def on_server(self) -> bool:
        """Whether the records are on PostgreSQL."""
        return not self.address.endswith(".db")

    # --- UpKeep -----------------------------------------------------------------------------------------------------------------

    def work_order(self, cents: int = 10_000, **fields: Any) -> str:
        """A completed work order with a cost of that many cents, split over two lines; its number."""
        number = str(next(self.numbers))
        crane, rest = cents // 3, cents - cents // 3
        body = {
            "title": f"Job {number}",
            "workOrderNo": number,
            "category": "HVAC",
            "status": "complete",
            "dateCompleted": "2026-02-20T17:00:00.000Z",
            "additionalCosts": [
                {"description": "Crane", "category": "Rental", "cost": money(crane)},
                {"description": "Permit", "category": "Permit", "cost": money(rest)},
            ],
        } | fields
        self.upkeep.post("/api/v2/work-orders", json=body).raise_for_status()
        return number

    # --- the processes ----------------------------------------------------------------------------------------------------------

    def start(self, command: str = "sync", *, strike: str = "", cold: bool = False, watched: bool = True) -> Child:
        """Start a connector process; `strike` is child.py's."""
        environment = self.environment | {STRIKE_VARIABLE: strike}
        child = self.nursery.start([command, "--config", str(self.config), "--json"], environment, cold=cold)
        if watched:
            self.watched.child = child
        return child

    def run(self, command: str = "sync") -> Child:
        """A connector process that nobody disturbs, to its end."""
        child = self.start(command)
        child.wait()
        return child

    def cut_off_from_the_server(self) -> None:
        """End every session that the frozen process has at the server: its advisory locks go with them."""
        with self.engine.connect() as connection:
            connection.execute(
                sa.text(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

    # --- what is there ----------------------------------------------------------------------------------------------------------

    def rows(self, sql: str) -> list[Any]:
        """What the connector's own tables say."""
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(sql)))

    def oracle(self, what: str) -> Any:
        """What the ledger's oracle says over HTTP."""
        return httpx.get(f"{self.running.addresses[self.ledger]}/_sandbox/{what}", timeout=60).raise_for_status().json()


def money(cents: int) -> str:
    """Cents as UpKeep writes an amount."""
    return f"{cents // 100}.{cents % 100:02d}"


@contextmanager
def ground(
    nursery: Nursery,
    ledger: str,
    document: str,
    postgres: PostgresServer | None = None,
    *,
    switches: Mapping[str, Any] | None = None,
    batch_from: int = 0,
) -> Iterator[Ground]:
    """A fresh company, fresh books and an empty database that nothing has opened yet. `switches`: the ledger stand-in's."""
    with running_sandbox(Filling(orders=0, document=document)) as running:
        running.sandbox.company.switches.update(switches or {})
        running.sandbox.vendors.quickbooks.switches.update(switches or {})
        watched = Watched(getattr(running.sandbox.vendors, ledger), SETTLE_SECONDS)
        getattr(running.sandbox, ledger).vendor = watched
        (running.folder / "mapping.yaml").write_text(plain_mapping_text(running.sandbox.company.currency), "utf-8")
        address = postgres.create() if postgres else str(running.folder / "connector.db")
        engine = sa.create_engine(url_of(address), poolclass=sa.pool.NullPool)
        environment = {KEY_VARIABLE: Fernet.generate_key().decode(), LEASE_VARIABLE: str(LEASE_SECONDS)} if postgres else {}
        with httpx.Client(base_url=running.addresses["upkeep"], timeout=60) as upkeep:
            _sign_in(running, upkeep)
            config = _configured(running, ledger, address, batch_from)
            yield Ground(running, ledger, document, address, config, nursery, environment, upkeep, engine, watched)
        engine.dispose()


def _sign_in(running: RunningSandbox, upkeep: httpx.Client) -> None:
    vendor = running.sandbox.vendors.upkeep
    answer = upkeep.post("/api/v2/auth", json={"email": vendor.email, "password": vendor.password}).raise_for_status()
    upkeep.headers["Session-Token"] = answer.json()["result"]["sessionToken"]


def _configured(running: RunningSandbox, ledger: str, address: str, batch_from: int) -> Path:
    text = re.sub(r'(?m)^database: ".*"$', f'database: "{address}"', running.config[ledger])
    text = re.sub(r"(?m)^( *settle_seconds): .*$", rf"\1: {SETTLE_SECONDS}\n    batch_from: {batch_from}", text)
    config = running.folder / "config.yaml"
    config.write_text(text, "utf-8")
    return config


class Tripwire:
    """Strikes a process from the ledger's side: as its n-th request or write arrives, is done, or some moments after."""

    def __init__(self, watched: Watched, act: Callable[[], None], *, when: str, nth: int, writes_only: bool, seconds: float = 0.0) -> None:
        self._watched = watched
        self._act = act
        self._left = nth
        self._writes_only = writes_only
        self._timer = threading.Timer(seconds, act) if seconds else None
        if when == "arrives":
            watched.on_arrival = self._at
        else:
            watched.on_commit = self._at

    def _at(self, request: Request) -> None:
        if self._writes_only and kind_of(request.method, request.path) not in ("create", "phase two"):
            return
        self._left -= 1
        if self._left:
            return
        if self._timer is not None:
            self._timer.start()
        else:
            self._act()

    def disarm(self) -> None:
        """Nothing more is struck."""
        self._watched.on_arrival = self._watched.on_commit = nothing
        if self._timer is not None:
            self._timer.cancel()
            if self._timer.ident is not None:
                self._timer.join()
