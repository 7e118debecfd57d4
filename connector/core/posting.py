"""The life of a posting. Everything that changes its state is in this file.

The rules, in the order in which they bind:
1. Intent first: a posting and its first send are stored as READY before a byte leaves.
2. A send leaves only from SENDING, under a lease; every later write carries the lease's fencing token.
3. A lost answer is UNCERTAIN, and UNCERTAIN never leads to SENDING: only a look-up by marker leads out of it.
4. Once any attempt may have reached the ledger (`attempted`), a throttle, a rejection or a person's release leaves it UNCERTAIN.
5. A Xero manual journal passes through DRAFTED: a draft is a step, not a document. So does the credit that takes an invoice back
   (core/reversal.py): it is in the books then, and not applied to its invoice yet.
6. POSTED is for ever; doubts about the document are findings on it.
7. A batch is one send of several postings (batch.py): each passes this table alone, and none leaves in a batch a second time.

This file knows neither the vendors nor the database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import assert_never

from connector.core.identity import Identity
from connector.core.mapping import DocumentKind

Day = date  # a field called date hides the type


class State(StrEnum):
    """Where a posting stands."""

    READY = "ready"  # intent stored; nothing has left, or what left is proven absent
    SENDING = "sending"  # leased; bytes may be leaving now
    UNCERTAIN = "uncertain"  # an attempt may have reached the ledger; only a look-up may decide
    DRAFTED = "drafted"  # the first of two steps is done: exactly one draft (or one credit that is not applied yet) is known by id
    POSTED = "posted"  # the document is in the books, known by id
    HELD = "held"  # waiting for a person, with a reason


class Event(StrEnum):
    """What can happen to a posting."""

    LEASED = "leased"
    POSTED = "posted"
    DRAFT_CREATED = "draft_created"
    REJECTED = "rejected"
    THROTTLED = "throttled"
    NOT_SENT = "not_sent"
    LOST_ANSWER = "lost_answer"
    LEASE_EXPIRED = "lease_expired"
    FOUND_LIVE = "found_live"
    FOUND_DRAFT = "found_draft"
    FOUND_OTHER = "found_other"  # differs, void, deleted, or many
    PROVEN_ABSENT = "proven_absent"
    PROVEN_REFUSED = "proven_refused"  # absent, and the last answer was a rejection
    BLOCKED = "blocked"  # we refuse to send: its period was closed meanwhile
    RELEASED = "released"


NEXT: dict[State, dict[Event, State]] = {
    State.READY: {
        Event.LEASED: State.SENDING,
        Event.BLOCKED: State.HELD,
        Event.FOUND_LIVE: State.POSTED,
        Event.FOUND_DRAFT: State.DRAFTED,
        Event.FOUND_OTHER: State.HELD,
    },
    State.SENDING: {
        Event.POSTED: State.POSTED,
        Event.DRAFT_CREATED: State.DRAFTED,
        Event.REJECTED: State.HELD,
        Event.THROTTLED: State.READY,
        Event.NOT_SENT: State.READY,
        Event.LOST_ANSWER: State.UNCERTAIN,
        Event.LEASE_EXPIRED: State.UNCERTAIN,
    },
    State.UNCERTAIN: {
        Event.FOUND_LIVE: State.POSTED,
        Event.FOUND_DRAFT: State.DRAFTED,
        Event.FOUND_OTHER: State.HELD,
        Event.PROVEN_ABSENT: State.READY,
        Event.PROVEN_REFUSED: State.HELD,
    },
    State.DRAFTED: {
        Event.LEASED: State.SENDING,
        Event.BLOCKED: State.HELD,
        Event.FOUND_LIVE: State.POSTED,
        Event.FOUND_OTHER: State.HELD,
        Event.PROVEN_ABSENT: State.READY,
    },
    State.HELD: {Event.RELEASED: State.READY, Event.FOUND_LIVE: State.POSTED},
    State.POSTED: {},
}

# Steps that lead to UNCERTAIN instead, once an earlier attempt may have reached the ledger.
_STICKY = {Event.REJECTED, Event.THROTTLED, Event.NOT_SENT, Event.RELEASED}


class IllegalStepError(Exception):
    """The connector tried a step that the state table does not have."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"A posting that is {state} cannot meet '{event}'.")


