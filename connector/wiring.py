"""Config → World: the only file that names concrete classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import httpx

from connector.clock import SystemClock
from connector.config.settings import Config, ConnectionConfig, LedgerConfig
from connector.core.address import is_loopback
from connector.core.clock import Clock
from connector.core.cost_rules import CostRules
from connector.core.keys import needs_of
from connector.core.mapping import Mapping, keys_named
from connector.flows.hearing import Ear, Listener
from connector.flows.prove import Neighbour
from connector.flows.world import Limits, Policy, Progress, Sends, World, never, no_progress
from connector.ledgers.consent import OWN_SCOPE
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import Ledger
from connector.ledgers.limits import Allowed
from connector.ledgers.oauth import OAuth
from connector.ledgers.quickbooks import advice as quickbooks_advice
from connector.ledgers.quickbooks import deliveries as quickbooks_deliveries
from connector.ledgers.quickbooks import limits as quickbooks_limits
from connector.ledgers.quickbooks.client import QuickBooksLedger
from connector.ledgers.rate import Limiter, Shelf
from connector.ledgers.sign_in import SignIn
from connector.ledgers.token_endpoint import TokenEndpoint
from connector.ledgers.xero import advice as xero_advice
from connector.ledgers.xero import deliveries as xero_deliveries
from connector.ledgers.xero import limits as xero_limits
from connector.ledgers.xero.client import XeroLedger
from connector.ledgers.xero.connections import Connections
from connector.side_by_side import Threads
from connector.source_wiring import Transports, door_of, scope_of, sessions_of, source_hints_of, source_of, trusted_authorities
from connector.store.connection_store import ConnectionStore, Database
from connector.store.evidence import EvidenceStore
from connector.store.hints import ConnectionHints
from connector.store.messages import MessageStore
from connector.store.shadow import ShadowStore
from connector.store.shelf import shelf_of
from connector.store.source_records import SourceRecordStore
from connector.store.vault import TokenVault
from connector.upkeep.official import UpKeepSource

# Intuit takes 10 requests at a time from a realm and app, Xero 5 from a tenant; some are left for a person's other programs.
SENDS_SIDE_BY_SIDE = {"quickbooks": 4, "xero": 2}
ADVISE = {"quickbooks": quickbooks_advice.advise, "xero": xero_advice.advise}
LEDGERS = {"quickbooks": quickbooks_advice.LEDGER, "xero": xero_advice.LEDGER}
LIMITS = {"quickbooks": quickbooks_limits.LIMITS, "xero": xero_limits.LIMITS}
DELIVERIES = {"quickbooks": quickbooks_deliveries, "xero": xero_deliveries}


@contextmanager
def world_of(
    connection: ConnectionConfig,
    mapping: Mapping,
    database: Database,
    *,
    clock: Clock | None = None,
    progress: Progress = no_progress,
    transports: Transports | None = None,
    stopping: Callable[[], bool] = never,
    sends: Sends | None = None,
    actor: str = "connector",
    other: Mapping | None = None,
) -> Iterator[World]:
    """Everything that a flow may touch for one connection, closed again at the end; `actor` is who decides, for the audit.

    `other` is a mapping that work orders are decided by too: what it goes by is looked up as well.
    """
    clock = clock or SystemClock()
    transports = transports or Transports()
    source = source_of(connection, clock, transports, database, needs_of(keys_named(mapping) | (keys_named(other) if other else set())))
    vault = vault_of(connection.ledger, database)
    sign_in = oauth_of(connection.ledger, vault, clock, transports)
    limiter = transports.limiter if transports.ledger else limiter_of(connection.ledger, clock, shelf_of(database, clock))
    ledger = ledger_of(connection, clock, transports, sign_in, limiter)
    policy = policy_of(connection)
    store, evidence, messages = records_of(connection, database, clock, actor)
    official = source if isinstance(source, UpKeepSource) else None
    threads = Threads(SENDS_SIDE_BY_SIDE[connection.ledger.kind])
    try:
        limits = Limits(LIMITS[connection.ledger.kind]) if limiter is None else Limits(limiter.limits, limiter.standing, limiter.allowed)
        hints = hints_of(connection, database)
        yield World(
            source, ledger, store, evidence, clock, mapping, policy, vault, sign_in, limits, hints,
            SourceRecordStore(database, scope=store.scope, clock=clock, actor=actor), progress, stopping, sends or threads,
            sessions_of(connection, database) if connection.source.supergood is not None else None,
            messages, door_of(connection, source, clock), source_hints_of(connection, database), official,
            ShadowStore(database, store.scope),
        )  # fmt: skip
    finally:
        threads.close()
        source.close()
        ledger.close()


def records_of(
    connection: ConnectionConfig, database: Database, clock: Clock, actor: str = "connector"
) -> tuple[ConnectionStore, EvidenceStore, MessageStore]:
    """The records of one connection, for which no service is reached."""
    store = ConnectionStore(
        database,
        ledger_company=connection.ledger.company_id,
        source_company=connection.source.company,
        site=connection.source.site,
        clock=clock,
        actor=actor,
        ledger=LEDGERS[connection.ledger.kind],
        advise=ADVISE[connection.ledger.kind],
        lease_seconds=policy_of(connection).lease_seconds,
    )
    evidence = EvidenceStore(database, scope=store.scope, clock=clock, actor=actor)
    return store, evidence, MessageStore(database, scope=store.scope, ledger=connection.ledger.kind, clock=clock, actor=actor)


@contextmanager
def neighbours_of(config: Config, name: str, clock: Clock, transports: Transports | None = None) -> Iterator[list[Neighbour]]:
    """The other sites and companies of the configuration that post into the same ledger company; each is read only when asked."""
    own = next(connection for connection in config.connections if connection.name == name)
    sharing = [c for c in config.connections if c is not own and _books(c) == _books(own) and _work(c) != _work(own)]
    with ExitStack() as stack:
        found = []
        for connection in sharing:
            database = Database.open(config.database, clock)  # For the session at the source alone.
            stack.callback(database.close)
            source = source_of(connection, clock, transports or Transports(), database)
            stack.callback(source.close)
            found.append(Neighbour(connection.source.company, connection.source.site, source))
        yield found


def _books(connection: ConnectionConfig) -> tuple[str, str]:
    return connection.ledger.kind, connection.ledger.company_id


def _work(connection: ConnectionConfig) -> tuple[str, str]:
    return connection.source.company, connection.source.site


def policy_of(connection: ConnectionConfig) -> Policy:
    """What the configuration decides for the flows."""
    return Policy(
        connection=connection.name,
        source_company=connection.source.company,
        site=connection.source.site,
        timezone=connection.timezone,
        currency=connection.currency,
        start_date=connection.start_date,
        document=connection.document,
        closed_period=connection.closed_period,
        settle_seconds=connection.settle_seconds,
        batch_from=connection.batch_from,
        work_order_url=connection.source.work_order_url,
        confirm_customers=connection.confirm_customers,
        listens=bool(connection.ledger.webhook_key.reveal()),
        evidence=connection.evidence,
        window_days=connection.source.window_days,
        allows_writes=connection.source.allow_writes,
        hears=connection.source.webhooks,
        write_back=connection.source.write_back,
        cost_rules=cost_rules_of(connection),
        posts=not connection.is_shadow,
    )


def cost_rules_of(connection: ConnectionConfig) -> CostRules:
    """What the configuration says about costing."""
    source = connection.source
    return CostRules(
        labor_in_total=source.labor_in_total,
        time_unit=source.time_unit,
        time_unit_is_checked=source.time_unit_checked,
        timezone=connection.timezone,
    )


def hints_of(connection: ConnectionConfig, database: Database) -> ConnectionHints:
    """What the ledger's own messages named of that connection's documents."""
    return ConnectionHints(database, connection.ledger.kind, scope_of(connection), DELIVERIES[connection.ledger.kind].KINDS)


def ears_of(connections: Sequence[ConnectionConfig]) -> dict[str, Ear]:
    """Each vendor of which deliveries are to come in, by its kind."""
    ears = {}
    for kind, deliveries in DELIVERIES.items():
        heard = [c for c in connections if c.ledger.kind == kind and c.ledger.webhook_key.reveal()]
        listeners = tuple(Listener(c.name, c.ledger.company_id, scope_of(c), c.ledger.webhook_key.reveal()) for c in heard)
        if listeners:
            ears[kind] = Ear(kind, deliveries.HEADER, deliveries.read, listeners)
    return ears


def ledger_of(connection: ConnectionConfig, clock: Clock, transports: Transports, auth: OAuth, limiter: Limiter | None) -> Ledger:
    """The ledger company that the connection names, behind its sign-in, its limits and its HTTP client; closing it closes all."""
    settings = connection.ledger
    http = LedgerHttp(
        service=settings.kind,
        base_url=settings.base_url,
        auth=auth,
        clock=clock,
        limiter=limiter,
        transport=transports.ledger,
        verify=trusted_authorities(),
        is_shadow=connection.is_shadow,
    )
    if settings.kind == "quickbooks":
        return QuickBooksLedger(http=http, realm_id=settings.company_id, currency=connection.currency, clock=clock)
    return XeroLedger(http=http, tenant_id=settings.company_id, currency=connection.currency, clock=clock)


def vault_of(settings: LedgerConfig, database: Database, actor: str = "connector") -> TokenVault:
    """Where the tokens of that ledger company are kept; `actor` is who connects it or ends it, for the audit."""
    return TokenVault(database, f"{settings.kind}:{settings.company_id}", actor=actor)


def oauth_of(settings: LedgerConfig, vault: TokenVault, clock: Clock, transports: Transports) -> OAuth:
    """The fresh access tokens of that ledger company."""
    endpoint = endpoint_of(settings, clock, transports)
    first = settings.refresh_token.reveal()
    own_scope = OWN_SCOPE if settings.sign_in == "client_credentials" else ""
    return OAuth(service=settings.kind, vault=vault, clock=clock, endpoint=endpoint, first_refresh_token=first, own_scope=own_scope)


def endpoint_of(settings: LedgerConfig, clock: Clock, transports: Transports) -> TokenEndpoint:
    """The vendor's sign-in, as the app that the configuration names."""
    return TokenEndpoint(
        service=settings.kind,
        clock=clock,
        token_url=settings.token_url,
        revoke_url=settings.revoke_url,
        client_id=settings.client_id,
        client_secret=settings.client_secret.reveal(),
        client=_http_client(transports),
    )


