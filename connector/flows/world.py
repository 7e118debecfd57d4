"""What a flow may use: source, ledger, store, clock, mapping, as protocols and values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol, TypeVar

from connector.core.batch import BATCH_FROM, Batch
from connector.core.clock import Clock
from connector.core.cost_rules import NO_RULES, CostRules
from connector.core.customer_link import CustomerLink
from connector.core.disposition import Decision, Disposition, Finding, Intent, Remembered
from connector.core.drift import Known, Sighting
from connector.core.evidence import Wanted
from connector.core.mapping import DocumentKind, Mapping
from connector.core.matching import Match
from connector.core.period import ClosedPeriodPolicy
from connector.core.posting import Outcome, Phase, Posting, State, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import Listing, ListKind, Lists
from connector.core.reversal import Reversal
from connector.core.source_session import SessionVault
from connector.core.tokens import TokenVault
from connector.flows.evidence_records import EvidenceRecords
from connector.flows.heard_records import Hints, Looks, SourceHearing
from connector.flows.shadow_records import ShadowRecords
from connector.flows.source_records import SourceRecords
from connector.flows.write_back_records import MessageRecords, WorkOrderMessages
from connector.ledgers.ledger import Ledger
from connector.ledgers.limits import Allowed, Standing, VendorLimits
from connector.upkeep.source import Source


class CustomerRecords(Protocol):
    """Which customers people confirmed in one ledger company; its connections share the answers. Each method is one transaction."""

    def links(self) -> dict[tuple[str, str], CustomerLink]:
        """The confirmed links by name and what it is called, in the order in which they were confirmed."""
        ...

    def link(self, links: Sequence[CustomerLink], why: str) -> None:
        """Confirm links, or change them: what waits is decided anew, and so is what was made for another id and has not left."""
        ...

    def is_first_look(self) -> bool:
        """Whether nobody has looked yet at what this connection posted before there were links."""
        ...

    def posted_invoices(self) -> Iterator[tuple[str, Posting]]:
        """The mapping's customer ("" where it was not kept) and the posting of each posted invoice of this connection, oldest first."""
        ...

    def adopt(self, links: Sequence[CustomerLink]) -> None:
        """Take over what earlier postings prove, and note that they were looked at."""
        ...


