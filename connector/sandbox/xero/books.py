"""The state of the one Xero organisation: its lists, its documents in the order of their last change, its locks."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Generic, Literal, TypeVar
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.xero import webhooks
from connector.sandbox.xero.answers import ZERO_ID

Kind = Literal["invoice", "credit_note", "journal_entry"]
ZERO = Decimal("0.00")
NO_MOMENT = datetime.min  # noqa: DTZ901 only ever compared with itself

DEFAULT_SWITCHES: dict[str, object] = {
    "key_life_seconds": 360,
    "lookup_lag_seconds": 0,
    "refresh_grace_seconds": 1800,
    "app_has_a_secret": True,  # an app of the grant type "Auth Code with PKCE" has none
    "consent": "yes",  # what the person at the consent page does: yes, no, or "other": yes, but not for this organisation
    "other_organisations": (),  # names of further organisations that the consent covers
    "number_reuse_after_void": False,
    "numbers_across_kinds": False,  # an invoice and a credit note may not have one number; nothing is published
    "shuffle_batch": False,
    "partial_commit_on_400": False,
    "currencies": (),  # besides the organisation's own, with the day's rate of each: (("EUR", "1.25"),)
    "rate_is_inverse": False,  # which way round CurrencyRate is told and read; sources contradict one another
    "adviser": False,
    "authorised_becomes": "AUTHORISED",  # what a new invoice becomes when the user may not approve: nothing is published
    "unknown_enum_in_answer": False,
    "nothing_modified": 200,  # the answer to If-Modified-Since when nothing was: an empty list, or 304
    "own_user_is_listed": True,  # whether the user of the sign-in is among the organisation's users by the same id
    "scope_missing_status": 401,
    "day_limit": 1000,
    "limit_windows": "fixed",  # or sliding: Xero's pages have said both
    "app_calls_of_others": 0,  # so many of the app's calls of each minute are its other organisations'
    "rapid_sync": False,  # minute and day are lifted, and the headers say that nothing of them is used
    "retry_after_seconds": None,
    "cached_outage_statuses": (500, 502, 503, 504),
    "line_halves": "up",  # half a cent of quantity × price: up, even or down; nothing is published
    "tax_halves": "up",  # half a cent of tax: up, even or down; nothing is published
    "tax_components": "sum",  # the components of a rate are rounded together, or each
    **webhooks.SWITCHES,
    "put_same_file_name": "adds",  # PUT of a file under a name that is there: adds, replaces or refuses
    "attachment_lag_seconds": 0,  # a file or note is not listed sooner than that
    "attachment_bytes_max": 3_000_000,  # Xero's pages say 3, 10 and 25 MB
    "attaching_changes_document": False,  # a document counts as modified when a file or note is put on it
    "tax_amount_limit": False,  # a TaxAmount above the UnitAmount is refused, as the documentation reads
}


@dataclass(slots=True)
class Account:
    """One account of the chart."""

    id: str
    code: str
    name: str
    type: str
    group: str
    tax_type: str
    system: str = ""
    status: str = "ACTIVE"
    updated: datetime = NO_MOMENT


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """One tax in a rate; a compound one is charged on the others too."""

    name: str
    percent: Decimal
    compound: bool


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One tax rate with the groups of accounts that it may be used on. `rate` is what it charges, its components together."""

    tax_type: str
    name: str
    rate: Decimal
    groups: frozenset[str]
    components: tuple[TaxComponent, ...] = ()


@dataclass(slots=True)
class Contact:
    """One customer or supplier."""

    id: str
    name: str
    number: str = ""
    email: str = ""
    status: str = "ACTIVE"
    sales_terms: tuple[str, int] | None = None  # Xero's rule for when a sale is due, and its number of days
    updated: datetime = NO_MOMENT
    city: str = ""
    merged_to: str = ""


@dataclass(slots=True)
class Item:
    """One product or service."""

    id: str
    code: str
    name: str
    account: Account
    updated: datetime = NO_MOMENT