@contextmanager
def sign_in_of(
    settings: LedgerConfig, database: Database, clock: Clock, transports: Transports | None = None, *, actor: str = "connector"
) -> Iterator[tuple[SignIn, OAuth, TokenVault]]:
    """What connects a ledger company and disconnects it, closed again at the end."""
    transports, vault = transports or Transports(), vault_of(settings, database, actor)
    oauth = oauth_of(settings, vault, clock, transports)
    sign_in = SignIn(
        service=settings.kind,
        company_id=settings.company_id,
        client_id=settings.client_id,
        authorize_url=settings.authorize_url,
        redirect_uri=settings.redirect_uri,
        endpoint=endpoint_of(settings, clock, transports),
        companies=Connections(settings.base_url, _http_client(transports), clock) if settings.kind == "xero" else None,
    )
    try:
        yield sign_in, oauth, vault
    finally:
        sign_in.close()
        oauth.close()


def _http_client(transports: Transports) -> httpx.Client:
    return httpx.Client(transport=transports.ledger, verify=trusted_authorities(), timeout=httpx.Timeout(30, connect=10))


def limiter_of(settings: LedgerConfig, clock: Clock, shelf: Shelf) -> Limiter:
    """The vendor's limits of that company, shared by all processes on the shelf; a stand-in on loopback answers as fast as it can."""
    allowed = Allowed(
        counts_each_item=settings.batch_items == "each",
        reads_per_month=settings.reads_per_month,
        is_metered=not settings.base_url.startswith("https://sandbox-"),
        is_unlimited=is_loopback(settings.base_url),
    )
    return Limiter(
        limits=LIMITS[settings.kind], company_id=settings.company_id, app=settings.client_id, clock=clock, shelf=shelf, allowed=allowed
    )