class Store(Protocol):
    """Our records about one connection: one ledger company fed from one UpKeep company and site.

    Every method is one transaction of its own. Times are the database host's where they decide a lease.
    """

    @property
    def customers(self) -> CustomerRecords:
        """Who the customers of the mapping are in the ledger."""
        ...

    def cursor(self) -> datetime | None:
        """The updated_at up to which every work order has a stored disposition."""
        ...

    def remembered(self, source_ids: Sequence[str]) -> dict[str, Remembered]:
        """What is known of these work orders, by source id."""
        ...

    def remembered_with(self, disposition: Disposition) -> Iterator[Remembered]:
        """Every work order that stands there, by number."""
        ...

    def find(self, number: str) -> Remembered | None:
        """What is known of the work order with that number."""
        ...

    def decide(self, decisions: Sequence[Decision], cursor: datetime | None) -> None:
        """Store decisions, their intents and the moved cursor together. An unsent intent is replaced by a newer one."""
        ...

    def mark_seen(self, seen: Sequence[tuple[str, datetime]], cursor: datetime | None) -> None:
        """Store a new updated_at for work orders whose accounting facts did not change, and the moved cursor."""
        ...

    def writer(self) -> AbstractContextManager[None]:
        """Be the one writer of this ledger company; raises WriterBusyError. Sends of a dead writer become uncertain on entry."""
        ...

    def first_look_not_before(self, settle_seconds: float) -> datetime | None:
        """For a new or restored database: when earlier writers' documents must be visible; None when it is continuous."""
        ...

    def postings(self, *states: State, limit: int = 200, after: int = 0) -> list[Posting]:
        """Postings in these states by id, those that must wait for a throttle left out."""
        ...

    def every_posting(self) -> Iterator[Posting]:
        """All postings by id, read in bounded chunks."""
        ...

    def matched(self, posting: Posting, match: Match, begun_at: datetime) -> Posting:
        """Apply what a look-up proved: adopt, hold with a finding, or note the absence (see core/posting.py)."""
        ...

    def noted_absent(self, posting: Posting, begun_at: datetime) -> Posting:
        """Note a look-up that found nothing: the look before the first send, or the first of two after an uncertain one."""
        ...

    def note_draft_deleted(self, posting: Posting, draft_id: str) -> None:
        """Record that a surplus draft of the posting was deleted at the ledger."""
        ...

    def hold(self, posting: Posting, problem: Problem) -> Posting:
        """Hold a posting that nothing has left for yet (Event.BLOCKED), and its work order, with the reason."""
        ...

    def tries_in_vain(self, posting: Posting) -> tuple[int, str]:
        """How many of its sends brought no answer that proved anything, over its whole life, and the last of them in words."""
        ...

    def next_phase(self, posting: Posting, phase: Phase, request: WriteRequest, key: str) -> Posting:
        """Store the intent of a further write (phase two, or a next generation of the key) before it is leased."""
        ...

    def lease(self, posting: Posting, seconds: float) -> Posting | None:
        """Take the right to send until then, with a new fencing token; None when somebody else has it."""
        ...

    def lease_batch(self, members: Sequence[Posting], request: WriteRequest, seconds: float) -> Batch | None:
        """Store a batch and take the right to send all of its members; None when somebody moved one of them."""
        ...

    def record_batch(self, ended: Sequence[tuple[Posting, Outcome, Sequence[str]]]) -> list[Posting]:
        """Store the outcome of each member of a batch, with its differences, under its fencing token."""
        ...

    def record(self, posting: Posting, outcome: Outcome, differences: Sequence[str] = ()) -> Posting:
        """Store the outcome of a send under its fencing token; differences become findings on a posted document."""
        ...

    def posting_of(self, number: str) -> Posting | None:
        """The posting of the work order with that number, that of its posted document if there is one."""
        ...

    def documents_called(self, word: str) -> list[Posting]:
        """The postings whose document has that number (capitals do not count) or that id in the ledger; `word` is not empty."""
        ...

    def reverse(self, posting: Posting, intent: Intent, because: str) -> Posting:
        """Store that a posted document is to be taken back, with the intent of its credit; asked again, what is held is tried again."""
        ...

    def reversals(self, number: str = "") -> list[Reversal]:
        """What was to be taken back, of one work order or of all, oldest first."""
        ...

    def expire_leases(self) -> int:
        """Make uncertain what a dead writer was sending; how many."""
        ...

    def add_findings(self, findings: Sequence[Finding]) -> None:
        """Open findings that are not open yet (same code, number and marker)."""
        ...

    def findings(self) -> list[Finding]:
        """Open findings, oldest first."""
        ...

    def awaiting_approval(self) -> int:
        """How many posted documents wait for a person's approval in the ledger: not in the books yet."""
        ...

    def posted_kinds(self) -> frozenset[DocumentKind]:
        """The kinds of which a document of this connection is posted."""
        ...

    def posted_with(self, remote_ids: Sequence[str]) -> list[Known]:
        """The posted documents of this connection among these ids of the ledger's (case does not count)."""
        ...

    def every_posted(self) -> Iterator[Known]:
        """All posted documents of this connection, read in bounded chunks."""
        ...

    def swept_until(self) -> datetime | None:
        """Up to where the ledger's changes were read, by its own clock; None when never."""
        ...

    def keep_sweep(self, found: Sequence[Sighting], until: datetime | None) -> None:
        """Remember new states of posted documents: open and close their doubts, and move the moment (None: not), all together."""
        ...

    def release(self, number: str) -> bool:
        """Let a held work order be decided anew at the next sync, and close the findings on it; false when there is neither."""
        ...

    def is_approved(self, number: str, content: str) -> bool:
        """Whether a person approved the document of that work order as it is drafted now: a change of it needs another approval."""
        ...

    def note_run(self, summary: str) -> None:
        """Remember when and how the last run of this connection ended."""
        ...

    def last_run(self) -> tuple[datetime, str] | None:
        """When and how the last run ended."""
        ...

    def totals(self) -> dict[Disposition, tuple[int, Decimal]]:
        """Count and known amount of work orders by disposition."""
        ...

    def reference(self) -> dict[ListKind, Listing]:
        """The ledger company's lists as they are kept, in the shape that this version understands."""
        ...

    def keep_reference(self, before: Lists, after: Lists) -> None:
        """Keep these lists; `before` is what is kept of them. A list counts as kept only when all of it is."""
        ...

    def doubt_reference(self) -> None:
        """Have every list read as a whole when it is next needed."""
        ...


