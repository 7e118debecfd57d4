"""config.yaml as frozen values: where the records are, and each connection from one source to one ledger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

from connector.config.export_columns import CSV_KEYS, read_export
from connector.config.reading import Reader
from connector.config.secret import NO_SECRET, Secret
from connector.config.supergood import KEYS as SUPERGOOD_KEYS
from connector.config.supergood import SupergoodConfig, read_supergood
from connector.config.web import WebConfig, read_web
from connector.config.yaml_nodes import Node, read_yaml
from connector.core.batch import BATCH_FROM
from connector.core.cost_rules import LaborInTotal
from connector.core.evidence import Wanted
from connector.core.export import Export
from connector.core.mapping import CHOSEN_KINDS, DocumentKind
from connector.core.period import ClosedPeriodPolicy
from connector.core.problem import Problem

# Above QuickBooks' own server time-out of 120 seconds: a request is committed within this time or never.
SETTLE_SECONDS = Decimal(180)
SETTLE_SECONDS_MAX = Decimal(86_400)
BATCH_FROM_MAX = 1_000_000
SCHEDULE = "*/15 * * * *"
# Intuit's free partner tier.
READS_PER_MONTH = 500_000
READS_PER_MONTH_MAX = 1_000_000_000
# A quarter, and ten years.
WINDOW_DAYS = 92
WINDOW_DAYS_MAX = 3_660
NO_EVIDENCE = Wanted()

_CONNECTION_KEYS = (
    "name", "timezone", "currency", "start_date", "source", "ledger", "mapping", "document", "closed_period", "schedule", "settle_seconds",
    "batch_from", "confirm_customers", "evidence", "mode",
)  # fmt: skip
_SOURCE_KEYS = (
    "kind", "base_url", "email", "password", "token", "company", "site", "site_user", "time_unit", "time_unit_checked", "labor_in_total",
    "work_order_url", "window_days", "allow_writes", "write_back", "webhooks",
)  # fmt: skip
_LEDGER_KEYS = (
    "kind", "base_url", "token_url", "authorize_url", "revoke_url", "redirect_uri", "client_id", "client_secret", "refresh_token",
    "webhook_key",
)  # fmt: skip
# The vendors' public addresses. Without an address of your own, a consent for QuickBooks returns to Intuit's playground, which shows it.
_AUTHORIZE_URL = {"quickbooks": "https://appcenter.intuit.com/connect/oauth2", "xero": "https://login.xero.com/identity/connect/authorize"}
_REVOKE_URL = {
    "quickbooks": "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
    "xero": "https://identity.xero.com/connect/revocation",
}
_REDIRECT_URI = {
    "quickbooks": "https://developer.intuit.com/v2/OAuth2Playground/RedirectUrl",
    "xero": "http://localhost:8765/callback",
}
_COMPANY_KEY = {"quickbooks": "realm_id", "xero": "tenant_id"}


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """How to sign in to UpKeep. `company` and `site` are part of every document's identity: never change them after the first post."""

    kind: str
    base_url: str
    email: str
    password: Secret
    token: Secret
    company: str
    site: str
    site_user: str
    time_unit: str
    work_order_url: str = ""  # where a person sees a work order in UpKeep; {id} and {number} stand for its own
    time_unit_checked: bool = False  # a person says that time_unit is right, however short or long the time is
    labor_in_total: LaborInTotal = LaborInTotal.UNKNOWN  # UpKeep's own setting about its totals
    window_days: int = WINDOW_DAYS  # so many days back the nightly comparison looks; 0: none
    allow_writes: bool = False  # whether anything may be written to UpKeep
    supergood: SupergoodConfig | None = None  # of the normalised API, whose user name is in `email`
    export: Export | None = None  # of kind csv: the files to read instead of signing in
    write_back: bool = False  # whether work orders are told where their documents are
    webhooks: bool = False  # whether UpKeep's own messages are heard


