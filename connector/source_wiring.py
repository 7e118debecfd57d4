"""The other half of wiring.py: the sources of work orders, and what is heard from them and written to them."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from secrets import SystemRandom

import httpx

from connector.clock import SystemClock
from connector.config.settings import Config, ConnectionConfig
from connector.core.clock import Clock
from connector.core.keys import Need
from connector.core.problem import Problem
from connector.core.source_hint import PATH
from connector.flows.upkeep_hooks import Site
from connector.flows.upkeep_writes import Desk
from connector.ledgers.rate import Limiter
from connector.store.connection_store import Database
from connector.store.export_files import ExportFiles
from connector.store.hook_vault import HookVault
from connector.store.session_vault import StoredSessions
from connector.store.shelf import shelf_of
from connector.store.source_hints import SourceHints
from connector.store.upkeep_writes import UpKeepWrites
from connector.store.vault import TokenVault
from connector.upkeep.changing import Writer
from connector.upkeep.csv.source import CsvSource
from connector.upkeep.official import UpKeepSource
from connector.upkeep.official_writing import OfficialWriter
from connector.upkeep.pace import Pace
from connector.upkeep.session import login_name
from connector.upkeep.source import Source
from connector.upkeep.supergood.source import SupergoodSource
from connector.upkeep.supergood.writing import SupergoodWriter
from connector.upkeep.writing import UpKeepDoor


@dataclass(frozen=True, slots=True)
class Transports:
    """HTTP transports to use instead of sockets, by service: how tests and the simulation bring their own services."""

    upkeep: httpx.BaseTransport | None = None
    ledger: httpx.BaseTransport | None = None
    limiter: Limiter | None = None  # the turnstile in front of a ledger that is not reached through a socket


def source_of(
    connection: ConnectionConfig, clock: Clock, transports: Transports, database: Database, needs: frozenset[Need] = frozenset()
) -> Source:
    """The source of work orders that the connection names; it looks up no more of what they point at than `needs`.

    Its session and its pace are shared by all processes of the database.
    """
    source = connection.source
    if source.supergood is not None:
        return supergood_of(connection, clock, transports, database)
    if source.export is not None:
        notes = ExportFiles(database, scope_of(connection))
        return CsvSource(source.export, site=source.site, currency=connection.currency, clock=clock, notes=notes)
    name = login_name(source.base_url, source.email or source.token.reveal(), source.site_user)
    has_socket = transports.upkeep is None
    return UpKeepSource(
        base_url=source.base_url,
        email=source.email,
        password=source.password.reveal(),
        token=source.token.reveal(),
        company=source.company,
        site=source.site,
        site_user=source.site_user,
        clock=clock,
        time_unit=source.time_unit,
        needs=needs,
        transport=transports.upkeep,
        verify=trusted_authorities(),
        sessions=TokenVault(database, name),
        pace=Pace(name=name, clock=clock, shelf=shelf_of(database, clock)) if has_socket else None,
        chance=SystemRandom() if has_socket else None,
    )


def sessions_of(connection: ConnectionConfig, database: Database) -> StoredSessions:
    """Where the session of the connection's login is kept: connections with one login share it."""
    source = connection.source
    login = hashlib.sha256(json.dumps([source.base_url, source.email]).encode()).hexdigest()[:32]
    return StoredSessions(database, f"supergood:{login}")


def supergood_of(connection: ConnectionConfig, clock: Clock, transports: Transports, database: Database) -> SupergoodSource:
    """The normalised API as the connection's contract has it."""
    source = connection.source
    assert source.supergood is not None
    return SupergoodSource(
        base_url=source.base_url,
        username=source.email,
        password=source.password.reveal(),
        totp_secret=source.supergood.totp_secret.reveal(),
        company=source.company,
        site=source.site,
        clock=clock,
        sessions=sessions_of(connection, database),
        contract=source.supergood.contract,
        transport=transports.upkeep,
        verify=trusted_authorities(),
    )