@dataclass(frozen=True, slots=True)
class Policy:
    """What the connection's configuration decides for a flow. `settle_seconds` is both D and T of docs/exactly-once.md."""

    connection: str
    source_company: str
    site: str
    timezone: str
    currency: str
    start_date: date
    document: DocumentKind
    closed_period: ClosedPeriodPolicy
    settle_seconds: float
    overlap: timedelta = timedelta(minutes=10)
    work_order_url: str = ""  # where a person sees a work order; {id} and {number} stand for its own
    send_deadline_seconds: float = 150.0
    confirm_customers: bool = True
    batch_from: int = BATCH_FROM  # so many documents that are due leave in batches; 0: each always alone
    listens: bool = False  # whether the ledger's messages are to come in here
    evidence: Wanted = field(default_factory=Wanted)
    cost_rules: CostRules = NO_RULES  # as far as the configuration says them
    window_days: int = 92  # so many days back the nightly comparison with the source looks; 0: none
    allows_writes: bool = False  # whether a person's commands may write into UpKeep
    hears: bool = False  # whether UpKeep's own messages are to come in here
    write_back: bool = False  # whether work orders in UpKeep are told where their documents are
    posts: bool = True  # false: a shadow, which decides and never writes into a ledger

    @property
    def lease_seconds(self) -> float:
        """Longer than the deadline of a send by D: a process frozen before its first byte may thaw so late."""
        return self.send_deadline_seconds + self.settle_seconds


T = TypeVar("T")
R = TypeVar("R")


class SignIn(Protocol):
    """The ledger's sign-in (ledgers/oauth.py)."""

    def access(self) -> str:
        """A fresh access token, refreshed when the stored one has ended."""
        ...


class Sends(Protocol):
    """How many sends are in flight at a time; each works on a posting of its own, with a database connection of its own."""

    width: int

    def run(self, work: Callable[[T], R], wave: Sequence[T]) -> list[R]:
        """The results of a wave of at most `width`, in order, when all of it has ended."""
        ...


class InOrder:
    """One send at a time: what tests and the simulation use, because it can be repeated exactly."""

    width = 1

    def run(self, work: Callable[[T], R], wave: Sequence[T]) -> list[R]:
        """One after the other."""
        return [work(one) for one in wave]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the vendor allows the company, what the configuration says of that, and how much is used."""

    vendor: VendorLimits
    standing: Callable[[], Standing] = Standing
    allowed: Allowed = field(default_factory=Allowed)


class Progress(Protocol):
    """Told how far a long piece of work is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`stage` is a word for the screen ("reading", "posting"); total is None when unknown."""
        ...


def no_progress(stage: str, done: int, total: int | None) -> None:
    """Say nothing."""


def never() -> bool:
    """Nobody asks this run to stop."""
    return False


@dataclass(frozen=True, slots=True)
class World:
    """Everything a flow may touch, for one connection."""

    source: Source
    ledger: Ledger
    store: Store
    evidence: EvidenceRecords
    clock: Clock
    mapping: Mapping
    policy: Policy
    tokens: TokenVault
    sign_in: SignIn
    limits: Limits
    hints: Hints
    source_records: SourceRecords
    progress: Progress = field(default=no_progress)
    # Asked between two work orders: when it says yes, nothing new is begun, and what is in flight is finished.
    stopping: Callable[[], bool] = field(default=never)
    sends: Sends = field(default_factory=InOrder)
    # The session at a source that is signed in to with a second factor; None where none is kept.
    sessions: SessionVault | None = None
    # What UpKeep is told, where the source is UpKeep itself.
    messages: MessageRecords | None = None
    upkeep: WorkOrderMessages | None = None
    # What UpKeep tells, and how one work order is read because of it.
    source_hints: SourceHearing | None = None
    looks: Looks | None = None
    shadow: ShadowRecords | None = None  # when the connection was a shadow

    def makes(self, kind: DocumentKind) -> bool:
        """Whether any work order may become a document of that kind, by the configuration or by the mapping."""
        return kind in (self.policy.document, *(other for _, other in self.mapping.documents))