@dataclass(frozen=True, slots=True)
class LedgerConfig:
    """How to sign in to the ledger company; `company_id` is QuickBooks' realm id or Xero's tenant id."""

    kind: str
    base_url: str
    token_url: str
    company_id: str
    client_id: str
    client_secret: Secret
    refresh_token: Secret
    authorize_url: str = ""
    revoke_url: str = ""
    redirect_uri: str = ""
    sign_in: str = "consent"  # or client_credentials: a Xero custom connection
    # QuickBooks: how the items of a batch count against the calls of a minute, and how many reads a month the app has (0: no end).
    batch_items: str = "each"
    reads_per_month: int = READS_PER_MONTH
    webhook_key: Secret = NO_SECRET  # what the vendor signs its deliveries with: Intuit's verifier token, Xero's webhook key


@dataclass(frozen=True, slots=True)
class ConnectionConfig:
    """One UpKeep company and site feeding one ledger company."""

    name: str
    timezone: str
    currency: str
    start_date: date
    source: SourceConfig
    ledger: LedgerConfig
    mapping: Path
    document: DocumentKind
    closed_period: ClosedPeriodPolicy
    schedule: str
    settle_seconds: float
    batch_from: int = BATCH_FROM
    confirm_customers: bool = True  # a person says once which customer of the ledger a name is; false: an exact name is enough
    evidence: Wanted = NO_EVIDENCE
    is_shadow: bool = False  # drafts, and never posts


@dataclass(frozen=True, slots=True)
class Config:
    """The whole file. `database` is an absolute path, or the address of a PostgreSQL database."""

    file: Path
    database: str
    connections: tuple[ConnectionConfig, ...]
    web: WebConfig | None = None


def load_config(path: Path, environment: Mapping[str, str]) -> tuple[Config | None, list[Problem]]:
    """Read config.yaml; None when there is any problem, and then every one of them."""
    root, _, problems = read_yaml(path)
    if root is None:
        return None, problems
    reader = Reader("CONFIG", environment, problems)
    entries = reader.table(root, ("database", "web", "connections"))
    database = reader.text(entries, "database", root)
    nodes = reader.items(entries.get("connections"))
    if not nodes:
        reader.add("MISSING", root.place, "There is no connection.", "Add one under `connections:`; config.example.yaml shows how.")
    if database.count("://") and not re.match(r"postgres(ql)?(\+psycopg)?://", database):
        message = f"database is {entries['database'].what()}."
        reader.add("BAD_DATABASE", entries["database"].place, message, "Write a file's path, or a postgresql:// address.")
    scopes = _Scopes(reader)
    connections = [_connection(reader, node, path.parent, scopes) for node in nodes]
    web = read_web(reader, entries.get("web"))
    if web is None and any(c is not None and (c.ledger.webhook_key.reveal() or c.source.webhooks) for c in connections):
        what = "There is a webhook_key, or `webhooks: true`, and no 'web' that listens."
        reader.add("MISSING", root.place, what, "Add `web:`; docs/webhooks.md shows how.")
    if reader.problems:
        return None, reader.problems
    where = database if "://" in database else str((path.parent / database).resolve())
    return Config(path, where, tuple(c for c in connections if c is not None), web), []


def _connection(reader: Reader, node: Node, folder: Path, scopes: _Scopes) -> ConnectionConfig | None:
    entries = reader.table(node, _CONNECTION_KEYS)
    start = reader.day(entries.get("start_date"), "start_date")
    if "start_date" not in entries:
        reader.add("MISSING", node.place, "'start_date' is missing.", "Add the first day to post: nothing completed before is ever posted.")
    currency = reader.text(entries, "currency", node)
    if currency and not re.fullmatch("[A-Z]{3}", currency):
        reader.add("BAD_CURRENCY", entries["currency"].place, f"currency is '{currency}'.", "Write its three capital letters, such as USD.")
    source = _source(reader, entries.get("source"), node, folder)
    ledger = _ledger(reader, entries.get("ledger"), node)
    seconds = _settle(reader, entries.get("settle_seconds"))
    batched = entries.get("batch_from")
    batch_from = BATCH_FROM if batched is None else reader.whole(batched, "batch_from", minimum=0, maximum=BATCH_FROM_MAX)
    evidence = _evidence(reader, entries.get("evidence"), ledger.kind)
    document = reader.choice(entries, "document", node, [kind.value for kind in CHOSEN_KINDS])
    closed = reader.choice(entries, "closed_period", node, [policy.value for policy in ClosedPeriodPolicy], "hold")
    confirms = reader.choice(entries, "confirm_customers", node, ("true", "false"), "true")
    mode = reader.choice(entries, "mode", node, ("post", "shadow"), "post")
    values = (
        reader.text(entries, "name", node),
        reader.timezone(entries, "timezone", node),
        currency,
        reader.text(entries, "mapping", node),
        _schedule(reader, entries, node),
    )
    scopes.add(node, values[0], (ledger.company_id, source.company, source.site))
    if start is None or seconds is None or batch_from is None or not document or not closed or not confirms or reader.problems:
        return None
    name, timezone, currency, mapping, schedule = values
    return ConnectionConfig(
        name, timezone, currency, start, source, ledger, folder / mapping, DocumentKind(document), ClosedPeriodPolicy(closed), schedule,
        float(seconds), batch_from, confirms == "true", evidence, mode == "shadow",
    )  # fmt: skip


