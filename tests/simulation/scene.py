"""The world of one history: the stand-ins, one ledger company, one database on disk, and the processes that work on them."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from connector.cli.sandbox_config import plain_mapping_text
from connector.config.mapping_file import load_mapping
from connector.config.settings import ConnectionConfig, LedgerConfig, Secret, SourceConfig
from connector.core.customer_link import CustomerLink
from connector.core.evidence import Wanted
from connector.core.mapping import DocumentKind, Mapping
from connector.core.period import ClosedPeriodPolicy
from connector.core.writer import WriterBusyError
from connector.flows.hearing import hear
from connector.flows.heed import heed_early
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.flows.reversing import reverse
from connector.flows.sync import sync
from connector.flows.unreachable import UNREACHABLE_ERRORS
from connector.flows.world import InOrder, World
from connector.ledgers.ledger import ReconnectRequiredError
from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.wire import Request, Response
from connector.sandbox.world import Sandbox
from connector.sandbox.xero.signin import SCOPES
from connector.source_wiring import Transports
from connector.store.audit_check import check
from connector.store.connection_store import ConnectionStore, Database
from connector.store.engine import DatabaseProblem, begin_immediate, open_engine, url_of
from connector.store.hints import DeliveryStore
from connector.store.vault import KEY_VARIABLE
from connector.wiring import ears_of, limiter_of, world_of
from tests.shelf import MemoryShelf
from tests.simulation import sign_in
from tests.simulation.conduct import Conduct
from tests.simulation.life import Died, HostClock, Life
from tests.simulation.locks import Holders, SimulatedLocks
from tests.simulation.network import Network
from tests.simulation.turns import Turns

if TYPE_CHECKING:
    from tests.simulation.people import Order

START = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)  # two days before clocks go forward in the company's time zone
# D and T as the connector is told. What the stand-ins really do stays below, by more than clocks may differ (docs/exactly-once.md).
SETTLE_SECONDS = 60.0
CUSTOMER = "Internal departments"  # of every invoice here
KEY = "c2ltdWxhdGlvbi1zaW11bGF0aW9uLXNpbXVsYXRpb24="
NOTHING_BESIDE = Wanted()
FLOWS: dict[str, Callable[[World], object]] = {"sync": sync, "reconcile": reconcile, "prove": prove, "heed": heed_early}


@dataclass(frozen=True, slots=True)
class Setting:
    """What stands before the first event: which ledger, which document, and the switches of what nobody has documented."""

    ledger: str = "quickbooks"
    document: str = "journal_entry"
    switches: tuple[tuple[str, Any], ...] = ()
    batch_from: int = 0  # so many documents leave in batches; 0: each alone
    evidence: Wanted = NOTHING_BESIDE
    refunds: bool = False  # some work orders give their customer money back
    server_database: bool = False  # locks are lost with a connection, as on PostgreSQL, while their holder may live
    listens: bool = False  # the ledger tells of changes by itself
    write_back: str = ""  # how UpKeep shows the messages that work orders get about their documents; "": they get none


@dataclass
class Process:
    """How one run of the connector goes: what is run, where it dies, what happens to its calls."""

    flow: str = "sync"
    number: str = ""  # the work order whose invoice is taken back by the flow "reverse"
    dies_at: int | None = None
    freezes_at: int | None = None
    freeze_seconds: float = 0.0
    upkeep_faults: dict[int, str] = field(default_factory=dict)
    ledger_faults: dict[int, str] = field(default_factory=dict)
    batch_fault: str | None = None  # what the first call with several documents meets
    late_seconds: float = 0.0
    at_step: dict[int, list[Callable[[], None]]] = field(default_factory=dict)
    starts_after_seconds: float = 0.0
    again: int = 0  # so many further runs of the same process, each after a pause
    pause_seconds: float = 300.0


@dataclass
class Ending:
    """How a run ended: "done", "died", or the name of what stopped it; anything unforeseen is kept as `bug`."""

    how: str
    steps: int
    ledger_calls: list[int]  # the step at which each call to the ledger began
    trace: list[str]
    bug: BaseException | None = None


class Connections:
    """The database connections of one process: an engine that serves whatever file is named, and that counts its commits."""

    def __init__(self) -> None:
        self.path = ""
        self.life: Life | None = None
        self.changes: dict[int, int] = {}
        self.engine = open_engine(url_of("/dev/null/none"))
        self.opened: list[Any] = []
        sa.event.listen(self.engine, "do_connect", self._aim)
        sa.event.listen(self.engine, "connect", self._on_connect)
        # SQLAlchemy has no way to listen first: who hands over at a begin must not hold the database already.
        sa.event.remove(self.engine, "begin", begin_immediate)
        sa.event.listen(self.engine, "begin", self._before_begin)
        sa.event.listen(self.engine, "begin", begin_immediate)
        self._commit = self.engine.dialect.do_commit
        self.engine.dialect.do_commit = self._do_commit  # type: ignore[method-assign]

    def _on_connect(self, connection: Any, _record: Any) -> None:
        self.opened.append(connection)
        self.changes[id(connection)] = connection.total_changes

    def _aim(self, _dialect: Any, _record: Any, arguments: list[Any], _named: Any) -> None:
        arguments[0] = self.path

    def _before_begin(self, _connection: Any) -> None:
        if self.life is not None:
            self.life.step("begin")

    def _do_commit(self, dbapi_connection: Any) -> None:
        """Only a commit that writes something can be torn from what follows; one that read is no step."""
        # The pool hands out a new wrapper each time: only the connection in it is the one that was counted.
        connection = dbapi_connection.driver_connection
        writes = connection.total_changes != self.changes[id(connection)]
        if self.life is not None and writes:
            self.life.step("before commit", hands_over=False)
        self._commit(dbapi_connection)
        self.changes[id(connection)] = connection.total_changes
        if self.life is not None and writes:
            self.life.step("after commit")

    def is_in_transaction(self) -> bool:
        """Whether the process has begun what it has neither committed nor rolled back."""
        return any(connection.in_transaction for connection in self.opened)

    def close(self) -> None:
        """The process has ended, and with it every connection, the one too in whose transaction it died."""
        self.life = None
        self.engine.dispose()
        while self.opened:
            self.opened.pop().close()
        self.changes.clear()


@cache
def connections(slot: int) -> Connections:
    """Engines are kept from history to history: what SQLAlchemy compiled once stays compiled."""
    return Connections()


@lru_cache(maxsize=8)
def empty_database(company: str, customer: str) -> bytes:
    """A database as an installation begins it, in which a person has said who the customer is; its migrations are tested elsewhere."""
    with tempfile.TemporaryDirectory(prefix="empty-") as folder:
        path, clock = Path(folder) / "empty.db", HostClock(Life("template", SandboxClock(START, frozen=True)))
        database = Database.open(str(path), clock)
        store = ConnectionStore(database, ledger_company=company, source_company="", site="", clock=clock)
        store.customers.link([CustomerLink(CUSTOMER, customer, CUSTOMER, CUSTOMER)], "confirmed by a person")
        database.close()
        return path.read_bytes()


@cache
def mapping_of(account: str) -> Mapping:
    """A mapping that sends every cost to one account: a person may change it between two runs."""
    with tempfile.TemporaryDirectory(prefix="mapping-") as folder:
        path = Path(folder) / "mapping.yaml"
        path.write_text(plain_mapping_text("USD").replace("account: Repairs and maintenance", f"account: {account}"), "utf-8")
        mapping, problems = load_mapping(path)
    assert mapping is not None, problems
    return mapping


class WorldClock(SandboxClock):
    """The world's time; a request that hangs at the ledger is committed at its own moment, not when somebody next asks."""

    def __init__(self) -> None:
        super().__init__(START, frozen=True)
        self.scene: Scene | None = None

    def advance(self, seconds: float) -> None:
        """Move on, from one hanging request to the next."""
        until = self.now() + timedelta(seconds=seconds)
        while self.scene is not None and (due := self.scene.shell.next_late()) is not None and due <= until:
            super().advance(max(0.0, (due - self.now()).total_seconds()))
            with counted_already(self.scene.vendor):
                self.scene.shell.commit_what_is_late()
            self.scene.watch()
        super().advance((until - self.now()).total_seconds())


