"""What the flows ask of a ledger, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from connector.core.batch import Batch, BatchLimits
from connector.core.booked import BookedDocument, BookedLine
from connector.core.clock import Deadline
from connector.core.customer_link import CustomerBook
from connector.core.drafting import Draft, InvoiceLine
from connector.core.evidence import Evidence, EvidenceLimits, EvidenceOutcome, Found, Piece
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind, Names
from connector.core.period import PeriodLock
from connector.core.posting import Expectation, LedgerDocument, Outcome, Phase, Posting, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind, Told
from connector.core.tax import Taxes
from connector.ledgers.near import as_compared


class ServiceUnreachableError(Exception):
    """A service could not be reached or did not answer well: nothing can be concluded. Exit code 3."""

    def __init__(self, service: str, reason: str) -> None:
        super().__init__(f"{service} could not be reached: {reason}")
        self.service = service


class ReconnectRequiredError(ServiceUnreachableError):
    """The ledger no longer accepts our tokens; a person must connect the account again."""


class CompanyInactiveError(ServiceUnreachableError):
    """The ledger shows and takes nothing of this company, because its subscription has ended; a person must renew it."""


class LimitReachedError(ServiceUnreachableError):
    """The service takes no calls of this company until then: nothing was asked, nothing is lost, and a later run goes on."""

    def __init__(self, service: str, reason: str, until: datetime) -> None:
        Exception.__init__(self, f"{service} takes no calls until {until:%Y-%m-%d %H:%M:%S} UTC: {reason}")
        self.service = service
        self.until = until


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the ledger's chart."""

    id: str
    name: str  # fully qualified
    number: str
    type: str
    active: bool
    journalable: bool = True
    why_not: str = ""
    group: str = ""  # the part of the books that it belongs to, by which Xero's tax rates choose (ASSET, EXPENSE, …)
    former: tuple[str, ...] = ()  # its earlier names and numbers


@dataclass(frozen=True, slots=True)
class NamedAccounts:
    """The accounts by what a mapping may call them, case-folded: a mapping of thousands of facts is compared without a scan for each.

    `called`: number, full name, "number name" or last name, with the accounts of the best kind of match that anything has. `compared`: the
    active ones' names as they are compared with a wrong one (near.py). `formerly`: what is called now what had that name before.
    """

    called: Mapping[str, Sequence[Account]]
    compared: Mapping[str, str]
    formerly: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, accounts: Sequence[Account]) -> NamedAccounts:
        """The accounts of a chart."""
        active = [account for account in accounts if account.active]
        formerly: dict[str, list[str]] = {}
        for account in active:
            for name in dict.fromkeys(name.casefold() for name in account.former):
                formerly.setdefault(name, []).append(f"{account.number} {account.name}".strip())
        names = [name for account in active for name in (account.name, account.number) if name]
        return cls(_called(accounts), as_compared(names), formerly)


def _called(accounts: Iterable[Account]) -> dict[str, list[Account]]:
    """The accounts by each word that a mapping may call them, for the best kind of match that the word has."""
    found: dict[str, tuple[int, list[Account]]] = {}
    for account in accounts:
        words = (account.number, account.name, f"{account.number} {account.name}".strip(), account.name.rpartition(":")[2])
        for rank, word in enumerate(words):
            best, those = found.setdefault(word.casefold(), (rank, []))
            if rank < best:
                found[word.casefold()] = (rank, [account])
            elif rank == best and word:
                those.append(account)
    return {word: those for word, (_, those) in found.items() if word}


@dataclass(frozen=True, slots=True)
class TrackingNote:
    """What the company's settings do to documents of one kind that carry a dimension; `check` says it where both are used."""

    dimension: str
    document: DocumentKind
    problem: Problem