def _evidence(reader: Reader, node: Node | None, ledger: str) -> Wanted:
    """What is put beside each document; nothing that is not asked for."""
    if node is None:
        return NO_EVIDENCE
    # QuickBooks' documents have no history to write into.
    entries = reader.table(node, ("summary", "attachments", *(("history_note",) if ledger != "quickbooks" else ())))
    told = {key: reader.choice(entries, key, node, ("true", "false"), "false") == "true" for key in entries}
    return Wanted(told.get("summary", False), told.get("attachments", False), told.get("history_note", False))


def _settle(reader: Reader, node: Node | None) -> Decimal | None:
    return SETTLE_SECONDS if node is None else reader.decimal(node, "settle_seconds", minimum=Decimal("0.05"), maximum=SETTLE_SECONDS_MAX)


def _schedule(reader: Reader, entries: Mapping[str, Node], owner: Node) -> str:
    text = reader.text(entries, "schedule", owner, SCHEDULE)
    fields = text.split()
    if len(fields) != 5 or not all(re.fullmatch(r"[0-9A-Za-z*/,\-]+", part) for part in fields):
        reader.add("BAD_SCHEDULE", entries["schedule"].place, f"schedule is '{text}'.", "Write five cron fields, such as */15 * * * *.")
        return text
    if "schedule" in entries:
        # Imported here: the scheduler is needed only when a schedule was written.
        from apscheduler.triggers.cron import CronTrigger

        try:
            CronTrigger.from_crontab(text)
        except ValueError as error:
            reader.add("BAD_SCHEDULE", entries["schedule"].place, f"schedule is '{text}': {error}.", "Correct the field.")
    return text


def _source(reader: Reader, node: Node | None, owner: Node, folder: Path) -> SourceConfig:
    if node is not None and _kind_of(node) == "supergood":
        return _supergood_source(reader, node)
    if node is not None and _kind_of(node) == "csv":
        return _csv_source(reader, node, owner, folder)
    entries = reader.table(node, _SOURCE_KEYS)
    place = node or owner
    if node is None:
        reader.add("MISSING", owner.place, "'source' is missing.", "Add `source:` with kind, base_url, email and password.")
        return SourceConfig("", "", "", Secret(""), Secret(""), "", "", "", "")
    has_token = "token" in entries and entries["token"].scalar != ""
    token = reader.text(entries, "token", place, None if has_token else "")
    if has_token and "site_user" in entries:
        message = "'site_user' is for email and password: a token already belongs to one site."
        reader.add("UNKNOWN_KEY", entries["site_user"].place, message, "Use a token of that site, or email and password.")
    in_total = reader.choice(entries, "labor_in_total", place, [one.value for one in LaborInTotal], "unknown")
    may, writes, hears = (_switch(reader, entries, key, place) for key in ("allow_writes", "write_back", "webhooks"))
    if writes and not may:
        message = "'write_back: true' writes to UpKeep, and 'allow_writes: true' is missing."
        reader.add("MISSING", entries["write_back"].place, message, "Add `allow_writes: true` beside it, or take write_back away.")
    return SourceConfig(
        kind=reader.choice(entries, "kind", place, ("upkeep", "supergood", "csv")),
        base_url=reader.address(entries, "base_url", place),
        email=reader.text(entries, "email", place, "" if has_token else None),
        password=Secret(reader.text(entries, "password", place, "" if has_token else None)),
        token=Secret(token),
        company=reader.text(entries, "company", place, "upkeep"),
        site=reader.text(entries, "site", place, ""),
        site_user=reader.text(entries, "site_user", place, ""),
        time_unit=reader.choice(entries, "time_unit", place, ("minutes", "hours", "seconds"), "minutes"),
        work_order_url=_work_order_url(reader, entries, place),
        time_unit_checked=reader.choice(entries, "time_unit_checked", place, ("true", "false"), "false") == "true",
        labor_in_total=next((one for one in LaborInTotal if one.value == in_total), LaborInTotal.UNKNOWN),
        window_days=_window_days(reader, entries.get("window_days")),
        allow_writes=may,
        write_back=writes,
        webhooks=hears,
    )