@contextmanager
def desk_of(
    connection: ConnectionConfig,
    database: Database,
    *,
    clock: Clock | None = None,
    transports: Transports | None = None,
    actor: str = "connector",
) -> Iterator[tuple[Source, Desk]]:
    """What a person's commands at UpKeep need: the source to read with, and the desk where changes are written. No ledger is touched."""
    clock = clock or SystemClock()
    source = source_of(connection, clock, transports or Transports(), database)
    company, site = connection.source.company, connection.source.site
    records = UpKeepWrites(database, source_company=company, site=site, clock=clock, actor=actor)
    settle = timedelta(seconds=connection.settle_seconds)
    try:
        yield source, Desk(writer_of(source), records, clock, connection.name, settle)
    finally:
        source.close()


def door_of(connection: ConnectionConfig, source: Source, clock: Clock) -> UpKeepDoor | None:
    """The door by which the connector itself writes to UpKeep; None where the source is not UpKeep's own API."""
    return UpKeepDoor(source.http, clock, is_open=connection.source.allow_writes) if isinstance(source, UpKeepSource) else None


def writer_of(source: Source) -> Writer:
    """What writes where that source reads."""
    if isinstance(source, SupergoodSource):
        return SupergoodWriter(source)
    assert isinstance(source, UpKeepSource)
    return OfficialWriter(source.http)


def source_hints_of(connection: ConnectionConfig, database: Database) -> SourceHints:
    """What UpKeep's own messages named for that connection."""
    return SourceHints(database, scope_of(connection))


def hook_vault_of(connection: ConnectionConfig, database: Database, actor: str = "connector") -> HookVault:
    """The secret behind that connection's address for UpKeep's messages."""
    return HookVault(database, scope_of(connection), actor=actor)


def hooks_problems(config: Config, connection: ConnectionConfig, *, writes: bool) -> list[Problem]:
    """What keeps the connection from having webhooks of UpKeep: it writes, and needs an address."""
    source, place, found = connection.source, f"connection {connection.name}", []
    if writes and not source.allow_writes:
        message = "This would write to UpKeep, and the configuration does not allow it."
        step = "Add `allow_writes: true` to the source, if it may; reading needs none of it."
        found.append(Problem("UPKEEP_WRITES_OFF", place, message, step))
    if config.web is None or not config.web.public_url or not source.webhooks:
        message = "There is no public address at which UpKeep's webhooks would be heard."
        step = "Write `web: public_url`, and `webhooks: true` into the source; docs/webhooks.md shows how."
        found.append(Problem("UPKEEP_HOOKS_WITHOUT_ADDRESS", place, message, step))
    return found


@contextmanager
def hook_site_of(
    config: Config,
    connection: ConnectionConfig,
    database: Database,
    clock: Clock,
    transports: Transports | None = None,
    *,
    actor: str = "connector",
) -> Iterator[Site]:
    """The webhooks of one connection at UpKeep, closed again at the end."""
    assert config.web is not None
    base = f"{config.web.public_url.rstrip('/')}{PATH}"
    others = [hook_vault_of(one, database).token() for one in config.connections if one.name != connection.name and one.source.webhooks]
    source = source_of(connection, clock, transports or Transports(), database)
    assert isinstance(source, UpKeepSource)
    try:
        door = UpKeepDoor(source.http, clock, is_open=connection.source.allow_writes)
        vault = hook_vault_of(connection, database, actor)
        yield Site(connection.name, scope_of(connection), base, vault, door, tuple(base + token for token in others if token))
    finally:
        source.close()


def scope_of(connection: ConnectionConfig) -> dict[str, str]:
    """Whose records are meant: one ledger company fed from one UpKeep company and site."""
    source = connection.source
    return {"ledger_company": connection.ledger.company_id, "source_company": source.company, "site": source.site}


@cache
def trusted_authorities() -> ssl.SSLContext:
    """Whose certificates we believe: read once, because reading them takes longer than many a sync with nothing to do."""
    return httpx.create_ssl_context()