@contextmanager
def counted_already(vendor: Any) -> Iterator[None]:
    """A request that hung counts toward the ledger's limits when it came, not a second time when it is committed."""
    before = {name: copy(value) for name, value in vars(vendor.limits).items() if isinstance(value, dict | deque)}
    yield
    vars(vendor.limits).update(before)


class Scene:
    """One connection from the sandbox's UpKeep to one of its ledgers, and what happened to it so far."""

    def __init__(self, setting: Setting, folder: Path) -> None:
        self.setting = setting
        self.folder = folder
        self.path = folder / "connector.db"
        self.clock = WorldClock()
        switches = dict(setting.switches)
        upkeep_switches = {"messages": setting.write_back} if setting.write_back else None
        self.sandbox = Sandbox.create(Company(switches=switches), self.clock, switches=upkeep_switches)
        self.vendor: Any = getattr(self.sandbox.vendors, setting.ledger)
        self.shell = getattr(self.sandbox, setting.ledger)
        self.records = self.sandbox.vendors.upkeep.sites[0]
        self.config = self._config()
        self.customer = customer_of(self.vendor, setting.ledger, CUSTOMER)
        self.customers = {self.customer}  # everybody whom a person ever confirmed
        self.owed: dict[str, str] = {}  # by marker: whose invoice it must be, because it was taken back before it left
        self.account = "Repairs and maintenance"
        self.holders = Holders()
        self.skew = timedelta(0)
        self.locked_through: date | None = None
        self.seen: set[str] = set()
        self.violations: list[str] = []
        self.lives = 0
        self.orders: dict[str, Order] = {}
        self.removed: dict[
            str, tuple[str, int]
        ] = {}  # documents that a person removed: work order, restores until then (-1: unknown to us)
        self.leases_before: dict[str, tuple[int, dict[str, int]]] = {}  # at each removal: restores so far, fencing tokens by marker
        self.edited: set[str] = set()
        self.reversing: set[str] = set()  # work orders whose invoice somebody wanted to be taken back
        self.stripped: dict[str, str] = {}
        self.told: object = None  # what the last run that came to its end reported
        self.is_renamed = False
        self.may_restore = True
        self.restores = 0
        self.backups: list[bytes] = []
        if setting.listens:
            self.vendor.register_webhook("https://books.test/webhooks")
            self.vendor.courier.state = "active"
        self.clock.scene = self
        # By the world's clock: the processes of one database share its clock, and reading it is no step of any of them.
        self.shelf = MemoryShelf(self.clock)
        self.restore_empty()

    def _config(self) -> ConnectionConfig:
        vendors, ledger = self.sandbox.vendors, self.setting.ledger
        vendor = getattr(vendors, ledger)
        upkeep = SourceConfig(
            "upkeep", "https://upkeep.test", vendors.upkeep.email, Secret(vendors.upkeep.password), Secret(""), "", "", "", "minutes"
        )
        upkeep = replace(upkeep, allow_writes=bool(self.setting.write_back), write_back=bool(self.setting.write_back))
        company = vendor.realm_id if ledger == "quickbooks" else vendor.tenant_id
        token_path = "/oauth2/v1/tokens/bearer" if ledger == "quickbooks" else "/connect/token"
        books = LedgerConfig(
            ledger,
            "https://ledger.test",
            f"https://ledger.test{token_path}",
            company,
            vendor.client_id,
            Secret(vendor.client_secret),
            Secret(vendor.first_refresh_token),
            webhook_key=Secret(vendor.courier.key if self.setting.listens else ""),
        )
        return ConnectionConfig(
            name="simulated",
            timezone="America/Chicago",
            currency="USD",
            start_date=date(2026, 1, 1),
            source=upkeep,
            ledger=books,
            mapping=self.folder / "mapping.yaml",
            document=DocumentKind(self.setting.document),
            closed_period=ClosedPeriodPolicy.HOLD,
            schedule="*/15 * * * *",
            settle_seconds=SETTLE_SECONDS,
            batch_from=self.setting.batch_from,
            evidence=self.setting.evidence,
        )

    # --- processes --------------------------------------------------------------------------------------------------------------

    def run(self, process: Process) -> Ending:
        """One process from its start to its end or its death."""
        life = self._life(process, None)
        return self._live(process, life, 0)

    def run_two(self, first: Process, second: Process, turns: Turns) -> list[Ending]:
        """Two processes at once, one baton between them."""
        endings: dict[int, Ending] = {}

        def job(slot: int, process: Process, life: Life) -> None:
            endings[slot] = self._live(process, life, slot)

        pairs = [(slot, process, self._life(process, turns)) for slot, process in enumerate((first, second))]
        turns.run({life.name: (lambda s=slot, p=process, one=life: job(s, p, one)) for slot, process, life in pairs})  # type: ignore[misc]
        return [endings[0], endings[1]]

    def _life(self, process: Process, turns: Turns | None) -> Life:
        self.lives += 1
        return Life(
            name=f"process {self.lives}",
            clock=self.clock,
            skew=self.skew,
            dies_at=process.dies_at,
            freezes_at=process.freezes_at,
            freeze_seconds=process.freeze_seconds,
            on_freeze=self.holders.cut if self.setting.server_database else lambda life: None,
            at_step=process.at_step,
            turns=turns,
        )

    def _live(self, process: Process, life: Life, slot: int) -> Ending:
        networks: list[Network] = []
        how, bug = "done", None
        try:
            life.wait(process.starts_after_seconds)
            for number in range(1 + process.again):
                if number:
                    life.wait(process.pause_seconds)
                with suppress(WriterBusyError if number < process.again else ()), self._world(process, life, slot, networks) as world:
                    self.told = self._run(process, world)
        except Died:
            how = "died"
        except (*UNREACHABLE_ERRORS, DatabaseProblem) as error:
            how = f"{type(error).__name__}: {error}"
            if isinstance(error, ReconnectRequiredError):
                self.violations += sign_in.false_alarm(self, how)
        except BaseException as error:
            how, bug = "bug", error
        finally:
            life.is_dead = True
            self.holders.release(life)
            connections(slot).close()
        return Ending(how, life.steps, networks[1].steps if len(networks) > 1 else [], life.trace, bug)

    def _run(self, process: Process, world: World) -> object:
        if process.flow != "reverse":
            return FLOWS[process.flow](world)
        self.reversing.add(process.number)
        return reverse(world, process.number, "a person said so")

    @contextmanager
    def _world(self, process: Process, life: Life, slot: int, networks: list[Network]) -> Iterator[World]:
        os.environ[KEY_VARIABLE] = KEY
        clock = HostClock(life)
        own = connections(slot)
        own.path, own.life = str(self.path), life
        database = Database(own.engine, str(self.path), self.path, clock)
        database.locks = SimulatedLocks(self.holders, life, prove_death=not self.setting.server_database)  # type: ignore[assignment]
        conduct = Conduct(life, own.is_in_transaction, self.violations)
        networks.append(Network(life, self.sandbox.upkeep, lambda: None, conduct, process.upkeep_faults))
        networks.append(
            Network(life, self.shell, self.watch, conduct, process.ledger_faults, process.late_seconds, self.sign_out, process.batch_fault),
        )
        limiter = limiter_of(self.config.ledger, clock, self.shelf)
        transports = Transports(*networks[-2:], limiter)
        with world_of(self.config, mapping_of(self.account), database, clock=clock, transports=transports, sends=InOrder()) as world:
            yield world

    # --- the ledger, watched ----------------------------------------------------------------------------------------------------

    def every_document(self) -> list[tuple[str, str, str, date, bool]]:
        """Everything that ever came in through the API: id, marker field, status, date, in the books or not."""
        return list(documents_of(self.vendor, self.setting.ledger))

    def watch(self) -> None:
        """Nothing is ever written into a locked period: looked at when the ledger commits, with the lock of that moment."""
        for identifier, marker, status, day, in_books in self.every_document():
            if not in_books or identifier in self.seen:
                continue
            self.seen.add(identifier)
            if self.locked_through is not None and day <= self.locked_through:
                self.violations.append(
                    f"document {identifier} ({marker}, {status}) dated {day} in the period locked through {self.locked_through}"
                )

    def sign_out(self) -> None:
        """Every access token ends now; the refresh token lives on."""
        (self.vendor._sign_in.access if self.setting.ledger == "quickbooks" else self.vendor.signin._access).clear()

    # --- the operator -----------------------------------------------------------------------------------------------------------

    def reconnect(self) -> None:
        """A person connects the account again: a refresh token that works stands in the configuration."""
        if self.setting.ledger == "quickbooks":
            token = self.vendor._sign_in.refresh_token
        else:
            self.vendor.signin.connected = True
            token = self.vendor.signin._new_refresh(SCOPES)
        self.config = replace(self.config, ledger=replace(self.config.ledger, refresh_token=Secret(token)))

    def snapshot(self) -> bytes:
        """A backup of the database file, taken while nobody works on it."""
        return self.path.read_bytes()

    def restore(self, content: bytes) -> None:
        """Yesterday's file takes the place of today's; what lies beside it stays."""
        for name in ("-wal", "-shm"):
            Path(f"{self.path}{name}").unlink(missing_ok=True)
        self.path.write_bytes(content)
        self.owed.clear()  # Older answers are in force again.

    def restore_empty(self) -> None:
        """A new installation: an empty database, nothing beside it."""
        for name in (".epoch", ".audit"):
            Path(f"{self.path}{name}").unlink(missing_ok=True)
        self.restore(empty_database(self.config.ledger.company_id, self.customer))

    def restore_nothing_but_the_counter(self) -> None:
        """The database file is lost; what lies beside it stays."""
        self.restore(empty_database(self.config.ledger.company_id, self.customer))

    def release(self, number: str) -> None:
        """A person releases a held work order."""
        life = Life("release", self.clock)
        with self._world(Process(), life, 0, []) as world:
            world.store.release(number)
        connections(0).close()

    def relink(self, name: str) -> None:
        """A person says that the mapping's customer is another one from now on; of an invoice that has not left, it is the new one's."""
        to = customer_of(self.vendor, self.setting.ledger, name)
        unsent = self.rows("SELECT marker FROM posting WHERE kind = 'invoice' AND state = 'ready' AND NOT attempted")
        there = {marker for _, marker, *_ in self.every_document()}
        with suppress(WriterBusyError), self._world(Process(), Life("relink", self.clock), 0, []) as world, world.store.writer():
            world.store.customers.link([CustomerLink(CUSTOMER, to, name, CUSTOMER)], "relinked by a person")
            self.customers.add(to)
            self.owed |= {marker: to for (marker,) in unsent if marker not in there}
        connections(0).close()

    def hear(self, times: Callable[[], int]) -> None:
        """What the ledger has to tell comes in, each delivery so often: also twice, or never."""
        (ear,) = ears_of([self.config]).values()
        with self._world(Process(), Life("receiver", self.clock), 0, []) as world:
            deliveries = DeliveryStore(world.hints.database, world.clock)  # type: ignore[attr-defined]

            def post(url: str, request: Request) -> Response:
                for _ in range(times()):
                    assert hear(ear, deliveries, request.headers[ear.header].encode(), request.body) is not None
                return Response(200)

            self.vendor.courier.deliver(post)
        connections(0).close()

    def audit_problem(self) -> str:
        """What `connector audit verify` says of the record, in one line; "" when the chain is unbroken."""
        own = connections(0)
        own.path = str(self.path)
        checked = check(Database(own.engine, str(self.path), self.path, HostClock(Life("auditor", self.clock))))
        own.close()
        return f"{checked.problem.code}: {checked.problem.message}" if checked.problem is not None else ""

    def epoch_beside(self) -> str:
        """What the file beside the database counts."""
        path = Path(f"{self.path}.epoch")
        return path.read_text("ascii") if path.exists() else ""

    # --- our record -------------------------------------------------------------------------------------------------------------

    def rows(self, statement: str) -> list[Any]:
        """What our own record says, read past every process, in the middle of its transaction too."""
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(statement).fetchall()


def customer_of(vendor: Any, ledger: str, name: str) -> str:
    """The id of the customer of that name."""
    if ledger == "quickbooks":
        return str(next(one["Id"] for one in vendor.books.lists["Customer"].values() if one["DisplayName"] == name))
    return str(vendor.books.contact_named(name).id)


def documents_of(vendor: Any, ledger: str) -> Iterator[tuple[str, str, str, date, bool]]:
    """Every document of a ledger's stand-in, the dead ones too."""
    if ledger == "quickbooks":
        for identifier, document in vendor.books.documents.items():
            day = date.fromisoformat(str(document.entity["TxnDate"])[:10])
            yield identifier, str(document.entity.get("DocNumber") or ""), document.status, day, document.status == "live"
        return
    live = {"POSTED", "AUTHORISED", "PAID", "SUBMITTED"}
    for shelf in vendor.books.shelves.values():
        for identifier, document in shelf.by_id.items():
            yield identifier, document.number, document.status, document.day, document.status in live