@dataclass(frozen=True, slots=True)
class Chart:
    """The ledger's reference data for one run; `items`, `tax_codes`, `customers` and `tracking` map case-folded names to ids.

    `tracking` maps (dimension, value) to the ids that the ledger's documents need. `lists` holds every entry, also those that these
    names do not lead to: inactive, ambiguous, renamed.
    """

    accounts: tuple[Account, ...]
    items: Mapping[str, str] = field(default_factory=dict)
    tax_codes: Mapping[str, str] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)
    tracking: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    lock: PeriodLock = field(default_factory=PeriodLock)
    company_name: str = ""
    currency: str = ""
    about: Mapping[str, str] = field(default_factory=dict)  # what the ledger says of the company, in its own words: time zone, plan
    taxes: Taxes = field(default_factory=Taxes)
    notes: tuple[Problem, ...] = ()  # what `check` should say of the company's settings
    sale_notes: tuple[Problem, ...] = ()  # the same, where work orders become invoices and credits
    tracking_notes: tuple[TrackingNote, ...] = ()
    lists: Mapping[ListKind, Sequence[Entry]] = field(default_factory=dict)
    other_currencies: frozenset[str] = frozenset()  # besides `currency`, those that documents may have
    is_of_any_currency: bool = False  # documents may have others, and the lists do not say which
    customer_book: CustomerBook | None = None  # what people confirmed of customers; None: `customers` alone decides
    named_accounts: NamedAccounts = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "named_accounts", NamedAccounts.of(self.accounts))

    def takes(self, currency: str) -> bool:
        """Whether the company takes documents in that currency."""
        return self.is_of_any_currency or currency in (self.currency, *self.other_currencies)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A draft resolved against the chart and frozen: the bytes of its first write, and what the document must show."""

    request: WriteRequest
    expectation: Expectation
    narration: str = ""  # Xero manual journals only
    added: tuple[InvoiceLine, ...] = ()  # lines that no cost explains: rounding


@dataclass(frozen=True, slots=True)
class Changes:
    """Our documents that changed since a moment. `until`: by the ledger's own clock, the moment up to which this is all; None when it
    does not say. `is_whole`: false when the ledger cannot tell so far back or so much; then only a list of everything tells.
    """

    documents: tuple[LedgerDocument, ...]
    until: datetime | None
    is_whole: bool


EVERY_KIND = tuple(DocumentKind)
# Which of these ids of the ledger's are documents that we posted, in small letters.
Ours = Callable[[Sequence[str]], Collection[str]]


class Ledger(Protocol):
    """One company's books. Reads may raise ServiceUnreachableError; `send` never raises for the world's faults."""

    kind: str  # "quickbooks" or "xero"
    company_id: str
    repeats_errors: bool  # whether the vendor repeats a server error under the same idempotency key
    lists: frozenset[ListKind]  # the lists that this ledger has
    batch_limits: BatchLimits
    evidence_limits: EvidenceLimits

    @property
    def calls(self) -> dict[str, int]:
        """HTTP calls so far, by service."""
        ...

    def read_lists(self, kinds: Collection[ListKind], since: Mapping[ListKind, str]) -> dict[ListKind, Told]:
        """Read these lists: where `since` has a moment of the ledger's, what changed from then on, if the ledger can tell it.

        Lists in `since` that were not asked for may be told too, where that costs no call of its own.
        """
        ...

    def chart_of(self, lists: Mapping[ListKind, Sequence[Entry]]) -> Chart:
        """The chart that the lists make. Pure."""
        ...

    def period_lock(self) -> PeriodLock:
        """Read the period lock anew (asked before each chunk of first sends)."""
        ...

    def render(self, draft: Draft, identity: Identity, names: Names, chart: Chart) -> Rendered | list[Problem]:
        """Resolve neutral names and freeze the bytes; unknown, ambiguous or archived names are Problems. Pure."""
        ...

    def customer_in(self, posting: Posting) -> str:
        """The id of the customer in an invoice's frozen bytes; "" when there is none. Pure."""
        ...

    def phase_two(self, posting: Posting) -> WriteRequest:
        """The write that posts the drafted document (Xero manual journals), or applies a credit to the invoice that it takes back."""
        ...

    def take_back(self, posting: Posting, identity: Identity, day: date, *, is_there: bool) -> Rendered | list[Problem]:
        """The credit that takes a posted invoice back, line by line as the ledger has it now, or what stands against it.

        `is_there`: a credit of that identity is in the ledger already, so that the invoice may well be settled.
        """
        ...

    def key(self, identity: Identity, phase: Phase, generation: int) -> str:
        """The idempotency key of one write."""
        ...

    def look_up(self, postings: Sequence[Posting]) -> dict[str, tuple[LedgerDocument, ...]]:
        """Every document, live or not, that carries each posting's marker, by marker; one list look-up for all.

        An answer that is not well formed, or comes from another company, raises ServiceUnreachableError: absence needs proof.
        """
        ...

    def read(self, posting: Posting) -> LedgerDocument | None:
        """One document by its id; None when the ledger says that it does not exist."""
        ...

    def send(self, posting: Posting, deadline: Deadline) -> Outcome:
        """One write, one attempt, within the deadline, which began before the lease did. No transaction may be open."""
        ...

    def batch_request(self, postings: Sequence[Posting]) -> WriteRequest:
        """The frozen writes of several postings of one kind and phase as the bytes of one call. Pure."""
        ...

    def send_batch(self, batch: Batch, deadline: Deadline) -> list[Outcome]:
        """One call, one attempt; the outcome of each member, in their order. No transaction may be open."""
        ...

    def delete_draft(self, posting: Posting, draft_id: str) -> bool:
        """Delete one surplus draft by its id; true when it is gone."""
        ...

    def documents(self, first_day: date, last_day: date, kinds: Collection[DocumentKind] = EVERY_KIND) -> Iterator[LedgerDocument]:
        """Every document of these kinds dated in the range that carries a marker of ours, for reconciliation."""
        ...

    def booked_in(self, kind: DocumentKind, body: bytes) -> tuple[BookedLine, ...]:
        """What the lines of a frozen write are booked to, in the order of its draft's lines. Pure."""
        ...

    def everything(self, first_day: date, last_day: date) -> Iterator[BookedDocument]:
        """Every journal, customer's invoice and credit in the books that is dated in the range, whoever made it."""
        ...

    def changes(self, kinds: Collection[DocumentKind], since: datetime | None, ours: Ours) -> Changes:
        """Our documents of these kinds that were changed, voided or deleted since, in as few calls as the ledger allows.

        Of everybody's documents only ours are read closely. Without `since` it tells the ledger's present moment alone.
        """
        ...

    def evidence_on(self, wanted: Sequence[Evidence]) -> dict[int, tuple[Found, ...]]:
        """What of these pieces is on their documents, by our id of the piece; every one of them is a key.

        An answer that is not well formed raises ServiceUnreachableError: absence needs proof.
        """
        ...

    def send_evidence(self, evidence: Evidence, piece: Piece, deadline: Deadline) -> EvidenceOutcome:
        """One write, one attempt, within the deadline, which began before the lease did. No transaction may be open."""
        ...

    def close(self) -> None:
        """Give back every socket."""
        ...

    def visibility(self) -> list[Problem]:
        """What stands between us and posting: sign-in, scopes, company settings."""
        ...
