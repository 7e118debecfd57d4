"""What became of a completed work order: every one has exactly one disposition, and the store keeps it with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from connector.core.customer_link import CustomerLink
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind
from connector.core.posting import Expectation, WriteRequest
from connector.core.problem import Problem


class Disposition(StrEnum):
    """Where a work order stands in our records."""

    OPEN = "open"  # not completed, or not ready to post yet: nothing is owed
    QUEUED = "queued"  # its posting is on the way (ready, sending, uncertain, drafted)
    POSTED = "posted"
    HELD = "held"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Intent:
    """The posting to be stored with a decision: identity, marker, key and frozen bytes."""

    identity: Identity
    kind: DocumentKind
    marker: str
    narration: str
    key: str
    request: WriteRequest
    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Decision:
    """What one reading of a work order led to. `amount` is its cost (None when unknown); `facts` and `content` are fingerprints.

    HELD carries problems, EXCLUDED one problem that names the rule, QUEUED an intent. A moved date is `moved_from`.
    """

    source_id: str
    number: str
    title: str
    updated_at: datetime
    disposition: Disposition
    mapping_digest: str
    problems: tuple[Problem, ...] = ()
    intent: Intent | None = None
    amount: Decimal | None = None
    currency: str = ""
    completed_on: date | None = None
    moved_from: date | None = None
    facts: str = ""
    content: str = ""
    explanation: str = ""  # JSON: each ledger line's actual, rule, YAML line, account
    approval: Problem | None = None  # a person had to approve it, whether one has or not
    customer: CustomerLink | None = None  # a first match that needs no question, stored with the decision


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the store knows of a work order from earlier runs."""

    source_id: str
    number: str
    updated_at: datetime
    disposition: Disposition
    mapping_digest: str
    codes: tuple[str, ...] = ()
    facts: str = ""
    content: str = ""
    amount: Decimal | None = None
    currency: str = ""
    title: str = ""
    completed_on: date | None = None
    moved_from: date | None = None
    problems: tuple[Problem, ...] = ()
    explanation: str = ""
    marker: str = ""  # of its live posting, "" when there is none
    posting_state: str = ""
    posting_attempted: bool = False
    remote_id: str = ""
    revision: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A doubt about the books that a person should look at; it never changes what is posted."""

    code: str
    number: str  # work-order number, "" when none
    marker: str
    message: str
    next_step: str
    found_at: datetime | None = None