def next_state(state: State, event: Event, *, attempted: bool, drafted: bool = False) -> State:
    """Where the event leads; illegal steps raise and change nothing.

    `attempted`: an earlier attempt of this phase may have reached the ledger. `drafted`: phase two of a manual journal, whose
    refused or throttled send falls back to DRAFTED.
    """
    try:
        target = NEXT[state][event]
    except KeyError:
        raise IllegalStepError(state, event) from None
    if attempted and event in _STICKY:
        return State.UNCERTAIN
    if drafted and target is State.READY and event in (Event.THROTTLED, Event.NOT_SENT):
        return State.DRAFTED
    return target


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One leg of a ledger document: the ledger's account id, debit-positive amount."""

    account_id: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class LedgerDocument:
    """A document as the ledger holds it.

    `status`: live, void, deleted; draft (Xero's manual journals: a step of ours); awaiting (an invoice that a person has yet to approve:
    it is not in the books, and nobody but that person moves it).

    `total`: a journal's sum of debits, an invoice's or a credit's total; none is below zero, whatever the document takes back.
    """

    id: str
    kind: DocumentKind
    marker: str
    status: str
    date: date | None
    currency: str
    total: Decimal
    tax: Decimal = Decimal(0)
    lines: tuple[LedgerLine, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""  # SyncToken or UpdatedDateUTC
    made_at: datetime | None = None  # by the ledger's clock: QuickBooks' CreateTime, Xero's UpdatedDateUTC; None when it does not say
    due_date: Day | None = None
    exchange_rate: Decimal | None = None
    customer_id: str = ""  # of an invoice: whose it is now, which a merge changes
    left: Decimal | None = None  # of an invoice: what is due; of a credit: what is not applied yet; None when the ledger does not say
    settles: str | None = None  # the id of the one invoice that all of it was applied to; "": there is none; None: not known

    @property
    def without_tax(self) -> Decimal:
        """A journal's sum of debits; what an invoice bills before tax, and what a credit takes back, as less than nothing."""
        return self.kind.sign * (self.total - (Decimal(0) if self.lines else self.tax))


@dataclass(frozen=True, slots=True)
class Posted:
    """The ledger answered with the document it created (a Xero draft journal has status "draft").

    `age_seconds`: how old that document was when the ledger answered, both by the ledger's own clock; None when it does not say.
    """

    document: LedgerDocument
    age_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The ledger refused for good: nothing was created. `code` and `message` are the vendor's.

    `is_of_the_company`: it is about the company or our user, and no other document would fare better.
    """

    code: str
    message: str
    is_of_the_company: bool = False


@dataclass(frozen=True, slots=True)
class Throttled:
    """The ledger refused before processing because of a limit; try again later."""

    retry_after_seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NotSent:
    """No byte left, or the vendor refused before processing (sign-in): nothing was created."""

    reason: str


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The request may have been processed; nobody knows until a look-up. `missing_id`: the answer named it live, and it is not there."""

    reason: str
    missing_id: str = ""


Outcome = Posted | Rejected | Throttled | NotSent | Uncertain


def event_of(outcome: Outcome) -> Event:
    """What an outcome of a send means for its posting."""
    match outcome:
        case Posted(document=document):
            return Event.DRAFT_CREATED if document.status == "draft" else Event.POSTED
        case Rejected():
            return Event.REJECTED
        case Throttled():
            return Event.THROTTLED
        case NotSent():
            return Event.NOT_SENT
        case Uncertain():
            return Event.LOST_ANSWER
        case _:
            assert_never(outcome)


class Phase(StrEnum):
    """Which write of a posting: most have one, a Xero manual journal and a credit that takes an invoice back have two."""

    CREATE = "create"
    POST_DRAFT = "post_draft"  # POST the drafted manual journal as POSTED, by id; apply a credit to the invoice that it takes back


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """The frozen bytes of one write. `url` is relative to the vendor's root and has no key in it."""

    method: str
    url: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the ledger's document must show to be the one we meant."""

    kind: DocumentKind
    marker: str
    date: date
    currency: str
    total: Decimal  # a journal's sum of debits; an invoice's or a credit's total before tax
    lines: tuple[LedgerLine, ...] = ()  # a journal's legs; empty for an invoice or a credit
    tax: Decimal | None = None  # None: the ledger computes it, it is not predicted
    net: Decimal = Decimal(0)  # what it adds to the cost (a journal with credits: less than its total) or the billing (a credit: below 0)
    tax_tolerance: Decimal = Decimal(0)  # so far the ledger's tax may be from `tax`
    tax_is_due: bool = False  # no tax at all is an alarm, predicted or not
    gross: Decimal | None = None  # an invoice's total with tax, where it is ours to say; None: the ledger's tax decides
    includes_tax: bool = False  # its lines were sent with their tax: `gross` is compared, the split is the ledger's
    may_await: bool = False  # the mapping leaves its approval to a person in the ledger
    due_date: Day | None = None  # of an invoice; None: the ledger decides it
    exchange_rate: Decimal | None = None  # the books' currency for one unit of the document's, where it was sent
    settles: str = ""  # the ledger's id of the invoice that a credit takes back, to which all of it is to be applied


@dataclass(frozen=True, slots=True)
class Posting:
    """One intended document and how far it is. `id` is the store's own key; `token` the fencing token of the present lease."""

    id: int
    marker: str
    kind: DocumentKind
    work_order_number: str
    state: State
    expectation: Expectation
    attempted: bool = False
    generation: int = 1
    phase: Phase = Phase.CREATE
    remote_id: str = ""
    token: int = 0
    attempts: int = 0  # sends that may have left, over its whole life: a resend's answer counts only after a read by id
    looked: bool = False  # a look-up before the first send has found nothing
    uncertain_since: datetime | None = None  # the end of the last lease
    absent_since: datetime | None = None  # when the first look-up that found nothing began
    refused: str = ""  # the vendor's words, when the last answer was a rejection
    identity: Identity = field(default_factory=lambda: Identity("", "", "", "", ""))
    narration: str = ""
    key: str = ""  # idempotency key of the present send
    request: WriteRequest = field(default_factory=lambda: WriteRequest("", "", b""))

    @property
    def missing_id(self) -> str:
        """The live document that an answer named although the ledger does not show it; when absence is proven too, it was removed."""
        return self.remote_id if self.state is State.UNCERTAIN and self.phase is Phase.CREATE else ""
