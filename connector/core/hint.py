"""What a ledger's own messages say had changed (pure): where to look, and nothing that is believed.

A delivery may come twice, late, out of order or never, and whoever has the key may write what he likes into it. So a hint only has a
document read sooner than the schedule would; what became of it is what the ledger then shows (core/drift.py). The numbers by which
Xero counts its events are not needed for that, and are not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.core.drift import Known
from connector.core.mapping import DocumentKind


@dataclass(frozen=True, slots=True)
class Change:
    """A document that somebody changed, as a delivery names it."""

    company_id: str
    kind: DocumentKind
    remote_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery as it was read: every company that it is about, changed documents, and how much of it could not be read."""

    companies: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Hint:
    """A posted document of ours that is to be looked at; `arrivals` tells whether it was named again since it was read."""

    known: Known
    arrivals: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What came in for a ledger: at the vendor's address as a whole, and about this company.

    `refused_in_a_row`: deliveries with a wrong signature since the last right one. `unheard_since`: when a sweep found a change that
    nobody had told, and nothing about the company came since.
    """

    last_at: datetime | None = None
    about_company_at: datetime | None = None
    deliveries: int = 0
    refused: int = 0
    refused_in_a_row: int = 0
    refused_at: datetime | None = None
    strangers: int = 0
    unreadable: int = 0
    waiting: int = 0
    unheard_since: datetime | None = None