def _kind_of(node: Node) -> str:
    kind = (node.entries or {}).get("kind")
    return (kind.scalar or "") if kind is not None else ""


def _supergood_source(reader: Reader, node: Node) -> SourceConfig:
    """The normalised API. Company and site are the same as with UpKeep's own: a change of the source is no change of identity."""
    entries = reader.table(node, SUPERGOOD_KEYS)
    supergood = read_supergood(reader, entries, node)
    return SourceConfig(
        kind="supergood",
        base_url=reader.address(entries, "base_url", node),
        email=reader.text(entries, "username", node),
        password=Secret(reader.text(entries, "password", node)),
        token=NO_SECRET,
        company=reader.text(entries, "company", node, "upkeep"),
        site=reader.text(entries, "site", node, ""),
        site_user="",
        time_unit=supergood.contract.time_unit,
        work_order_url=_work_order_url(reader, entries, node),
        allow_writes=_switch(reader, entries, "allow_writes", node),
        supergood=supergood,
    )


def _window_days(reader: Reader, node: Node | None) -> int:
    days = WINDOW_DAYS if node is None else reader.whole(node, "window_days", minimum=0, maximum=WINDOW_DAYS_MAX)
    return WINDOW_DAYS if days is None else days


def _csv_source(reader: Reader, node: Node, owner: Node, folder: Path) -> SourceConfig:
    """Files instead of a sign-in; dates without a zone are of the connection's."""
    entries, zone = reader.table(node, CSV_KEYS), (owner.entries or {}).get("timezone")
    export = read_export(reader, entries, node, folder, (zone and zone.scalar) or "UTC")
    company, site = reader.text(entries, "company", node, "upkeep"), reader.text(entries, "site", node, "")
    url = _work_order_url(reader, entries, node)
    return SourceConfig("csv", "", "", NO_SECRET, NO_SECRET, company, site, "", "", url, export=export)


def _switch(reader: Reader, entries: Mapping[str, Node], key: str, owner: Node) -> bool:
    return reader.choice(entries, key, owner, ("true", "false"), "false") == "true"


def _work_order_url(reader: Reader, entries: Mapping[str, Node], owner: Node) -> str:
    """A ledger takes an absolute address only, and one that is the same for each work order leads to none."""
    pattern = reader.text(entries, "work_order_url", owner, "")
    filled = pattern.replace("{id}", "1").replace("{number}", "1")
    if pattern and (filled == pattern or not re.fullmatch(r"https?://[^\s{}\"<>\\]+", filled)):
        message = f"work_order_url is {entries['work_order_url'].what()}."
        step = "Write it as your browser shows it, with {id} or {number}: https://app.onupkeep.com/work-orders/{id}."
        reader.add("BAD_ADDRESS", entries["work_order_url"].place, message, step)
    return pattern