@dataclass(slots=True)
class Category:
    """One tracking category with its options as (id, name); archived ones keep their ids here too."""

    id: str
    name: str
    options: tuple[tuple[str, str], ...]
    archived: set[str] = field(default_factory=set)

    def status(self, identifier: str) -> str:
        """Whether the category or option with that id is in use."""
        return "ARCHIVED" if identifier in self.archived else "ACTIVE"


@dataclass(slots=True)
class Line:
    """One line of a document; in a journal the amount is positive for a debit."""

    id: str
    description: str = ""
    quantity: Decimal | None = None
    unit_amount: Decimal | None = None
    amount: Decimal = ZERO
    tax_type: str = ""
    tax_amount: Decimal = ZERO
    account: Account | None = None
    item_code: str = ""
    tracking: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class File:
    """A file on a document."""

    id: str
    name: str
    media_type: str
    content: bytes
    made_at: datetime
    is_online: bool = False  # the customer sees it beside the online invoice


@dataclass(slots=True)
class Document:
    """An invoice, a credit note or a manual journal; `number` is the narration of a journal."""

    kind: Kind
    id: str = ZERO_ID
    number: str = ""
    type: str = ""
    status: str = "DRAFT"
    day: date = date.min
    due: date | None = None
    contact: Contact | None = None
    reference: str = ""
    url: str = ""
    theme: str = ""
    currency: str = ""  # another than the organisation's own
    rate: Decimal = Decimal(1)  # the organisation's currency for one unit of it
    line_amount_types: str = "Exclusive"
    lines: list[Line] = field(default_factory=list)
    subtotal: Decimal = ZERO
    tax: Decimal = ZERO
    total: Decimal = ZERO
    paid: Decimal = ZERO
    credited: Decimal = ZERO
    cash_basis: bool = True
    history: list[tuple[datetime, str]] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    allocations: list[tuple[str, str, Decimal, date]] = field(default_factory=list)
    created: datetime = NO_MOMENT
    updated: datetime = NO_MOMENT
    stamp: int = 0


T = TypeVar("T")


@dataclass(slots=True)
class Plan(Generic[T]):
    """One element of a call, read and checked but not yet committed."""

    subject: T
    existing: T | None = None
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    before_commit: list[Callable[[], None]] = field(default_factory=list)

    def refuse(self, message: str) -> None:
        """Note a broken rule, once."""
        if message not in self.errors:
            self.errors.append(message)


class Shelf:
    """Documents of one kind, found by id and by number, and kept in the order of their last change."""

    def __init__(self) -> None:
        self.by_id: dict[str, Document] = {}
        self._by_number: dict[str, dict[str, Document]] = {}
        self._log: list[tuple[datetime, int, str]] = []
        self._stamp = 0
        self._in_order = True

    def put(self, document: Document, now: datetime) -> None:
        """Add the document or replace the one with its id, as the latest change."""
        before = self.by_id.get(document.id)
        if before is not None:
            self._by_number.get(before.number.lower(), {}).pop(before.id, None)
        self._stamp += 1
        document.updated, document.stamp = now, self._stamp
        self.by_id[document.id] = document
        self._by_number.setdefault(document.number.lower(), {})[document.id] = document
        if self._log and now < self._log[-1][0]:
            self._in_order = False
        self._log.append((now, self._stamp, document.id))
        if len(self._log) > 1000 + 2 * len(self.by_id):
            self._log = [entry for entry in self._log if self.by_id[entry[2]].stamp == entry[1]]

    def numbered(self, number: str) -> list[Document]:
        """Documents with that number or narration, in any case."""
        return list(self._by_number.get(number.lower(), {}).values())

    def changed(self, since: datetime | None = None) -> list[Document]:
        """Documents changed at or after that moment, oldest change first."""
        start = 0
        if since is not None and self._in_order:
            start = bisect.bisect_left(self._log, (since, 0, ""))
        found = [self.by_id[key] for _, stamp, key in self._log[start:] if self.by_id[key].stamp == stamp]
        if self._in_order:
            return found
        return sorted((doc for doc in found if since is None or doc.updated >= since), key=lambda doc: (doc.updated, doc.stamp))


