"""A stage for tests: the real flows, the real store on SQLite, the real clients, and the sandbox in-process on a clock that we own."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from connector.cli.sandbox_config import SandboxFacts, config_texts, plain_mapping_text
from connector.config.mapping_file import load_mapping
from connector.config.settings import ConnectionConfig, LedgerConfig, load_config
from connector.core.customer_link import CustomerLink, folded
from connector.core.mapping import DocumentKind, Mapping
from connector.flows.customers import called_in, customers_of
from connector.flows.sync import SyncReport, sync
from connector.flows.world import InOrder, Sends, World
from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from connector.source_wiring import Transports
from connector.store.connection_store import Database
from connector.store.shelf import shelf_of
from connector.wiring import limiter_of, world_of
from tests.store.databases import migrated_file

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def batches_from(documents: int) -> tuple[str, str]:
    """The change of a configuration in which so many documents leave in batches; 0: each always alone."""
    return ("    settle_seconds:", f"    batch_from: {documents}\n    settle_seconds:")


ALONE = batches_from(0)


class SharedClock:
    """The sandbox's clock as the connector's, which may be set wrong: sleeping moves the true one."""

    def __init__(self, clock: SandboxClock, ahead: Callable[[], timedelta] = timedelta) -> None:
        self._clock = clock
        self._ahead = ahead

    def now(self) -> datetime:
        return self._clock.now() + self._ahead()

    def monotonic(self) -> float:
        return self._clock.now().timestamp()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(max(0.0, seconds))


@dataclass
class Stage:
    """One connection from the sandbox's UpKeep to one of its ledgers."""

    folder: Path
    ledger: str = "quickbooks"
    document: str = "journal_entry"
    company: Company = field(default_factory=Company)
    upkeep_switches: dict[str, Any] = field(default_factory=dict)
    mapping_text: str = ""
    config_change: tuple[str, str] = ("", "")
    sends: Sends = field(default_factory=InOrder)
    ahead: timedelta = field(default_factory=timedelta)  # so far the connector's clock is ahead of the world's
    database_url: str = ""  # an SQLite file in the folder, unless a server's database is named
    confirms: bool = True  # a person has confirmed every customer of the mapping who is in the ledger by exactly that name
    supergood_switches: dict[str, Any] = field(default_factory=dict)  # the normalised API's, for whoever reads through it
    limits: LedgerConfig | None = None  # the vendor's limits are kept for a company of this configuration; without one they are not

    _settings: dict[tuple[bytes, ...], tuple[ConnectionConfig, Mapping]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.clock = SandboxClock(START, frozen=True)
        switches = {"switches": self.upkeep_switches, "supergood": self.supergood_switches}
        self.sandbox = Sandbox.create(company=self.company, clock=self.clock, **switches)
        self.database_path = self.folder / "connector.db"
        if not self.database_url:
            self.database_path.write_bytes(migrated_file())
        self._write_files()
        self.upkeep = httpx.Client(transport=SandboxTransport(self.sandbox.upkeep.handle), base_url="http://127.0.0.1:1", timeout=30)
        vendor = self.sandbox.vendors.upkeep
        answer = self.upkeep.post("/api/v2/auth", json={"email": vendor.email, "password": vendor.password})
        self.upkeep.headers["Session-Token"] = answer.json()["result"]["sessionToken"]

    def _write_files(self) -> None:
        vendors, mapping = self.sandbox.vendors, self.folder / "mapping.yaml"
        mapping.write_text(self.mapping_text or plain_mapping_text(self.company.currency), "utf-8")
        facts = SandboxFacts(
            folder=self.folder,
            upkeep="http://127.0.0.1:1",
            quickbooks="http://127.0.0.1:2",
            xero="http://127.0.0.1:3",
            email=vendors.upkeep.email,
            password=vendors.upkeep.password,
            realm_id=vendors.quickbooks.realm_id,
            tenant_id=vendors.xero.tenant_id,
            credentials={v.name: (v.client_id, v.client_secret, v.first_refresh_token) for v in (vendors.quickbooks, vendors.xero)},
            currency=self.company.currency,
            timezone=self.company.timezone,
            start_date="2000-01-01",
            document=self.document,
            mapping=mapping,
        )
        old, new = self.config_change
        text = config_texts(facts)[self.ledger].replace("confirm_customers: false", "confirm_customers: true")
        (self.folder / "config.yaml").write_text(text.replace(old, new) if old else text, "utf-8")

    @property
    def source_shell(self) -> Any:
        """The shell around the API of UpKeep's that the configuration reads through."""
        return self.sandbox.supergood if self.settings()[0].source.supergood else self.sandbox.upkeep

    @property
    def vendor(self) -> Any:
        """The ledger's stand-in."""
        return getattr(self.sandbox.vendors, self.ledger)

    @property
    def shell(self) -> Any:
        """The shell around the ledger's stand-in: faults and the request log."""
        return getattr(self.sandbox, self.ledger)

    def settings(self) -> tuple[ConnectionConfig, Mapping]:
        """What the files say; read again only when a test has changed them."""
        texts = tuple((self.folder / name).read_bytes() for name in ("config.yaml", "mapping.yaml"))
        if texts not in self._settings:
            self._settings[texts] = self._read_settings()
        return self._settings[texts]

    def _read_settings(self) -> tuple[ConnectionConfig, Mapping]:
        config, problems = load_config(self.folder / "config.yaml", {})
        assert config is not None, problems
        mapping, found = load_mapping(config.connections[0].mapping)
        assert mapping is not None, found
        return config.connections[0], mapping

    @contextmanager
    def world(self, other: Mapping | None = None) -> Iterator[World]:
        settings, mapping = self.settings()
        clock = SharedClock(self.clock, lambda: self.ahead)
        database = Database.open(self.database_url or str(self.database_path), clock)
        limiter = limiter_of(self.limits, clock, shelf_of(database, clock)) if self.limits else None
        transports = Transports(SandboxTransport(self.source_shell.handle), SandboxTransport(self.shell.handle), limiter)
        try:
            with world_of(settings, mapping, database, clock=clock, transports=transports, sends=self.sends, other=other) as world:
                if self.confirms:
                    self.confirm_customers(world)
                yield world
        finally:
            database.close()

    def customers(self) -> dict[str, str]:
        """The ids of the ledger's active customers by their names, as a person at its screen sees them."""
        if self.ledger == "quickbooks":
            return {one["FullyQualifiedName"]: one["Id"] for one in self.vendor.books.lists["Customer"].values() if one["Active"]}
        return {one.name: one.id for one in self.vendor.books.contacts.values() if one.status == "ACTIVE"}

    def confirm_customers(self, world: World) -> None:
        """Say yes to whom nobody has confirmed yet, without a call: the answers of a person who compared two screens."""
        known = world.store.customers.links() if world.makes(DocumentKind.INVOICE) else {}
        there = self.customers() if world.makes(DocumentKind.INVOICE) else {}
        for fact in customers_of(world.mapping):
            called = called_in(world, fact.value)
            if (folded(fact.value), folded(called)) not in known and called in there:
                world.store.customers.link([CustomerLink(fact.value, there[called], called, called)], "confirmed by a person")

    def sync(self, *, dry_run: bool = False, window: bool = False) -> SyncReport:
        with self.world() as world:
            return sync(world, dry_run=dry_run, window=window)

    def back_up(self) -> Path:
        """A copy of the database as it is now."""
        return shutil.copy(self.database_path, self.folder / "yesterday.db")

    def restore(self, backup: Path) -> None:
        """Put the copy in the place of the database, as an operator would."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.database_path}{suffix}").unlink(missing_ok=True)
        shutil.copy(backup, self.database_path)

    def work_order(self, number: str, **fields: Any) -> str:
        """Put a completed work order into UpKeep; its id. By default it cost 100.00 of something."""
        body = {
            "title": f"Job {number}",
            "workOrderNo": number,
            "category": "HVAC",
            "status": "complete",
            "dateCompleted": "2026-02-20T17:00:00.000Z",
            "additionalCosts": [{"description": "Crane", "category": "Rental", "cost": "100.00"}],
        } | fields
        answer = self.upkeep.post("/api/v2/work-orders", content=json.dumps(body), headers={"content-type": "application/json"})
        assert answer.status_code < 300, answer.text
        self.clock.advance(1)
        return str(answer.json()["result"]["id"])

    def change(self, work_order_id: str, **fields: Any) -> None:
        """A person edits the work order in UpKeep."""
        self.clock.advance(60)
        answer = self.upkeep.patch(f"/api/v2/work-orders/{work_order_id}", json=fields)
        assert answer.status_code == 200, answer.text

    def plan(self, *faults: Fault) -> None:
        self.shell.plan.plan(list(faults))

    def documents(self) -> list[dict[str, Any]]:
        return list(self.vendor.documents())

    def numbers(self) -> Counter[str]:
        return Counter(document["number"].casefold() for document in self.documents())

    def total(self) -> Decimal:
        return sum((Decimal(document["total"]) for document in self.documents()), Decimal(0))


def write_fault(stage: Stage, kind: str, **more: Any) -> Fault:
    """A fault for the next create at the stage's ledger."""
    if stage.ledger == "quickbooks":
        path = "*/journalentry" if stage.document == "journal_entry" else "*/invoice"
        return Fault(kind=kind, method="POST", path=path, **more)  # type: ignore[arg-type]
    path = "*/ManualJournals" if stage.document == "journal_entry" else "*/Invoices"
    return Fault(kind=kind, method="PUT", path=path, **more)  # type: ignore[arg-type]