def _ledger(reader: Reader, node: Node | None, owner: Node) -> LedgerConfig:
    if node is None:
        reader.add("MISSING", owner.place, "'ledger' is missing.", "Add `ledger:` with kind quickbooks or xero.")
        return LedgerConfig("", "", "", "", "", Secret(""), Secret(""))
    kind = reader.choice(node.entries or {}, "kind", node, tuple(_COMPANY_KEY))
    # While the kind is not known, either key may be right.
    company_keys = (_COMPANY_KEY[kind],) if kind in _COMPANY_KEY else tuple(_COMPANY_KEY.values())
    own_keys = (*(("sign_in",) if kind != "quickbooks" else ()), *(("batch_items", "reads_per_month") if kind != "xero" else ()))
    entries = reader.table(node, (*_LEDGER_KEYS, *company_keys, *own_keys))
    company_id = reader.text(entries, company_keys[0], node, None if len(company_keys) == 1 else "")
    if company_id and not re.fullmatch("[0-9A-Za-z-]+", company_id):
        message = f"{company_keys[0]} is {entries[company_keys[0]].what()}."
        reader.add("BAD_COMPANY", entries[company_keys[0]].place, message, "Copy it from the ledger: letters, digits and hyphens.")
    return LedgerConfig(
        kind=kind,
        base_url=reader.address(entries, "base_url", node),
        token_url=reader.address(entries, "token_url", node),
        company_id=company_id,
        client_id=reader.text(entries, "client_id", node),
        client_secret=Secret(_client_secret(reader, entries, node, kind)),
        refresh_token=Secret(reader.text(entries, "refresh_token", node, "")),
        authorize_url=reader.address(entries, "authorize_url", node, _AUTHORIZE_URL.get(kind, "")),
        revoke_url=reader.address(entries, "revoke_url", node, _REVOKE_URL.get(kind, "")),
        redirect_uri=_redirect_uri(reader, entries, node, _REDIRECT_URI.get(kind, "")),
        sign_in=reader.choice(entries, "sign_in", node, ("consent", "client_credentials"), "consent"),
        batch_items=reader.choice(entries, "batch_items", node, ("each", "call"), "each"),
        reads_per_month=_reads_per_month(reader, entries.get("reads_per_month")),
        webhook_key=Secret(reader.text(entries, "webhook_key", node, None if "webhook_key" in entries else "")),
    )


def _client_secret(reader: Reader, entries: Mapping[str, Node], node: Node, kind: str) -> str:
    """An app of Xero's that people consent to with a proof (PKCE) has none; every other one needs it."""
    needs_none = kind == "xero" and ("sign_in" not in entries or entries["sign_in"].scalar == "consent")
    return reader.text(entries, "client_secret", node, "" if needs_none else None)


def _reads_per_month(reader: Reader, node: Node | None) -> int:
    if node is None:
        return READS_PER_MONTH
    reads = reader.whole(node, "reads_per_month", minimum=0, maximum=READS_PER_MONTH_MAX)
    return READS_PER_MONTH if reads is None else reads


def _redirect_uri(reader: Reader, entries: Mapping[str, Node], owner: Node, default: str) -> str:
    """Compared by the vendors letter for letter, so nothing is cut off it; on loopback they take the name, never the number."""
    before = len(reader.problems)
    reader.address(entries, "redirect_uri", owner, default)
    written = reader.text(entries, "redirect_uri", owner, default) if len(reader.problems) == before else default
    if urlsplit(written).hostname in ("127.0.0.1", "::1"):
        message = "redirect_uri is an IP address; both vendors refuse that."
        reader.add("BAD_ADDRESS", entries["redirect_uri"].place, message, "Write http://localhost:PORT/..., as registered with the app.")
    return written


class _Scopes:
    """Two connections with one name, or with the same books and source, would step on each other's records."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._names: set[str] = set()
        self._scopes: set[tuple[str, ...]] = set()

    def add(self, node: Node, name: str, scope: tuple[str, str, str]) -> None:
        """Note one connection, whether or not the rest of it can be read."""
        folded = tuple(part.casefold() for part in scope)
        if name and name in self._names:
            self._reader.add("NAME_TWICE", node.place, f"Two connections are called '{name}'.", "Give each a name of its own.")
        if scope[0] and folded in self._scopes:
            message = "Two connections feed the same books from the same source."
            self._reader.add("SCOPE_TWICE", node.place, message, "Keep one, or set source: site.")
        self._names.add(name)
        self._scopes.add(folded)