class Books:
    """Everything that the organisation knows, and the rules that need nothing but that."""

    def __init__(self, company: Company, clock: SandboxClock) -> None:
        self.company = company
        self.clock = clock
        self.violations: list[str] = []
        self.accounts: list[Account] = []
        self.tax_rates: dict[str, TaxRate] = {}
        self.contacts: dict[str, Contact] = {}
        self.items: dict[str, Item] = {}
        self.categories: list[Category] = []
        self.themes: dict[str, str] = {}  # names of branding themes by id
        self.shelves: dict[Kind, Shelf] = {"invoice": Shelf(), "credit_note": Shelf(), "journal_entry": Shelf()}
        self.period_lock: date | None = company.last_locked_day
        self.year_lock: date | None = None
        self.sales_terms: tuple[str, int] | None = None
        self._space = uuid5(NAMESPACE_URL, f"xero-sandbox/{company.name}")
        self._counters: dict[str, int] = {}
        self.planned_refusal = ""  # words with which every element of the next call is refused
        self.user_id = ""  # whoever consents
        self.courier = webhooks.XeroCourier(clock, self.switch)
        self.tenant_id = ""  # recorded: an organisation's id and the tenant of its connection are the same

    def guid(self, what: str) -> str:
        """The next id for that kind of thing."""
        self._counters[what] = self._counters.get(what, 0) + 1
        return str(uuid5(self._space, f"{what}/{self._counters[what]}"))

    def guid_of(self, what: str) -> str:
        """The id of the only thing of its kind."""
        return str(uuid5(self._space, what))

    def switch(self, name: str) -> object:
        """The company's setting of a switch, or its default."""
        return self.company.switches.get(name, DEFAULT_SWITCHES[name])

    def day_rate(self, currency: str) -> Decimal | None:
        """The organisation's currency for one unit of another that it takes; None for one that it does not."""
        rates = {code: Decimal(rate) for code, rate in self.switch("currencies")}  # type: ignore[attr-defined]
        return rates.get(currency)

    def number_switch(self, name: str) -> float:
        """A switch that is a number."""
        return float(str(self.switch(name)))

    def violate(self, text: str) -> None:
        """Record something that a careful client does not do."""
        self.violations.append(text)

    def today(self) -> date:
        """The calendar date where the organisation is."""
        return self.clock.now().astimezone(ZoneInfo(self.company.timezone)).date()

    def no_tax(self) -> str:
        """The country's code for a line without tax."""
        return "BASEXCLUDED" if self.company.country == "AU" else "NONE"

    def account(self, text: str) -> Account | None:
        """The account with that code or id, active or archived."""
        wanted = text.lower()
        return next((one for one in self.accounts if wanted in (one.code.lower(), one.id)), None)

    def system(self, name: str) -> Account:
        """The account that plays that part in the ledger."""
        return next(one for one in self.accounts if one.system == name)

    def contact_named(self, name: str) -> Contact | None:
        """The active contact with that name, in any case."""
        wanted = name.lower()
        return next((one for one in self.contacts.values() if one.name.lower() == wanted and one.status == "ACTIVE"), None)

    def lock_message(self, day: date) -> str:
        """Why a document of that date cannot touch the ledger, or nothing."""
        if self.year_lock is not None and day <= self.year_lock:
            return f"The document date cannot be before the end of year lock date, currently set at {self.year_lock:%d-%b-%Y}"
        if self.period_lock is not None and day <= self.period_lock and not self.switch("adviser"):
            return f"The document date cannot be before the period lock date, currently set at {self.period_lock:%d-%b-%Y}"
        return ""

    def commit(self, document: Document) -> Document:
        """Write a checked document, new or changed."""
        now, what = self.clock.now(), "UPDATE"
        if document.id == ZERO_ID:
            document.id, what = self.guid(document.kind), "CREATE"
            document.created = now
        self.shelves[document.kind].put(document, now)
        if document.kind == "invoice":
            self.courier.tell(self.tenant_id, "INVOICE", document.id, what)
        elif document.kind == "credit_note":
            self.courier.tell(self.tenant_id, "CREDITNOTE", document.id, what, Type=document.type, Status=document.status)
        return document

    def visible(self, document: Document) -> bool:
        """Whether lists show the document already (reads by id always do)."""
        age = (self.clock.now() - document.created).total_seconds()
        return age >= self.number_switch("lookup_lag_seconds")
